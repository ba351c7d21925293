"""A device fetches while an operator ends its link. Both do as much of it as they like at once; what counts is what the
device and the SIP server were told after the operator had the answer.

A link, its device slot and the look-up are one register: whatever was told later must not be older."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count, permutations
from threading import Event
from typing import Final

from functions.activation import claim as claims
from functions.activation import links
from functions.common import aws, clock, settings
from tests.api.phone import token_of
from tests.api.world import made
from tests.programmes.calls import counted
from tests.programmes.mutants import mutated
from tests.programmes.races import CALLS, claim_ids
from tests.programmes.scene import Credential, Person, Scene, Try, fetch, files, settled, tap

AT_ONCE: Final = 4  # links; each has four threads
ENDS: Final[dict[str, str]] = {  # change → the state of the link after it
    "disable": "revoked",
    "revoke": "revoked",
    "reset": "revoked",
    "supersede": "superseded",
    "re-issue": "superseded",
    "re-issue after misuse": "superseded",
}
SUCCEEDED: Final = ("supersede", "re-issue", "re-issue after misuse")  # a new link takes the old one's place
LIVES_ON: Final = ("supersede", "re-issue")  # the present device works until its successor has its file


@dataclass(frozen=True)
class Told:
    """What the SIP server was told."""

    known: Credential | None
    begun: float
    ended: float


@dataclass
class Story:
    """One person whose link is changed while a device fetches by it."""

    scene: Scene
    person: Person
    change: str
    old: list[Try] = field(default_factory=list)  # of the device with the old link
    new: list[Try] = field(default_factory=list)  # of its successor's
    told: list[Told] = field(default_factory=list)
    changed_at: float | None = None

    def look_up(self) -> None:
        begun = time.monotonic()
        known = self.scene.look_up(self.person)
        self.told.append(Told(known, begun, time.monotonic()))

    def fetches(self, claim: str, ticket: str | None) -> None:
        self.old.append(fetch(self.scene, self.person, claim, str(ticket)))

    def is_changed(self) -> None:
        """The operator makes the change; where there is a new link, its device takes it at once."""
        token = _CHANGES[self.change](self.scene, self.person)
        self.changed_at = time.monotonic()
        self.look_up()
        if token is None:
            return
        claim = claims.new_claim_id(links.by_token(token))
        tapped, ticket = tap(self.scene, self.person, claim, token)
        self.new += [tapped, fetch(self.scene, self.person, claim, str(ticket))]


@dataclass(frozen=True)
class Outcome:
    """`files`: how often the old link's device had one before its link ended."""

    change: str
    links: int
    files: int
    looked_up: int
    wrong: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.change}: {self.links} links, {self.files} fetched first, {self.looked_up} look-ups, "
            f"{len(self.wrong)} wrong"
        )


