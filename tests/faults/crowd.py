"""Many people with a link each, for tests in which every one of them meets another misfortune."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from functions.common import clock
from functions.common.transaction import commit
from functions.messaging import outbox
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.outbox import MessageKey
from functions.messaging.plan import Plan
from functions.messaging.state import State
from tests.api.cloud import Kept
from tests.api.world import House, World
from tests.fakes.gateways import mail_bodies, sms_bodies
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.faults.sending import NOON, SENDER, add_gateway, forget

PEOPLE: Final = 36
UNLUCKY: Final = (  # number and address for each: the connection is reset, or the answer breaks off
    ("+41790060021", "drop-after-data@example.net"),
    ("+41790060023", "garbage-after-data@example.net"),
    ("+41790070021", "reset@example.net"),
    ("+41790070023", "truncated@example.net"),
)
ALONE: Final = Plan(other_channel=False)


@dataclass(frozen=True)
class Person:
    account: str
    mobile: str
    email: str
    link: str


@dataclass(frozen=True)
class Crowd:
    world: World
    house: House
    fakes: Fakes
    people: Sequence[Person]
    unlucky: Sequence[Person]
    kept: Kept

    def begin(self, kind: str, count: int, plan: Plan = ALONE) -> list[tuple[Person, MessageKey]]:
        """So many of them are to be sent their link through a gateway of this kind, and nobody has been yet."""
        return self._begin(kind, self.people[:count], plan)

    def begin_unlucky(self, kind: str) -> list[tuple[Person, MessageKey]]:
        """The same for those for whom the provider's answer is lost on the wire."""
        first = 2 if kind == "ses" else 0
        return self._begin(kind, self.unlucky[first : first + 2], ALONE)

    def _begin(self, kind: str, people: Sequence[Person], plan: Plan) -> list[tuple[Person, MessageKey]]:
        self.world.cloud.begin(self.kept)
        channel = Channel.sms if kind in sms_bodies(self.fakes) else Channel.email
        body = {**sms_bodies(self.fakes), **mail_bodies(self.fakes, SENDER)}[kind]
        add_gateway(self.house, body, channel)
        forget(self.fakes)
        composed = [
            outbox.compose(
                self.house.tenant, person.account, Kind.activation, channel, f"by {kind}", person.link, plan=plan
            )
            for person in people
        ]
        commit([each.step for each in composed])
        return [(person, each.key) for person, each in zip(people, composed, strict=True)]

    def got(self, person: Person) -> list[Recorded]:
        """What providers were given for this person."""
        return [
            each
            for each in self.fakes.records.all()
            if each.to == person.email or (each.channel == "sms" and each.to.endswith(person.mobile.lstrip("+")))
        ]

    def state(self, message: MessageKey) -> State:
        found = outbox.find(message)
        assert found is not None
        return State(found.state)

    def shown(self, message: MessageKey) -> str:
        """The state that the CSR is shown."""
        return str(self.house.csr.get(f"/v1/messages/{message.id}").json["state"])


def gathered(world: World, house: House, fakes: Fakes) -> Crowd:
    """No message of theirs waits any more, and there is no gateway."""
    with clock.frozen(NOON):
        gateway = add_gateway(house, sms_bodies(fakes)["vonage_sms"], "sms")
        people = [_person(house, f"+417900050{number:02d}", f"p{number:02d}@example.net") for number in range(PEOPLE)]
        unlucky = [_person(house, *each) for each in UNLUCKY]
        commit(
            [
                outbox.cancelling(message, "Only its link is wanted.")
                for person in (*people, *unlucky)
                for message in outbox.all_of(house.tenant, person.account)
            ]
        )
        assert house.admin.delete(f"/v1/gateways/{gateway}").status == 204
    forget(fakes)
    return Crowd(world, house, fakes, people, unlucky, world.cloud.keep())


def _person(house: House, mobile: str, email: str) -> Person:
    wanted = [{"kind": "activation", "channel": "sms"}]
    account = house.account(mobile=mobile, email=email, messages=wanted)["id"]
    (message,) = outbox.all_of(house.tenant, account)
    assert message.link_id is not None
    return Person(account, mobile, email, message.link_id)
