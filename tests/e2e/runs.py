"""Two runs of many messages on the embedded AWS, and what came of them: one at a gateway's rate, and one during which a
gateway dies. The end-to-end tests make short ones, `make bench` those of full length."""

import json
import select
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from infra.system import System
from tests.e2e import crowd
from tests.e2e.world import Tenant, World
from tests.fakes.gateways import sms_bodies
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes

MINUTE: Final = 60.0
GRANTED: Final = 1.1  # times the rate that is set: what the provider takes
UNLIMITED: Final = 1000.0  # messages a second: more than any machine sends here
SCHEDULED: Final = {
    **dict.fromkeys(("version", "id", "account", "region", "source", "time"), "0"),
    "detail-type": "Scheduled Event",
    "resources": [],
    "detail": {},
}


@dataclass(frozen=True)
class AtRate:
    """What a provider saw of a crowd. `at`: when it took each message, seconds, in order. Of the queue: `entries` that
    workers have done, `failed` that come again, `dead` that came too often, `left` that are still there."""

    rate: float
    size: int
    at: Sequence[float]
    twice: int
    throttled: int
    states: Mapping[str, int]
    entries: int
    failed: int
    dead: int
    left: int

    @property
    def share(self) -> float:
        """Of the rate that was set, how much was reached from the first message to the last."""
        return (len(self.at) - 1) / (self.at[-1] - self.at[0]) / self.rate

    @property
    def steady(self) -> float:
        """The same over the best third of its messages: what a machine that stands still for once does not change, and
        a pacer that misses moments throughout does."""
        size = max(len(self.at) // 3, 2)
        stretches = zip(self.at, self.at[size - 1 :], strict=False)
        return max((size - 1) / (last - first) / self.rate for first, last in stretches)

    @property
    def lowest_minute(self) -> float:
        """Of the rate, over the worst minute, whenever it began; over the whole of a run that was shorter."""
        begun = [(number, at) for number, at in enumerate(self.at, 1) if at + MINUTE <= self.at[-1]]
        within = [bisect_right(self.at, at + MINUTE) - number for number, at in begun]
        return min(within) / (self.rate * MINUTE) if within else self.share

    @property
    def minutes(self) -> list[int]:
        """How many messages there were in each whole minute, counted from the first one on."""
        counted = Counter(int((at - self.at[0]) / MINUTE) for at in self.at)
        return [counted[minute] for minute in range(int((self.at[-1] - self.at[0]) / MINUTE))]

    @property
    def busiest_second(self) -> int:
        """The most messages within any second."""
        return max(number - bisect_right(self.at, at - 1.0) for number, at in enumerate(self.at, 1))


def at_rate(system: System, rate: float, size: int) -> AtRate:
    """Sends a crowd through one gateway at this rate; its provider refuses what comes faster than it grants."""
    world = World(system)
    crowd.warm(system, world, lambda fakes: gateway(fakes, UNLIMITED))
    dead = crowd.waiting(system, "OutboxDead")
    with Fakes() as fakes:
        fakes.courier.hold()  # the reports are a work of their own
        tenant, _ = crowd.tenant_with(world, gateway(fakes, rate))
        people = crowd.gather(system, tenant, size)
        fakes.vonage.per_second = rate * GRANTED
        before = len(crowd.batches(system))
        tests = len(fakes.sms)
        people.go()
        fakes.wait_until(lambda: len(fakes.sms) >= tests + size, 2 * size / rate + MINUTE)
        crowd.eventually(people.done, 5 * MINUTE)
        arrived = people.arrived(fakes)
        throttled = fakes.vonage.throttled
    batches = crowd.batches(system)[before:]
    return AtRate(
        rate=rate,
        size=size,
        at=_moments(arrived),
        twice=len(arrived) - len(_messages(tenant, arrived)),
        throttled=throttled,
        states=people.states(),
        entries=sum(batch.entries for batch in batches),
        failed=sum(batch.failed for batch in batches),
        dead=crowd.waiting(system, "OutboxDead") - dead,
        left=crowd.waiting(system, "Outbox"),
    )


class Standing(NamedTuple):
    """How the API shows that a gateway stands."""

    state: str
    reason: str | None


class Mortal(Fakes):
    """Fakes that die in order: who has connected is answered, and then nobody listens at the port any more."""

    def stop(self) -> None:
        self._server.shutdown()
        while select.select([self._server], [], [], 0)[0]:
            self._server.handle_request()
        self._server.server_close()
        super().stop()


@dataclass(frozen=True)
class Failover:
    """What came of a crowd whose first gateway died. `taken`: how many of its messages each provider has; `out`: how
    that gateway stood in the end; `back`: how it stood when its provider was there again and had been asked."""

    size: int
    taken: tuple[int, int]
    twice: int
    seconds: float
    states: Mapping[str, int]
    dead: int
    out: Standing
    back: Standing


def failover(system: System, size: int) -> Failover:
    """Sends a crowd through two gateways, the first of which dies when it has taken a third."""
    world = World(system)
    crowd.warm(system, world, lambda fakes: gateway(fakes, UNLIMITED))
    dead = crowd.waiting(system, "OutboxDead")
    first = Mortal().start()
    with Fakes() as second:
        try:
            first.courier.hold()
            second.courier.hold()
            bodies = gateway(first, UNLIMITED, order=1), gateway(second, UNLIMITED, order=2)
            tenant, (dying, _) = crowd.tenant_with(world, *bodies)
            people = crowd.gather(system, tenant, size)
            tests = len(first.sms)
            people.go()
            begun = first.wait_until(lambda: len(first.sms) >= tests + size // 3)
        finally:
            first.stop()
        assert begun, f"{len(first.sms)} of {size} came: {people.states()}"
        crowd.eventually(people.done)
        taken = people.arrived(first), people.arrived(second)
    out, states = _standing(tenant, dying), people.states()
    again = Fakes()
    again.start(urlsplit(first.base_url).port or 0)
    try:
        crowd.eventually(lambda: _looked_after(system, tenant, dying).state == "ready")
    finally:
        again.stop()
    arrived = [each for found in taken for each in found]
    at = _moments(arrived)
    return Failover(
        size=size,
        taken=(len(taken[0]), len(taken[1])),
        twice=len(arrived) - len(_messages(tenant, arrived)),
        seconds=at[-1] - at[0],
        states=states,
        dead=crowd.waiting(system, "OutboxDead") - dead,
        out=out,
        back=_standing(tenant, dying),
    )


def gateway(fakes: Fakes, rate: float, order: int = 1) -> Mapping[str, object]:
    """The body of an SMS gateway whose provider is one of these fakes."""
    return {**sms_bodies(fakes)["vonage_sms"], "rate": rate, "order": order}


def _moments(arrived: Sequence[Recorded]) -> list[float]:
    return sorted(datetime.fromisoformat(each.at).timestamp() for each in arrived)


def _messages(tenant: Tenant, arrived: Sequence[Recorded]) -> set[str]:
    return {crowd.message_of(each, tenant) for each in arrived}


def _looked_after(system: System, tenant: Tenant, gateway_id: str) -> Standing:
    """The gateway after a look at it, which would come within minutes by itself."""
    system.client("dynamodb").update_item(
        TableName=system.physical_id("MessagesTable"),
        Key={"pk": {"S": f"{tenant.id}|health"}, "sk": {"S": gateway_id}},
        UpdateExpression="SET due_at = :now",
        ExpressionAttributeValues={":now": {"N": "1"}},
    )
    watch = system.physical_id("MessagingWatch")
    system.client("lambda").invoke(FunctionName=watch, Payload=json.dumps(SCHEDULED).encode())
    return _standing(tenant, gateway_id)


def _standing(tenant: Tenant, gateway_id: str) -> Standing:
    shown = tenant.api.get(f"/v1/gateways/{gateway_id}")
    return Standing(shown["state"], shown["reason"])