def racing(scene: Scene, change: str, links: int, client: str = "linphone", mutant: str | None = None) -> Outcome:
    """The change begins at the fetch's n-th AWS call or the fetch at the change's, n being another each time; look-ups
    go on all the while."""

    def story(number: int) -> Story:
        told, claim, ticket = _begun(scene, change, client)
        acts = (partial(told.fetches, claim, ticket), told.is_changed)
        first, second = acts if number % 2 else acts[::-1]
        begin, over = Event(), Event()

        def one() -> None:
            try:
                with counted(number // 2 % CALLS, begin.set):
                    first()
            finally:
                begin.set()

        def other() -> None:
            begin.wait()
            second()

        def server() -> None:
            while not over.is_set():
                told.look_up()

        with ThreadPoolExecutor(3) as pool:
            watching = pool.submit(server)
            both = [pool.submit(one), pool.submit(other)]
            wait(both)
            over.set()
            for each in (*both, watching):
                each.result()
        return _ended(told, claim, ticket)

    with mutated(mutant), settled(), ThreadPoolExecutor(AT_ONCE) as pool:
        return _outcome(change, list(pool.map(story, range(links))))


def interleavings(scene: Scene, change: str, client: str = "linphone", mutant: str | None = None) -> Outcome:
    """Every order with one change of turns: the fetch stands still at its n-th AWS call until the change is through,
    and the change until the fetch is."""

    def stories() -> Iterator[Story]:
        for fetch_first in (True, False):
            for number in count():
                told, claim, ticket = _begun(scene, change, client)
                acts = (partial(told.fetches, claim, ticket), told.is_changed)
                one, other = acts if fetch_first else acts[::-1]
                with counted(number, other) as calls:
                    one()
                if calls.made <= number:
                    break
                yield _ended(told, claim, ticket)

    with mutated(mutant), settled():
        return _outcome(change, list(stories()))


def _begun(scene: Scene, change: str, client: str) -> tuple[Story, str, str | None]:
    """A person whose device has tapped."""
    person = scene.person(client)
    (claim,) = claim_ids(person, 1)
    tapped, ticket = tap(scene, person, claim)
    return Story(scene, person, change, [tapped]), claim, ticket


def _ended(told: Story, claim: str, ticket: str | None) -> Story:
    """When all is over the old device tries once more, and the SIP server asks."""
    told.fetches(claim, ticket)
    told.old.append(tap(told.scene, told.person, claim)[0])
    told.look_up()
    return told


def _outcome(change: str, stories: Sequence[Story]) -> Outcome:
    wrong = [what for story in stories for what in verdict(story)]
    had = sum(bool(files(story.old)) for story in stories)
    return Outcome(change, len(stories), had, sum(len(story.told) for story in stories), wrong)


def verdict(story: Story) -> list[str]:
    """What is wrong with a change, by what everybody was told."""
    assert story.changed_at is not None
    old, new = _ha1s(story.old), _ha1s(story.new)
    wrong = [
        f"{each.asked} was answered {each.status} after the change"
        for each in story.old
        if each.begun >= story.changed_at and each.status != 410
    ]
    if len(old) > 1:
        wrong.append(f"the old link's device was given {len(old)} files")
    link = story.scene.links(story.person)[-1]
    if link["state"] != ENDS[story.change]:
        wrong.append(f"the link is {link['state']}")
    if _stored(f"{story.scene.tenant}/{link['id']}/"):
        wrong.append("its file is still there")
    last = story.told[-1].known
    if story.change in SUCCEEDED:
        if len(new) != 1:
            wrong.append("the successor has no file")
        if last is None or {last.ha1} != new:
            wrong.append("the SIP server does not know the successor")
    elif last is not None:
        wrong.append("a device can still register")
    return wrong + _out_of_order(story, new)


def _out_of_order(story: Story, new: set[str]) -> list[str]:
    """Look-ups that told something older than an earlier one had, and those that told of the old device when it had
    ended."""
    assert story.changed_at is not None
    wrong = []
    for before, after in permutations(story.told, 2):
        if before.ended <= after.begun and _epoch(after) < _epoch(before) and _may_be_compared(story.change, after):
            wrong.append("a look-up told of an earlier device")
    ended = [told for told in story.told if told.begun >= story.changed_at and story.change not in LIVES_ON]
    if any(told.known is not None and told.known.ha1 not in new for told in ended):
        wrong.append("a look-up told of the device after the change")
    ha1s = {told.known for told in story.told if told.known is not None}
    if len(ha1s) > len({known.epoch for known in ha1s}):
        wrong.append("two devices share an epoch")
    return wrong


def _epoch(told: Told) -> int:
    return told.known.epoch if told.known is not None else 0


def _may_be_compared(change: str, told: Told) -> bool:
    """Nobody may register: the beginning, or the end of those changes that take the device with them."""
    return told.known is not None or change in LIVES_ON


def _ha1s(tries: list[Try]) -> set[str]:
    return set().union(*files(tries).values())


def _stored(prefix: str) -> bool:
    """Whether an object of a link is in the bucket."""
    found = aws.files().list_objects_v2(Bucket=settings.setting("BUCKET_FILES"), Prefix=prefix)
    return bool(found.get("Contents"))


def _post(path: str, scene: Scene, person: Person) -> None:
    answer = scene.admin.post(f"/v1/accounts/{person.account_id}/{path}")
    assert answer.status in (200, 204), (answer.status, answer.text)


def _revoke(scene: Scene, person: Person) -> None:
    _post(f"links/{scene.links(person)[0]['id']}/revoke", scene, person)


def _reissue(scene: Scene, person: Person, *, misuse: bool = False) -> str:
    wanted = {"channels": ["sms"], "misuse": misuse, "send_at": clock.text(clock.now() + timedelta(days=1))}
    link = made(scene.admin.post(f"/v1/accounts/{person.account_id}/links", wanted))
    return token_of(links.address(scene.tenant, person.account_id, link["id"]))


_CHANGES: Final[dict[str, Callable[[Scene, Person], str | None]]] = {
    "disable": partial(_post, "disable"),
    "revoke": _revoke,
    "reset": partial(_post, "devices/1/reset"),
    "supersede": lambda scene, person: scene.new_link(person.account_id),
    "re-issue": _reissue,
    "re-issue after misuse": partial(_reissue, misuse=True),
}
