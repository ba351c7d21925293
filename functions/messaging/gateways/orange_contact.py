"""Orange Business "Contact Everyone", REST API v1.2: https://contact-everyone.orange-business.com/api/docs/guides

A message is a diffusion of one of the account's groups, to one number. There are no receipts: no document that we may
read says how to have them.
"""

import re
import time
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from functions.messaging import segments
from functions.messaging.gateways import Answer, Channel, Delivery, Health, Outcome, Outgoing, Receipt, Trouble
from functions.messaging.gateways._calls import left
from functions.messaging.gateways._orange_contact_account import (
    GROUP,
    Account,
    Refused,
    Stale,
    first_group,
    forget,
    groups,
    no_group,
    read_error,
    token,
)
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._types import BaseUrl

CHANNEL: Final = Channel.sms
RATE: Final = 5.0  # not published

# `code` of the first error: the only one that is known. Of the others the HTTP status tells enough.
OUTCOMES: Final[dict[str, Outcome]] = {
    "SmsTooLong": Outcome.rejected_recipient,
}

ENCODINGS: Final[dict[segments.Encoding, str]] = {
    segments.Encoding.gsm7: "GSM7",
    segments.Encoding.ucs2: "UCS2",
}

_END: Final = r"$(?!\n)"
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    username: Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,200}}{_END}", description="The API user's name")]
    group: (
        Annotated[str, Meta(pattern=rf"^{GROUP}{_END}", description="The group's id; without one the account's first")]
        | None
    ) = None
    sender: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[A-Za-z0-9 ]{{1,11}}{_END}",
                description="Up to 11 letters and digits; without one the account's own",
                examples=["ACME"],
            ),
        ]
        | None
    ) = None
    base_url: Annotated[BaseUrl, Meta(description="Where the API is")] = (
        "https://contact-everyone.orange-business.com/api/v1.2"
    )


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(pattern=rf"^[\x20-\x7e]{{1,200}}{_END}", description="The API user's password")]

    def __repr__(self) -> str:
        return "Secrets(...)"


class _Param(msgspec.Struct, rename="camel", omit_defaults=True):
    encoding: str
    body: str
    sender_name: str | None = None


class _Diffusion(msgspec.Struct, rename="camel"):
    name: str  # free text; shown in Orange's own pages
    msisdns: list[str]
    sms_param: _Param


class _Created(msgspec.Struct):
    id: str = ""


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once; a token or group that no longer holds is asked for anew, once: Orange has not taken
    the message then. Never raises for anything the provider or the network does."""
    since = time.monotonic()
    account = _account(settings, secrets)
    try:
        return _sent(message, settings, account, limits, since)
    except Stale:
        forget(account)
    except Refused as refused:
        return refused.answer
    try:
        return _sent(message, settings, account, limits, since)
    except (Stale, Refused) as refused:
        return refused.answer


def build_request(message: Outgoing, settings: Settings, group: str, bearer: str) -> Request:
    diffusion = _Diffusion(
        name=message.reference,
        msisdns=[message.to],
        sms_param=_Param(
            encoding=ENCODINGS[segments.count(message.text).encoding],
            body=message.text.encode("utf-8", errors="replace").decode("utf-8"),
            sender_name=message.sender or settings.sender,
        ),
    )
    return Request(
        method="POST",
        url=f"{_base(settings)}/groups/{group}/diffusion-requests",
        headers={
            "Authorization": f"Bearer {bearer}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=msgspec.json.encode(diffusion),
    )


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Orange said, without anything `sensitive`. Only 201 with an id is a success."""
    if response.status == 201:
        try:
            created = msgspec.json.decode(response.body, type=_Created)
        except (ValueError, RecursionError):
            created = _Created()
        if _ID.fullmatch(created.id):
            return Answer(outcome=Outcome.accepted, provider_ids=(created.id,), code="http-201")
    answer = read_error(response, sensitive)
    if 400 <= response.status < 500 and (answer.code or "") in OUTCOMES:
        outcome = OUTCOMES[answer.code or ""]
        return Answer(outcome=outcome, code=answer.code, words=answer.words)
    return answer


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:  # noqa: ARG001
    """Nothing: Orange is not asked to report."""
    return []


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether we can log in, and the group is there. Sends and costs nothing. Never raises."""
    since = time.monotonic()
    account = _account(settings, secrets)
    try:
        return _health(settings, account, limits, since)
    except Stale:
        forget(account)
    except Refused as refused:
        return _unwell(refused.answer)
    try:
        return _health(settings, account, limits, since)
    except (Stale, Refused) as refused:
        return _unwell(refused.answer)


def _sent(message: Outgoing, settings: Settings, account: Account, limits: Limits, since: float) -> Answer:
    """Raises Refused, and Stale when nothing was taken because what we keep of the account no longer holds."""
    bearer = token(account, left(limits, since))
    group = settings.group or first_group(account, bearer, left(limits, since))

    def read(response: Response) -> Answer:
        answer = read_answer(response, (bearer, *account.sensitive))
        if response.status == 401 or (response.status == 404 and settings.group is None):
            raise Stale(answer)
        return answer

    return ask(build_request(message, settings, group, bearer), read, left(limits, since))


def _health(settings: Settings, account: Account, limits: Limits, since: float) -> Health:
    """Raises Refused and Stale."""
    found = groups(account, token(account, left(limits, since)), left(limits, since))
    if not found:
        raise Refused(no_group("the account has no group"))
    if settings.group is not None and settings.group not in found:
        raise Refused(no_group("the account has no such group"))
    return Health(works=True)


def _unwell(answer: Answer) -> Health:
    if answer.outcome is not Outcome.rejected_config:
        return Health(works=None, code=answer.code, words=answer.words)
    return Health(works=False, trouble=answer.trouble or Trouble.other, code=answer.code, words=answer.words)


def _account(settings: Settings, secrets: Secrets) -> Account:
    return Account(base_url=_base(settings), username=settings.username, password=secrets.password)


def _base(settings: Settings) -> str:
    return settings.base_url.rstrip("/")
