"""The Kamailio configuration that we ship: what it refuses, what it remembers, and what it hears of.

Against the deployed template; phones are real, or speak by hand where no real phone would say it."""

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from infra.system import System
from tests.e2e.sip import program, wait_until
from tests.e2e.sip.intruder import Digest, Intruder, status
from tests.e2e.sip.offers import ENCRYPTED, PLAIN
from tests.e2e.sip.registrar import CONFIGURATION
from tests.e2e.sip.softphone import Softphone
from tests.e2e.sip.switch import Switch
from tests.e2e.site import Site, needs_phones, ok, site
from tests.e2e.world import Person

pytestmark = needs_phones

LOOK_UP: Final = "GET /registrar/kamailio/lookup"
NAMES: Final = ("Zoë Ünal", "Bob O'Neil", "Carol Diaz")


def test_the_example_is_a_configuration() -> None:
    checked = subprocess.run(
        [program("kamailio") or "kamailio", "-c", "-f", CONFIGURATION.with_name("example.cfg")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr[-2000:]


def test_media_in_the_clear_are_refused_whoever_offers_them(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256") as here:
        caller, callee = (here.world.new_person(here.tenant, name) for name in NAMES[:2])
        mine, theirs = here.digest_of(caller), here.digest_of(callee)
        with closing(here.intruder()) as calling, closing(here.intruder()) as called:
            for device, person, digest in ((calling, caller, mine), (called, callee, theirs)):
                assert device.asks("REGISTER", person.number, person.number, digest) == 200
            for what, offer in PLAIN.items():
                answer = calling.answer("INVITE", caller.number, callee.number, mine, body=offer)
                ok(status(answer) == 488, f"refused: {what}", answer)
            for what, offer in ENCRYPTED.items():
                calling.begins("INVITE", caller.number, callee.number, mine, body=offer)
                called.replies(called.hears("INVITE"), "486 Busy Here")
                ok(status(calling.final(2, "INVITE")) == 486, f"taken to the called phone: {what}")
            hidden = {"Content-Type": "multipart/mixed;boundary=x"}
            answer = calling.answer("INVITE", caller.number, callee.number, mine, hidden, "--x\r\n")
            ok(status(answer) == 488, "refused: what may hide a description", answer)

            answer = _answered(calling, called, caller, callee, mine, PLAIN["plain RTP"])
            ok("m=audio 0 RTP/AVP" in answer, "a plain answer reaches the caller with its stream refused", answer)
            ok(calling.hears("BYE") and called.hears("BYE"), "and the call is ended on both sides")

            good = ENCRYPTED["SRTP, key in SDP"]
            answer = _answered(calling, called, caller, callee, mine, good)
            ok(good.split("\r\n")[5] in answer, "an encrypted answer is taken to the caller", answer)
            for number, method in enumerate(("INVITE", "UPDATE"), start=3):
                calling.follows(method, answer, PLAIN["plain RTP"], number=number)
                again = calling.final(number, method)
                ok(status(again) == 488, f"within a call, {method} with a plain offer is refused", again)
            calling.follows("INVITE", answer, good, number=5)
            called.replies(called.hears("INVITE"), "200 OK", PLAIN["plain RTP"])
            again = calling.final(5, "INVITE")
            ok("m=audio 0 RTP/AVP" in again, "and so is the stream of a plain answer", again)
            ok(calling.hears("BYE"), "which ends the call")


def test_what_has_ended_ends_at_the_sip_server_with_its_next_question(system: System, tmp_path: Path) -> None:
    with _wired(system, tmp_path) as (switch, here):
        disabled, renewed, emptied = people = [here.world.new_person(here.tenant, name) for name in NAMES]
        digests = {person.number: here.digest_of(person) for person in people}
        with closing(here.intruder()) as phone:

            def registers(person: Person) -> int:
                return phone.asks("REGISTER", person.number, person.number, digests[person.number])

            for person in people:
                ok(registers(person) == 200 and here.registered(person), "a phone is registered")
            before = switch.asked(LOOK_UP)
            ok(registers(disabled) == 200, "it registers again")
            ok(switch.asked(LOOK_UP) == before, "and nobody asked the directory")

            here.tenant.api.call("POST", f"/v1/accounts/{disabled.account_id}/disable", expected=200)
            here.tenant.api.call("POST", f"/v1/accounts/{emptied.account_id}/devices/1/reset", expected=204)
            for person, what in ((disabled, "its account is disabled"), (emptied, "its device slot is reset")):
                ok(wait_until(partial(_ended, here, person)), f"its registration ends: {what}")
                ok(registers(person) == 403, "and it may not register again")
                ok(digests[person.number].username not in here.registrar.remembered(), "and is forgotten")
            ok(here.registered(renewed), "the others stay registered")

            issued = here.tenant.api.create(f"/v1/accounts/{renewed.account_id}/qr", {})
            ok(here.registered(renewed), "a new link leaves the present phone registered")
            successor = here.digest_at(issued["url"])
            ok(wait_until(lambda: not here.registered(renewed)), "its fetch ends the registration")
            ok(registers(renewed) == 401, "the phone before it is challenged in vain")
            digests[renewed.number] = successor
            ok(registers(renewed) == 200, "its successor registers, within the minute for which answers are fresh")

            here.tenant.api.call("POST", f"/v1/accounts/{disabled.account_id}/enable", expected=200)
            ok(registers(disabled) == 200, "enabled again, a phone registers at once")
        stay = {disabled.account_id, renewed.account_id}
        listed = wait_until(lambda: {each["account_id"] for each in _live(here)} == stay)
        ok(listed, "the live list shows who is registered now", _live(here))

        here.tenant.api.call("PATCH", f"/v1/accounts/{disabled.account_id}", {"number": "+12025559999"}, expected=200)
        ok(wait_until(partial(_ended, here, disabled)), "a new number ends what is registered under the former one")
        with closing(here.intruder()) as phone:
            digest = digests[disabled.number]
            answered = phone.asks("REGISTER", disabled.number, disabled.number, digest)
            ok(answered == 403, "and nobody registers under that again", answered)


def test_a_successor_need_not_wait_until_it_was_heard_of(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256", seconds={"POLL_SECONDS": 3600}) as here:
        person = here.world.new_person(here.tenant, NAMES[0])
        before = here.digest_of(person)
        with closing(here.intruder()) as phone, closing(here.intruder()) as other:
            assert phone.asks("REGISTER", person.number, person.number, before) == 200
            issued = here.tenant.api.create(f"/v1/accounts/{person.account_id}/qr", {})
            after = here.digest_at(issued["url"])
            answered = other.asks("REGISTER", person.number, person.number, after)
            ok(answered == 200, "what is remembered is asked anew when it does not fit", answered)
            ok(phone.asks("REGISTER", person.number, person.number, before) == 401, "and from then on holds")
            contact = here.registrar.contact(person.number, here.tenant.domain) or ""
            ok(contact.count("Address:") == 1, "one device is registered", contact)


def test_an_account_s_end_ends_its_registration(system: System, tmp_path: Path) -> None:
    with site(system, tmp_path, "SHA-256") as here:
        person = here.world.new_person(here.tenant, NAMES[0])
        digest = here.digest_of(person)
        with closing(here.intruder()) as phone:
            assert phone.asks("REGISTER", person.number, person.number, digest) == 200
            ends = (datetime.now(UTC) + timedelta(seconds=15)).isoformat()
            here.tenant.api.call("PATCH", f"/v1/accounts/{person.account_id}", {"expires_at": ends}, expected=200)
            ok(here.registered(person), "before it ends, the account's phone is registered")
            ok(wait_until(lambda: not here.registered(person)), "its end ends the registration")
            ok(phone.asks("REGISTER", person.number, person.number, digest) == 403, "and it may not register again")


def test_phones_work_on_while_the_directory_is_away(system: System, tmp_path: Path) -> None:
    seconds = {"FRESH_SECONDS": 2, "STALE_SECONDS": 45, "AWAY_SECONDS": 1}
    with _wired(system, tmp_path, seconds=seconds, answer_seconds=8) as (switch, here):
        person, disabled, other = (here.world.new_person(here.tenant, name) for name in NAMES)
        ticket = here.world.tap(here.world.links_for(person, "a")["sms"])
        off, on = here.digest_of(disabled), here.digest_of(other)
        with closing(here.intruder()) as phone:
            assert phone.asks("REGISTER", disabled.number, disabled.number, off) == 200
            here.tenant.api.call("POST", f"/v1/accounts/{disabled.account_id}/disable", expected=200)
            ok(wait_until(lambda: not here.registered(disabled)), "one account is disabled, and that is heard of")
            with Softphone(tmp_path / "phone", ticket, root_ca=here.certificates.authority) as linphone:
                ok(linphone.registered(), "a phone has its file and is registered", linphone.log[-2000:])
            ok(phone.asks("REGISTER", other.number, other.number, on) == 200, "and another one")

            switch.cut()
            with Softphone(tmp_path / "phone", None) as linphone:
                ok(linphone.registered(), "with the system away, the phone registers again", linphone.log[-2000:])
                ok(here.registered(person), "and can be called")
            ok(phone.asks("REGISTER", other.number, other.number, on) == 200, "so does the other one")
            calls = phone.answer("INVITE", other.number, person.number, on, body=ENCRYPTED["ZRTP"])
            ok(status(calls) in (404, 480, 503), "who is not there is not reached", calls)
            refused = phone.asks("REGISTER", disabled.number, disabled.number, off)
            ok(refused == 503 and not here.registered(disabled), "the disabled one does not", refused)
            wrong = on._replace(ha1="0" * 64)
            ok(phone.asks("REGISTER", other.number, other.number, wrong) == 401, "nor one with a wrong password")

            def registers() -> int:
                return phone.asks("REGISTER", other.number, other.number, on)

            ok(wait_until(lambda: registers() == 503, every=1), "what is remembered ends after its time")
            switch.mend()
            ok(wait_until(lambda: registers() == 200, every=0.5), "and once the system is back, all is well")
            ok(phone.asks("REGISTER", disabled.number, disabled.number, off) == 403, "the disabled one is refused")

            switch.cut("silent")
            silent = wait_until(lambda: "Curl library timed out" in here.registrar.log())
            ok(silent, "the system takes and is silent")
            ok(registers() == 200, "which is the same")


@contextmanager
def _wired(
    system: System, folder: Path, *, seconds: dict[str, int] | None = None, answer_seconds: int = 20
) -> Iterator[tuple[Switch, Site]]:
    """A site whose SIP server reaches the system by a wire that can be cut."""
    port = int(system.base_url.rpartition(":")[2])
    with (
        Switch(port) as switch,
        site(system, folder, "SHA-256", base=switch.base_url, seconds=seconds, answer_seconds=answer_seconds) as here,
    ):
        yield switch, here


def _answered(calling: Intruder, called: Intruder, caller: Person, callee: Person, mine: Digest, body: str) -> str:
    """A call with an encrypted offer that is answered with `body`: the 200 as the caller gets it, acknowledged."""
    calling.begins("INVITE", caller.number, callee.number, mine, body=ENCRYPTED["SRTP, key in SDP"])
    called.replies(called.hears("INVITE"), "200 OK", body)
    answer = calling.final(2, "INVITE")
    calling.follows("ACK", answer)
    return answer


def _ended(here: Site, person: Person) -> bool:
    return not here.registered(person)


def _live(here: Site) -> list[dict[str, object]]:
    items: list[dict[str, object]] = here.tenant.api.get("/v1/registrations")["items"]
    return items
