"""What no phone and no server gets away with, once people are activated: wrong certificates, and wrong names."""

import re
from pathlib import Path
from typing import Final

from infra.system import System
from tests.e2e.sip import wait_until
from tests.e2e.sip.certificates import localhost
from tests.e2e.sip.intruder import Digest, Intruder
from tests.e2e.sip.softphone import Softphone
from tests.e2e.site import needs_phones, ok, site
from tests.e2e.world import Person

pytestmark = needs_phones

_SAYS_WHO_CALLS: Final = ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID")


def test_a_phone_refuses_a_server_under_another_authority(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256") as here:
        person = here.world.new_person(here.tenant, "Zoë Ünal")
        ticket = here.world.tap(here.world.links_for(person, "a")["sms"])
        with Softphone(tmp_path / "phone", ticket, root_ca=localhost(tmp_path / "other").authority) as phone:
            ok(phone.wait_for(lambda: "auth_info_0" in phone.log, 60), "the phone has its file", phone.log[-2000:])
            ok(phone.refused(), "it does not sign in where it cannot verify the certificate", phone.log[-2000:])
        ok(here.registrar.contact(person.number, here.tenant.domain) is None, "the SIP server has not heard of it")


def test_nobody_calls_or_registers_as_somebody_else(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256") as here:
        person, other = (here.world.new_person(here.tenant, name) for name in ("Zoë Ünal", "Bob O'Neil"))
        with Softphone(
            tmp_path / "other",
            here.world.tap(here.world.links_for(other, "a")["sms"]),
            root_ca=here.certificates.authority,
        ) as phone:
            ok(phone.registered(), "the other one's phone is registered", phone.log[-2000:])
            own = here.digest_of(person)
            wrong, unknown = own._replace(ha1="0" * 64), own._replace(username="nobody")
            intruder = here.intruder()
            try:
                _statuses(intruder, person.number, other.number, own, wrong, unknown)
                forged = dict.fromkeys(_SAYS_WHO_CALLS, f"<sip:+12025550100@{here.tenant.domain}>")
                sent = {**forged, "Content-Type": "text/plain"}
                ok(intruder.asks("MESSAGE", person.number, other.number, own, sent) == 200, "a message arrives")
            finally:
                intruder.close()
            shown = re.findall(rf"^(?:{'|'.join(_SAYS_WHO_CALLS)}): .*?$", phone.log.replace("\r", ""), re.MULTILINE)
            ok(
                shown == [f"P-Asserted-Identity: <sip:{person.number}@{here.tenant.domain}>"],
                "who called is what the system says, not what the sender says",
                shown,
            )
        failed = "device.auth_failed"
        ok(
            wait_until(lambda: failed in _history(person)),
            "the wrong password is in the account's history",
            _history(person),
        )


def _statuses(intruder: Intruder, own: str, others: str, mine: Digest, wrong: Digest, unknown: Digest) -> None:
    for method, sender, to, digest, status, what in (
        ("REGISTER", own, own, mine, 200, "one's own number may be registered"),
        ("REGISTER", own, others, mine, 403, "another one's may not, in To"),
        ("REGISTER", others, others, mine, 403, "nor in From"),
        ("REGISTER", own, own, wrong, 401, "a wrong password is challenged again"),
        ("REGISTER", own, own, unknown, 403, "an unknown user is refused"),
        ("INVITE", others, others, mine, 403, "nobody calls under another one's number"),
        ("INVITE", own, "+12025550100", mine, 404, "a number that nobody has is not found"),
        ("SUBSCRIBE", own, others, mine, 405, "what the server does not do is refused"),
    ):
        answered = intruder.asks(method, sender, to, digest)
        ok(answered == status, f"{what} ({status})", answered)


def _history(person: Person) -> list[str]:
    page = person.tenant.api.get(f"/v1/accounts/{person.account_id}/history")
    return [entry["event"] for entry in page["items"]]
