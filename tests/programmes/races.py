"""Many devices with one link, and what came of it: one of them has a file, and the SIP server knows that one's
credential alone."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from threading import Event
from typing import Final

from functions.activation import claim as claims
from functions.activation.links import by_token
from tests.programmes.calls import counted
from tests.programmes.mutants import mutated
from tests.programmes.scene import Credential, Person, Scene, Try, fetch, files, settled, tap

Raced = tuple[Person, list[Try]]

THREADS: Final = 16
CALLS: Final = 20  # what a device's tap and fetch make of AWS
EXPECTED: Final = {"tap": {303, 410}, "fetch": {200, 302, 410}}


@dataclass(frozen=True)
class Outcome:
    """What devices did, and all that must not have been so (nothing, when it went well)."""

    races: int
    answers: Counter[str]
    files: int
    seconds: float
    wrong: Sequence[str]

    def __str__(self) -> str:
        told = ", ".join(f"{n} × {answer}" for answer, n in sorted(self.answers.items()))
        return f"{self.races} links in {self.seconds:.0f} s: {told}; {self.files} files; {len(self.wrong)} wrong"


def crowd(scene: Scene, devices: int, mutant: str | None = None) -> Outcome:
    """So many devices with one link, sixteen at a time. A twentieth of them have tapped before the first one fetches;
    then these fetch, while others come one by one, tap and fetch; then all who are left do."""
    person = scene.person()
    known = claim_ids(person, devices)
    early, late = known[: devices // 20], iter(known[devices // 20 :])

    def run() -> Iterator[Raced]:
        with ThreadPoolExecutor(THREADS) as pool:
            tapped = list(pool.map(lambda claim: tap(scene, person, claim), early))
            fetching = [pool.submit(fetch, scene, person, each.claim, str(ticket)) for each, ticket in tapped]
            tries = [each for each, _ in tapped]
            while not all(each.done() for each in fetching):
                tries += _tap_and_fetch(scene, person, next(late))
            tries += [each.result() for each in fetching]
            for more in pool.map(partial(_tap_and_fetch, scene, person), late):
                tries += more
            yield person, tries

    return _race(run, scene, mutant)


def pairs(scene: Scene, links: int, mutant: str | None = None) -> Outcome:
    """As many links with two devices each: the second begins at the first one's n-th AWS call, n being another each
    time. Eight links at once."""

    def race(number: int) -> Raced:
        person = scene.person()
        first, second = claim_ids(person, 2)
        begin = Event()

        def one() -> list[Try]:
            try:
                with counted(number % CALLS, begin.set):
                    return _tap_and_fetch(scene, person, first)
            finally:
                begin.set()

        def other() -> list[Try]:
            begin.wait()
            return _tap_and_fetch(scene, person, second)

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(one), pool.submit(other)]
            return person, [each for tries in both for each in tries.result()]

    def run() -> list[Raced]:
        with ThreadPoolExecutor(THREADS // 2) as pool:
            return list(pool.map(race, range(links)))

    return _race(run, scene, mutant)


def interleavings(scene: Scene, mutant: str | None = None) -> Outcome:
    """Two devices with one link, in every order that has one change of turns: the first stands still at its n-th AWS
    call until the second is through."""

    def run() -> Iterator[Raced]:
        for number in count():
            person = scene.person()
            first, second = claim_ids(person, 2)
            others: list[Try] = []
            with counted(number, partial(_into, others, scene, person, second)) as calls:
                own = _tap_and_fetch(scene, person, first)
            if calls.made <= number:
                return
            yield person, own + others

    return _race(run, scene, mutant)


def double_taps(scene: Scene, taps: int) -> Outcome:
    """One device, whose person taps twice each time, and fetches now and then."""
    person = scene.person()
    (claim,) = claim_ids(person, 1)

    def double(number: int) -> list[Try]:
        found, ticket = tap(scene, person, claim)
        fetches = number % (2 * taps // THREADS) == 0 and ticket is not None
        return [found, fetch(scene, person, claim, str(ticket))] if fetches else [found]

    def run() -> list[Raced]:
        with ThreadPoolExecutor(THREADS) as pool:
            return [(person, [each for tries in pool.map(double, range(2 * taps)) for each in tries])]

    return _race(run, scene, None)


def claim_ids(person: Person, many: int) -> list[str]:
    """What the page's form would carry for so many devices that open it."""
    link = by_token(person.token)
    return [claims.new_claim_id(link) for _ in range(many)]


def verdict(tries: Sequence[Try], known: Credential | None) -> list[str]:
    """What is wrong with a race for one fresh link, by what its devices were given and the SIP server was told after
    it."""
    given = files(tries)
    ha1s = set().union(*given.values())
    wrong = [f"{each.asked} was answered {each.status}" for each in tries if each.status not in EXPECTED[each.asked]]
    if len(given) != 1:
        wrong.append(f"{len(given)} devices have a file")
    if len(ha1s) != 1:
        wrong.append(f"{len(ha1s)} different files were given")
    if known is None or {known.ha1} != ha1s:
        wrong.append("the SIP server knows another credential")
    if known is not None and known.epoch != 1:
        wrong.append(f"{known.epoch} credentials were made")
    return wrong


def _race(run: Callable[[], Iterable[Raced]], scene: Scene, mutant: str | None) -> Outcome:
    begun = time.monotonic()
    with mutated(mutant), settled():
        tried = list(run())
    answers = Counter(f"{each.asked} {each.status}" for _, tries in tried for each in tries)
    wrong = [what for person, tries in tried for what in verdict(tries, scene.look_up(person))]
    given = {ha1 for _, tries in tried for ha1s in files(tries).values() for ha1 in ha1s}
    return Outcome(len(tried), answers, len(given), time.monotonic() - begun, wrong)


def _into(tries: list[Try], scene: Scene, person: Person, claim: str) -> None:
    tries += _tap_and_fetch(scene, person, claim)


def _tap_and_fetch(scene: Scene, person: Person, claim: str) -> list[Try]:
    tapped, ticket = tap(scene, person, claim)
    return [tapped, *(fetch(scene, person, claim, ticket) for _ in range(2))] if ticket else [tapped]
