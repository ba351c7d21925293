"""The page behind a notice's "this was not me": who did not activate a phone stops it.

GET and HEAD change nothing. The button asks for the last digits of the person's own number, which whatever opens links
and presses buttons on its own does not know. Right ones disable the account, so that neither the phone nor anything
still on its way works, until an operator has spoken with the person."""

import hmac
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from functions.accounts import attention, standing
from functions.accounts.people import Account, device, find
from functions.activation import around, links, notme_link, screens
from functions.activation.guessing import unknown
from functions.activation.links import Link
from functions.activation.notme_words import Words, words
from functions.activation.screens import NEUTRAL, House, shell
from functions.common import limits
from functions.common.caller import Caller
from functions.common.errors import Gone, NotFound, Problem, TooMany
from functions.common.http import Answer, Call, operation
from functions.common.page import escape

DIGITS: Final = 4  # of the person's number, at its end
TRIES: Final = 5  # within an hour
FORM: Final = "application/x-www-form-urlencoded"
HTML: Final = "text/html"
ANY: Final = str  # tokens are looked up, not parsed: an odd one is unknown like any other


class WrongDigits(Problem):
    status, code = 400, "wrong_digits"
    message = "These are not the last digits of the number."


class _Met(NamedTuple):
    """Whom a token leads to, and how to speak to them."""

    link: Link
    account: Account
    house: House
    words: Words


@operation(
    "The page on which a person says that it was not them who activated a phone",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=HTML,
    path={"token": ANY},
)
def blocking_page(call: Call[None, None]) -> Answer:
    return _people(call, lambda met: _asking(call, met))


@operation(
    "Whether that page is there",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces=HTML,
    path={"token": ANY},
)
def blocking_head(call: Call[None, None]) -> Answer:
    return _people(call, lambda met: _asking(call, met))


@operation(
    "It was not me: with the last digits of the person's number the account is disabled",
    answers={200: None},
    problems=(WrongDigits, NotFound, Gone, TooMany),
    content_type=FORM,
    produces=HTML,
    path={"token": ANY},
)
def block(call: Call[None, None]) -> Answer:
    return _people(call, lambda met: _pressed(call, met))


def _people(call: Call[Any, Any], answer: Callable[[_Met], Answer]) -> Answer:
    """An answer for people, also where there is none."""
    found = notme_link.find(call.path["token"])
    if found is None:
        problem = unknown(call.address)
        why: screens.Why = "wait" if isinstance(problem, TooMany) else "unknown"
        return screens.ended(NEUTRAL, why, ask_path=None, retry_after=problem.retry_after)
    link = links.find(found.tenant, found.account_id, found.link_id)
    account = find(found.tenant, found.account_id)
    if link is None or account is None:
        return shell.whole(NEUTRAL, words(NEUTRAL.language)[1].gone, "", status=410)
    house = around.house(link, account)
    return answer(_Met(link, account, house, words(house.language)[1]))


def _asking(call: Call[Any, Any], met: _Met, *, wrong: bool = False) -> Answer:
    said, digits = met.words, _last_digits(met.account)
    marks = f'inputmode="numeric" autocomplete="off" maxlength="8"{shell.described("digits") if wrong else ""}'
    body = (
        shell.paragraph(said.intro, tenant=shell.name(met.house.tenant))
        + (shell.wrong("digits", said.wrong) if wrong else "")
        + shell.form(
            f"/n/{call.path['token']}",
            shell.code_field("digits", said.digits.format(count=len(digits)), marks),
            shell.submit(said.button),
        )
        + shell.paragraph(said.was_me, "note")
    )
    return shell.whole(met.house, said.title, body, status=400 if wrong else 200)


def _pressed(call: Call[Any, Any], met: _Met) -> Answer:
    said, house = met.words, met.house
    typed, right = _typed(call), _last_digits(met.account)
    if len(typed) != len(right):  # nothing was guessed
        return _asking(call, met, wrong=True)
    wait = limits.take(TRIES, 3600, "not me", met.link.tenant, met.link.id)
    if wait is not None:
        return shell.whole(house, said.wait, "", status=429, headers={"Retry-After": str(wait)})
    if not hmac.compare_digest(typed, right):
        return _asking(call, met, wrong=True)
    try:
        _stop(call, met)
    except Problem as problem:
        return shell.whole(house, said.again, "", status=problem.status)
    return shell.whole(house, said.done_title, f"<p>{escape(said.done)}</p>")


def _stop(call: Call[Any, Any], met: _Met) -> None:
    """What that link gave out works no more, and an operator sees why. A phone that came after it is let alone."""
    account, link = met.account, met.link
    slot = device(account, int(link.slot))
    if slot is not None and slot.epoch == link.epoch and slot.ha1_md5 is not None:
        system = Caller(tenant=account.tenant, operator="system", name="not me", role="system", address=call.address)
        standing.disable(system, account.id)
    attention.note(account.tenant, account.id, "not_me", link=link.id)


def _typed(call: Call[Any, Any]) -> str:
    """The digits that came, without what people write between them."""
    try:
        fields = parse_qs(call.raw.decode("ascii"), max_num_fields=10)
    except ValueError:
        return ""
    return "".join(each for each in fields.get("code", [""])[0] if each in "0123456789")


def _last_digits(account: Account) -> str:
    return account.number.removeprefix("+")[-DIGITS:]
