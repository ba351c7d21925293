"""The proof: two people are created, tap their links on their phones, and talk.

Everything is the real thing but the message providers and the phones' browsers: the packaged template, a Kamailio that
asks it, and two Linphones. Media are checked by ear: each phone plays a tone, and the other one's recording has it."""

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from functions.provisioning.clients import Algorithm
from infra.system import System
from tests.e2e.sip import PATIENCE, sound, wait_until
from tests.e2e.sip.softphone import Softphone
from tests.e2e.site import Site, needs_phones, ok, site
from tests.e2e.web import request
from tests.e2e.world import PACKAGES, Person

pytestmark = needs_phones

CALLER: Final = 'Zoë "Zed" \\ Ünal & <Söhne> 😀 שלום'
CALLEE: Final = "Bob O'Neil ]]> &amp; Co"
CALLER_SAYS, CALLEE_SAYS, NOBODY_SAYS = 440, 1000, 700  # hertz


class Media(NamedTuple):
    """What a security model looks like on the wire."""

    model: str
    in_offer: str  # in the INVITE that the callee gets
    negotiated: str  # in the phone's log


SRTP: Final = Media("end-to-site", r"m=audio \d+ RTP/SAVPF? (?s:.*)a=crypto:1 ", "MediaEncryptionSRTP")
ZRTP: Final = Media("end-to-end", r"a=zrtp-hash:", "MediaEncryptionZRTP")


@pytest.mark.parametrize(("algorithm", "media"), [("MD5", SRTP), ("SHA-256", ZRTP)], ids=["md5-srtp", "sha256-zrtp"])
def test_two_people_tap_their_links_and_talk(
    system: System, tmp_path: Path, algorithm: Algorithm, media: Media
) -> None:
    with site(system, tmp_path, algorithm) as here:
        caller = here.world.new_person(here.tenant, CALLER, security_model=media.model)
        callee = here.world.new_person(here.tenant, CALLEE, security_model=media.model)
        tickets = {person.number: _activated(here, person) for person in (caller, callee)}
        _nobody_may_register_yet(here, caller)

        trusted = here.certificates.authority
        with (
            Softphone(tmp_path / "caller", tickets[caller.number], root_ca=trusted) as calling,
            Softphone(tmp_path / "callee", tickets[callee.number], root_ca=trusted, auto_answer=True) as called,
        ):
            for person, phone in ((caller, calling), (callee, called)):
                _fetched_and_registered(here, person, phone, tickets[person.number], algorithm)
            _talk(here, caller, callee, calling, called, media, tmp_path)
        _disabled(here, caller, callee, tmp_path)


def _activated(here: Site, person: Person) -> str:
    """From the messages to the tap; the ticket that it gave."""
    installation, activation = here.world.links_for(person, "i"), here.world.links_for(person, "a")
    ok(
        set(installation) == set(activation) == {"sms", "email"},
        f"{person.full_name} has both messages on both channels",
    )
    ok(activation["sms"] == activation["email"], "with the same activation link")
    visited = here.world.open_installation_link(installation["sms"])
    ok(
        (visited.status, visited.headers.get("location")) == (302, f"{PACKAGES}/android"),
        "the installation link leads the phone to its package",
        visited,
    )
    clicked = here.world.state_of(person)["installation_clicked"]
    ok(clicked and clicked["platform"] == "android", "and the click is recorded, with the platform", clicked)
    ticket = here.world.tap(activation["sms"])
    ok("/p/" in ticket, "a tap on the activation link leads to the ticket")
    return ticket


def _nobody_may_register_yet(here: Site, person: Person) -> None:
    username = here.tenant.api.get(f"/v1/accounts/{person.account_id}")["username"]
    ok(here.lookup(username) == 404, "before the file is fetched the account has no password: the look-up says 404")


