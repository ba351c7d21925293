"""Two runs of many messages on the embedded AWS, and what came of them: one at a gateway's rate, and one during which a
gateway dies. The end-to-end tests make short ones, `make bench` those of full length."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from infra.system import System
from tests.e2e import crowd
from tests.e2e.world import Tenant, World
from tests.fakes.gateways import sms_bodies
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes

MINUTE: Final = 60.0
HEADROOM: Final = 1.1  # what a provider grants, beside the rate that is set: nine tenths of it are used
UNLIMITED: Final = 1000.0  # messages a second: more than this machine can send
WORKERS: Final = 6  # of a local outbox (infra/template/functions.yaml)
ENDED: Final = {"sent", "delivered"}


@dataclass(frozen=True)
class AtRate:
    """What a provider saw of a crowd. `at`: when it took each message, seconds, in order; `failed`: entries of the
    queue that came again; `dead`: those that came too often; `left`: those that are still there."""

    rate: float
    size: int
    at: Sequence[float]
    twice: int
    throttled: int
    entries: int
    failed: int
    dead: int
    left: int
    states: Mapping[str, int]

    @property
    def share(self) -> float:
        """The rate that was reached, from the first message to the last, of the one that was set."""
        return (len(self.at) - 1) / (self.at[-1] - self.at[0]) / self.rate

    @property
    def lowest_minute(self) -> float:
        """The same over the slowest minute, wherever it begins."""
        return min(
            (bisect_right(self.at, begin + MINUTE) - number - 1) / (self.rate * MINUTE)
            for number, begin in enumerate(self.at)
            if begin + MINUTE <= self.at[-1]
        )

    @property
    def minutes(self) -> list[int]:
        """Messages in each whole minute after the first message."""
        counted = Counter(int((at - self.at[0]) / MINUTE) for at in self.at)
        return [counted[minute] for minute in range(int((self.at[-1] - self.at[0]) / MINUTE))]

    @property
    def busiest_second(self) -> int:
        """The most messages within any second."""
        return max(bisect_right(self.at, end) - bisect_right(self.at, end - 1.0) for end in self.at)


def at_rate(system: System, rate: float, size: int) -> AtRate:
    """Sends a crowd through one gateway at this rate; its provider refuses what is faster than it grants."""
    world = World(system)
    crowd.warm(system, world, lambda fakes: gateway(fakes, rate=UNLIMITED))
    with Fakes() as fakes:
        fakes.courier.hold()  # reports are a work of their own
        tenant, _ = crowd.tenant_with(world, gateway(fakes, rate=rate))
        people = crowd.gather(system, tenant, size)
        fakes.vonage.per_second = rate * HEADROOM
        before = len(crowd.batches(system))
        people.go()
        people.all_arrive(fakes, 2 * size / rate + MINUTE)
        crowd.eventually(lambda: _ended(people) and not crowd.waiting(system, "Outbox"))
        arrived, throttled = people.arrived(fakes), fakes.vonage.throttled
    done = crowd.batches(system)[before:]
    return AtRate(
        rate=rate,
        size=size,
        at=sorted(datetime.fromisoformat(each.at).timestamp() for each in arrived),
        twice=_twice(tenant, arrived),
        throttled=throttled,
        entries=sum(entries for entries, _ in done),
        failed=sum(failed for _, failed in done),
        dead=crowd.waiting(system, "OutboxDead"),
        left=crowd.waiting(system, "Outbox"),
        states=people.states(),
    )


@dataclass(frozen=True)
class Failover:
    """What came of a crowd whose first gateway died. `taken`: how many of its messages each provider took; `nowhere`:
    those that neither took, whatever their state; `out`: how the gateway stood in the end; `back`: how it stood after
    its provider was there again and had been asked."""

    size: int
    taken: tuple[int, int]
    twice: int
    nowhere: int
    seconds: float
    states: Mapping[str, int]
    dead: int
    out: Mapping[str, Any]
    back: Mapping[str, Any]


def failover(system: System, size: int) -> Failover:
    """Sends a crowd through two gateways, the first of which dies when it has taken a third."""
    world = World(system)
    crowd.warm(system, world, lambda fakes: gateway(fakes, rate=UNLIMITED))
    first = Fakes().start()
    with Fakes() as second:
        try:
            first.courier.hold()
            second.courier.hold()
            tenant, (dying, _) = crowd.tenant_with(
                world, gateway(first, rate=UNLIMITED, order=1), gateway(second, rate=UNLIMITED, order=2)
            )
            people = crowd.gather(system, tenant, size)
            people.go()
            begun = first.wait_until(lambda: len(first.sms) > size // 3)
        finally:
            first.stop()  # nobody listens at its port any more; what it was answering it answers
        assert begun, f"{len(first.sms)} of {size} came: {people.states()}"
        crowd.eventually(people.done)
        taken = people.arrived(first), people.arrived(second)
    out, states = tenant.api.get(f"/v1/gateways/{dying}"), people.states()
    with _listening_again(first):
        back = _looked_after(system, tenant, dying)
    arrived = [each for found in taken for each in found]
    at = [datetime.fromisoformat(each.at).timestamp() for each in arrived]
    return Failover(
        size=size,
        taken=(len(taken[0]), len(taken[1])),
        twice=len(arrived) - len(_messages(tenant, arrived)),
        nowhere=size - len(_messages(tenant, arrived)),
        seconds=max(at) - min(at),
        states=states,
        dead=crowd.waiting(system, system.physical_id("OutboxDead")),
        out=out,
        back=back,
    )


def gateway(fakes: Fakes, *, rate: float, order: int = 1) -> Mapping[str, object]:
    """The body of an SMS gateway whose provider is one of these fakes."""
    return {**sms_bodies(fakes)["vonage_sms"], "rate": rate, "order": order}


def _messages(tenant: Tenant, arrived: Sequence[Recorded]) -> set[str]:
    return {crowd.message_of(each, tenant) for each in arrived}


def _listening_again(gone: Fakes) -> Fakes:
    """The provider after its repair: at the same port, with no memory."""
    return Again(urlsplit(gone.base_url).port or 0)


def _looked_after(system: System, tenant: Tenant, gateway_id: str) -> Mapping[str, Any]:
    """The gateway after the next look at it, which is brought forward."""
    key = {"pk": {"S": f"{tenant.id}|health"}, "sk": {"S": gateway_id}}
    system.client("dynamodb").update_item(
        TableName=system.physical_id("MessagesTable"),
        Key=key,
        UpdateExpression="SET due_at = :now",
        ExpressionAttributeValues={":now": {"N": "1"}},
    )
    system.client("lambda").invoke(FunctionName=system.physical_id("MessagingWatch"), Payload=json.dumps(MINUTE_PASSED))
    found: Mapping[str, Any] = tenant.api.get(f"/v1/gateways/{gateway_id}")
    return found
