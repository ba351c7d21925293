"""The page of the link. It discloses nothing of the account, and nothing happens unless a person presses."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from functions.activation.screens import scripts
from functions.activation.screens.intents import android_intent
from functions.activation.screens.shell import (
    House,
    button,
    claim_field,
    code_field,
    copyable,
    described,
    form,
    install,
    name,
    paragraph,
    submit,
    whole,
    wrong,
)
from functions.activation.words import Words
from functions.common import agents
from functions.common.http import Answer
from functions.common.page import escape, qr_svg

Problem = Literal["wrong_code", "code_over", "too_many_codes"]
Way = Literal["sms", "email", "operator"]

_DIGITS: Final = 'maxlength="12" inputmode="numeric" autocomplete="one-time-code"'
_PROBLEM: Final[dict[Problem, Callable[[Words], str]]] = {
    "wrong_code": lambda said: said.wrong_code,
    "code_over": lambda said: said.code_over,
    "too_many_codes": lambda said: said.too_many_codes,
}
_HERE: Final = '<input type="hidden" name="here" value="1">'


class Offer(NamedTuple):
    """A link that can be taken.

    code: `none`, a tap is enough; `here`, it is enough on a phone, and on a computer a code is needed as well;
    `needed`, a code is needed everywhere."""

    path: str  # /a/{token}: forms are sent there, and to /code and /not-me below it
    claim_id: str
    agent: agents.Kind
    platform: agents.Platform | None
    says_mac: bool  # it may be an iPad
    page_url: str  # this page's whole address
    install_url: str | None
    code: Literal["none", "needed", "here"]
    code_by: Way
    code_sent: bool
    problem: Problem | None
    here: bool = True  # the client exists for computers
    form_action: tuple[str, ...] = ("'self'",)


def offer(house: House, offered: Offer) -> Answer:
    said = house.words
    intro = paragraph(said.intro, tenant=name(house.tenant)) if house.tenant else paragraph(said.intro_unknown)
    not_me = f'<p class="aside"><a href="{escape(offered.path)}/not-me">{escape(said.not_me)}</a></p>'
    match offered.agent:
        case "preview":
            body, script = "", ""
        case "in_app":
            body, script = _way_out(said, offered) + not_me, scripts.page(scripts.OPENED, scripts.SEEN, scripts.COPY)
        case "phone" | "tablet":
            label = said.tap_phone if offered.agent == "phone" else said.tap_device
            body = _tap(said, offered, label) + not_me
            script = scripts.page(scripts.OPENED, scripts.SEEN, scripts.PRESS)
        case "desktop":
            body, script = _computer(said, offered) + not_me, scripts.page(scripts.PRESS)
            if offered.says_mac:
                script = scripts.page(scripts.OPENED, scripts.TABLET, scripts.PRESS)
    status = 400 if offered.problem else 200
    return whole(house, said.title, intro + body, status=status, form_action=offered.form_action, script=script)


def _tap(said: Words, offered: Offer, label: str) -> str:
    if offered.code == "needed":
        pressed = _coded(said, offered, "tap", label)
    else:
        pressed = form(offered.path, claim_field(offered.claim_id), submit(label), busy=said.busy)
    return pressed + install(said, offered.install_url)


def _computer(said: Words, offered: Offer) -> str:
    """On a computer: the same address for a phone's camera, and a way in for those whose client is here.

    An iPad that says it is a Mac has its button hidden in `#tap`, or takes the computer's way in, where that asks for
    the same; its script arranges both."""
    scan = f'<div id="elsewhere">{paragraph(said.scan)}{qr_svg(offered.page_url, said.qr)}</div>'
    same = offered.here and offered.code == "needed"
    tap = f'<div id="tap" hidden>{_tap(said, offered, said.tap_device)}</div>' if offered.says_mac and not same else ""
    return tap + scan + (_here(said, offered) if offered.here else "")


def _here(said: Words, offered: Offer) -> str:
    """Needs a code, unless the link itself was reached by one."""
    label = said.tap_device if offered.says_mac else said.tap_computer
    if offered.code == "none":
        way_in = form(offered.path, claim_field(offered.claim_id), _HERE, submit(label), busy=said.busy)
    else:
        way_in = _coded(said, offered, "here", label)
    opened = " open" if offered.problem or offered.code_sent else ""
    inside = way_in + install(said, offered.install_url)
    return f"<details{opened}><summary>{escape(said.here)}</summary>{inside}</details>"


def _coded(said: Words, offered: Offer, place: Literal["tap", "here"], label: str) -> str:
    """A code is asked for, and typed. Whichever of both comes next has the full button, the other the quiet one."""
    by, problem, claim = offered.code_by, offered.problem, claim_field(offered.claim_id)
    asks_first = by != "operator" and (problem == "code_over" or (problem is None and not offered.code_sent))
    marks = described(place) if problem is not None else ""
    focus = " autofocus" if offered.code_sent and not asks_first else ""
    field = code_field(place, said.code_label, f"{_DIGITS}{marks}{focus}")
    here = _HERE if place == "here" else ""
    typed = form(offered.path, claim, here, field, submit(label, quiet=asks_first), busy=said.busy)
    asked = ""
    if by != "operator" and problem != "too_many_codes":
        first = said.send_code_sms if by == "sms" else said.send_code_email
        wanted = first if asks_first and problem is None else said.send_code_again
        asked = form(f"{offered.path}/code", claim, here, submit(wanted, quiet=not asks_first))
    if problem is not None:
        explained = wrong(place, _PROBLEM[problem](said))
    else:
        explained = f'<p role="status">{escape(_explained(said, by, sent=offered.code_sent))}</p>'
    return explained + (asked + typed if asks_first else typed + asked)


def _explained(said: Words, by: Way, *, sent: bool) -> str:
    match by:
        case "sms":
            return said.code_sent_sms if sent else said.code_needed_sms
        case "email":
            return said.code_sent_email if sent else said.code_needed_email
    return said.code_needed_operator


def _way_out(said: Words, offered: Offer) -> str:
    """Out of another app's browser. On Android an intent opens the real one; on iOS only its owner can."""
    way = paragraph(said.in_app_ios)
    if offered.platform == "android":
        way = button(android_intent(offered.page_url, offered.page_url), said.in_app_android)
    address = copyable("address", offered.page_url, said)
    return f'{paragraph(said.in_app, "warning")}{way}{paragraph(said.address)}<div class="box">{address}</div>'