def _fetched_and_registered(here: Site, person: Person, phone: Softphone, ticket: str, algorithm: Algorithm) -> None:
    ok(
        phone.registered(),
        f"{person.full_name}'s phone fetched its file and registered with {algorithm}",
        phone.log[-3000:],
    )
    contact = here.registrar.contact(person.number, here.tenant.domain) or ""
    ok("transport=tls" in contact and "Linphonec" in contact, "the SIP server knows the phone, over TLS", contact)
    ok(
        wait_until(lambda: here.world.state_of(person)["readiness"] == "active"),
        "the account is active",
        here.world.state_of(person),
    )
    state = here.world.state_of(person)
    ok(state["link"]["state"] == "closed", "its link has closed", state["link"])
    ok("Linphonec" in (state["devices"][0]["user_agent"] or ""), "its device is the phone", state["devices"])
    ok(request("GET", ticket).status == 410, "the ticket gives the file to nobody else")
    ok(request("GET", here.world.links_for(person, "a")["sms"]).status == 410, "and the link is dead")


def _talk(
    here: Site, caller: Person, callee: Person, calling: Softphone, called: Softphone, media: Media, folder: Path
) -> None:
    heard_by_caller, heard_by_callee = folder / "heard-by-caller.wav", folder / "heard-by-callee.wav"
    calling.say(f"record {heard_by_caller}")
    called.say(f"record {heard_by_callee}")
    calling.say(f"call sip:{callee.number}@{here.tenant.domain}")
    ok(calling.in_call() and called.in_call(), "the number was dialled and the call is up", calling.console)

    incoming = re.search(r'Receiving new incoming call from (".*") <sip:(\S+)@', called.console)
    ok(incoming and incoming[2] == caller.number, "the callee sees the caller's number", called.console)
    ok(incoming and _unquoted(incoming[1]) == caller.full_name, "and name, to the letter", called.console)
    asserted = f"P-Asserted-Identity: <sip:{caller.number}@{here.tenant.domain}>"
    ok(asserted in called.log, "which the SIP server vouches for")

    calling.say(f"play {sound.write_tone(folder / 'caller.wav', CALLER_SAYS)}")
    called.say(f"play {sound.write_tone(folder / 'callee.wav', CALLEE_SAYS)}")
    ok(calling.hears() and called.hears(), "media come in on both sides", calling.console)
    for phone in (calling, called):
        ok(media.negotiated in phone.log, f"encrypted: {media.negotiated}", phone.log[-3000:])
    ok(re.search(media.in_offer, called.log), f"as the INVITE demanded for {media.model}")
    if media is ZRTP:
        codes = [phone.authentication_string() for phone in (calling, called)]
        ok(codes[0] and codes[0] == codes[1], "both people are shown the same short code", codes)

    calling.say("terminate")
    ok(called.wait_for(lambda: "ended (No error)" in called.console, 30), "hanging up reaches the other side")
    calling.stop()
    called.stop()
    for recording, said in ((heard_by_callee, CALLER_SAYS), (heard_by_caller, CALLEE_SAYS)):
        heard = sound.share_of_tone(recording, said)
        ok(heard > 0.5, f"what was said ({said} Hz) is what was heard", heard)
        ok(sound.share_of_tone(recording, NOBODY_SAYS) < 0.01, "and nothing else")


def _disabled(here: Site, caller: Person, callee: Person, folder: Path) -> None:
    """Both phones are started again, with what they kept; then one account is disabled."""
    domain = here.tenant.domain
    with Softphone(folder / "callee", None) as calling:
        with Softphone(folder / "caller", None) as called:
            ok(calling.registered() and called.registered(), "started again, both register with what they kept")
            ok("/p/" not in called.saved(), "which is not where the file was")
            here.tenant.api.call("POST", f"/v1/accounts/{caller.account_id}/disable", expected=200)
            ok(
                wait_until(lambda: here.registrar.contact(caller.number, domain) is None),
                "disabled, its live registration ends with the SIP server's next question",
                here.registrar.log()[-3000:],
            )
            calling.say(f"call sip:{caller.number}@{domain}")
            ok(
                calling.wait_for(lambda: " error." in calling.console, PATIENCE),
                "it is not called",
                calling.console,
            )
            ok("SIP/2.0 404 " in calling.log, "its number is not found", _answers(calling))
        with Softphone(folder / "caller", None) as again:
            ok(again.refused(), "and its phone can no longer register", again.log[-3000:])
            ok("SIP/2.0 403 " in again.log, "it is forbidden", _answers(again))
        ok(calling.registered(), "the other one's phone is still registered", calling.log[-3000:])


def _answers(phone: Softphone) -> list[str]:
    """What the SIP server answered, in order."""
    return re.findall(r"SIP/2\.0 \d{3} .*", phone.log)


def _unquoted(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])
