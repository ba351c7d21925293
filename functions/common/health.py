"""Is it there; and what is not there."""

from functions.common import errors
from functions.common.http import Answer, Call, operation


@operation("Whether the service answers", answers={200: dict[str, str]})
def healthz(_call: Call[None, None]) -> Answer:
    return Answer(body={"status": "ok"})


@operation(
    "Every address and verb that is not on the map",
    answers={},
    problems=(errors.NotFound, errors.MethodNotAllowed),
    path={"proxy": str},
)
def elsewhere(call: Call[None, None]) -> Answer:
    import app  # the map; it names this module, and is imported when it is complete

    paths = {route.path for route in app.ROUTES if _leads_to(route.path, f"/{call.path['proxy']}")}
    if paths:
        nearest = min(paths, key=lambda path: path.count("{"))  # as the gateway chooses
        raise errors.MethodNotAllowed(", ".join(route.verb for route in app.ROUTES if route.path == nearest))
    raise errors.NotFound("There is nothing at this address. The API is described at /docs.")


def _leads_to(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    fits = (word == each or (word.startswith("{") and each != "") for word, each in zip(wanted, given, strict=False))
    return len(wanted) == len(given) and all(fits)
