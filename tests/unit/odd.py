"""Values that nobody expects, for whoever reads what others say."""

import json
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from hypothesis import strategies as st

ODD: Final[list[object]] = ["", "0", "x\x00\u202e", None, True, 0, -1, 10**400, -0.5, 1e300, [], {}, [{}]]


def json_of(*leaves: object, names: list[str] | None = None) -> st.SearchStrategy[object]:
    """JSON of these leaves and of odd ones, its fields with these names or with any."""
    keys = st.text(max_size=5) if names is None else st.sampled_from(names)
    return st.recursive(
        st.sampled_from([*ODD, *leaves])
        | st.text(max_size=5)
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=4,
    )


class Spoil(NamedTuple):
    """How a body is garbled. `at` counts round and round its bytes, or the places of its JSON."""

    how: Literal["cut", "overwritten", "replaced", "forgotten"]
    at: int
    some: bytes
    odd: object

    def apply(self, body: bytes) -> bytes:
        """Cut off, with other bytes in it, with something else in one place of its JSON, or nothing of it left."""
        at = self.at % (len(body) + 1)
        match self.how:
            case "cut":
                return body[:at]
            case "overwritten":
                return body[:at] + self.some + body[at + len(self.some) :]
            case "forgotten":
                return self.some
        try:
            value = json.loads(body)
        except ValueError:
            return body
        places = list(_places(value))
        return json.dumps(_put(value, places[self.at % len(places)], self.odd)).encode()


ANY_JSON: Final = json_of()
SPOILS: Final = st.builds(
    Spoil,
    how=st.sampled_from(["cut", "overwritten", "replaced", "replaced", "forgotten"]),
    at=st.integers(0, 100_000),
    some=st.binary(max_size=100) | ANY_JSON.map(lambda odd: json.dumps(odd).encode()),
    odd=st.sampled_from(ODD) | ANY_JSON,
)


def _places(value: object) -> Iterator[tuple[str | int, ...]]:
    yield ()
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from ((key, *place) for place in _places(inner))


def _put(value: Any, place: tuple[str | int, ...], odd: object) -> object:
    if not place:
        return odd
    copy = value.copy()
    copy[place[0]] = _put(value[place[0]], place[1:], odd)
    return copy
