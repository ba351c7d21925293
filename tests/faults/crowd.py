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
    kept: Kept

    def begin(self, kind: str, plan: Plan = ALONE) -> list[MessageKey]:
        """Everybody is to be sent their link through a gateway of this kind, and nobody has been yet."""
        self.world.cloud.begin(self.kept)
        channel = Channel.sms if kind in sms_bodies(self.fakes) else Channel.email
        body = {**sms_bodies(self.fakes), **mail_bodies(self.fakes, SENDER)}[kind]
        add_gateway(self.house, body, channel)
        forget(self.fakes)
        composed = [
            outbox.compose(
                self.house.tenant, person.account, Kind.activation, channel, f"by {kind}", person.link, plan=plan
            )
            for person in self.people
        ]
        commit([each.step for each in composed])
        return [each.key for each in composed]

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
        commit(
            [
                outbox.cancelling(message, "Only its link is wanted.")
                for person in people
                for message in outbox.all_of(house.tenant, person.account)
            ]
        )
        assert house.admin.delete(f"/v1/gateways/{gateway}").status == 204
    forget(fakes)
    return Crowd(world, house, fakes, people, world.cloud.keep())


def _person(house: House, mobile: str, email: str) -> Person:
    wanted = [{"kind": "activation", "channel": "sms"}]
    account = house.account(mobile=mobile, email=email, messages=wanted)["id"]
    (message,) = outbox.all_of(house.tenant, account)
    assert message.link_id is not None
    return Person(account, mobile, email, message.link_id)
