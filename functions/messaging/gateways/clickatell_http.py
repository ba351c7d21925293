"""Clickatell's Communicator HTTP API, for accounts that have not moved to the One API.

https://github.com/arnoesterhuizen/clickatell-overview-http. It answers in lines of text, with HTTP 200 also to errors.
Its own ids are for parts and for itself: a message is known by an id that we give it, at most 32 letters and digits
derived from our reference, so that a report or a question finds it even when the answer to the sending was lost."""

import re
from decimal import Decimal
from functools import partial
from typing import Annotated, Final
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import msgspec
from msgspec import Meta

from functions.common import clock, ids
from functions.messaging.gateways import (
    Answer,
    Asked,
    Channel,
    Delivery,
    Health,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptRefused,
)
from functions.messaging.gateways import _clickatell_http_text as texts
from functions.messaging.gateways._calls import heard
from functions.messaging.gateways._clickatell_common import (
    BASE_URL,
    CALLBACK_USER,
    END,
    SECRET,
    SENDER,
    UNSURE,
    check_login,
    check_pair,
    funded,
    health_by,
    health_of,
    identifier,
    moment,
    named_parameter,
    without_answer,
)
from functions.messaging.gateways._clickatell_http_tables import (
    ERRORS,
    LIMIT_REACHED,
    PARAMETER_CODE,
    PARAMETERS,
    STATUSES,
)
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response, ask
from functions.messaging.gateways._words import words

CHANNEL: Final = Channel.sms
RATE: Final = 10.0  # not published

LONGEST_PAUSE: Final = 31 * 86_400  # seconds: a limit is of a day or of a month
_EVERYTHING: Final = "7"  # `callback`: intermediate, final and error statuses
_CHARGE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user: Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,100}}{END}", description="The account's user name")]
    api_id: Annotated[str, Meta(pattern=rf"^[0-9]{{1,20}}{END}", description="Of the HTTP API, as Clickatell shows it")]
    sender: (
        Annotated[
            str,
            Meta(
                pattern=SENDER,
                description="A number or name registered there; without it Clickatell chooses",
                examples=["12025550123"],
            ),
        ]
        | None
    ) = None
    plain_text: Annotated[
        texts.Plain,
        Meta(description="What is sent as plain text; all other characters go as Unicode, with 70 to a part"),
    ] = texts.Plain.ascii
    base_url: Annotated[
        str, Meta(max_length=200, pattern=BASE_URL, description="Where the API is; a relay's address")
    ] = "https://api.clickatell.com"


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(pattern=SECRET, description="The API's password")]
    callback_user: (
        Annotated[str, Meta(pattern=CALLBACK_USER, description="As set there: reports without it are refused")] | None
    ) = None
    callback_password: Annotated[str, Meta(pattern=SECRET)] | None = None

    def __post_init__(self) -> None:
        check_pair(self.callback_user, self.callback_password)

    def __repr__(self) -> str:
        return "Secrets(...)"


def client_id(reference: str) -> str:
    """What Clickatell is told as `cliMsgId`: it may have 32 letters and digits, our reference has more."""
    return ids.derived_id("clickatell", reference, length=32)


def send(message: Outgoing, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Answer:
    """Send one SMS, at most once. Never raises for anything the provider or the network does."""
    sensitive = (*_sensitive(secrets), message.to.removeprefix("+"))  # lines may repeat the number
    answer = ask(build_request(message, settings, secrets), partial(read_answer, sensitive=sensitive), limits)
    if answer.outcome in (Outcome.accepted, Outcome.unknown):  # reports of it may come
        return msgspec.structs.replace(answer, provider_ids=(client_id(message.reference),))
    return answer


def build_request(message: Outgoing, settings: Settings, secrets: Secrets) -> Request:
    text = texts.on_the_wire(message.text, settings.plain_text)
    fields = {
        "to": message.to.removeprefix("+"),
        "text": text.content,
        "concat": str(text.parts),
        "cliMsgId": client_id(message.reference),
        "callback": _EVERYTHING,
    }
    if text.unicode:
        fields["unicode"] = "1"
    if sender := message.sender or settings.sender:
        fields["from"] = sender.removeprefix("+")
    return _request("sendmsg", fields, settings, secrets)


def read_answer(response: Response, sensitive: tuple[str, ...] = ()) -> Answer:
    """What Clickatell said, without anything `sensitive`. Its lines decide; only without them the HTTP status does."""
    lines = texts.lines(response.body)
    for line in lines:
        if texts.accepted(line) is not None:
            return Answer(outcome=Outcome.accepted, words=words(line, sensitive))
    for line in lines:
        if (refusal := texts.refusal(line)) is not None:
            return _refused(refusal, sensitive)
    return without_answer(response)


def read_receipts(delivery: Delivery, settings: Settings, secrets: Secrets) -> list[Receipt]:
    """What the report changes; empty when nothing.

    Raises ReceiptRefused for a body that is no form, for another API's report, and, when a login is set for callbacks,
    without that login."""
    check_login(delivery, secrets.callback_user, secrets.callback_password)
    fields = _fields(delivery)
    if fields.get("api_id") != settings.api_id:
        raise ReceiptRefused("another API's, or nobody's")
    known, ours = STATUSES.get(fields.get("status", "")), identifier(fields.get("climsgid"))
    if known is None or known.means is None or ours is None:
        return []
    charge = fields.get("charge", "")
    charged = _CHARGE.fullmatch(charge) is not None
    return [
        Receipt(
            reference=None,
            provider_id=ours,
            status=known.means,
            code=fields["status"],
            words=known.why,
            at=moment(fields.get("timestamp")),
            price=charge if charged else None,
            currency="credits" if charged else None,
        )
    ]


def poll(asked: Asked, settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> list[Receipt]:
    """What became of a message, by the id that we gave it. Never raises."""
    ours = client_id(asked.reference)
    response = heard(_request("querymsg", {"cliMsgId": ours}, settings, secrets), limits)
    if not isinstance(response, Response):
        return []
    for line in texts.lines(response.body):
        known = STATUSES.get(code := texts.status(line) or "")
        if known is not None and known.means is not None:
            receipt = Receipt(
                reference=asked.reference, provider_id=ours, status=known.means, code=code, words=known.why
            )
            return [receipt]
    return []


def probe(settings: Settings, secrets: Secrets, limits: Limits = LIMITS) -> Health:
    """Whether the account is in order and has credit, by its balance. Never raises."""
    request = _request("getbalance", {}, settings, secrets)
    return health_of(request, limits, partial(_health, sensitive=_sensitive(secrets)))


def _health(response: Response, sensitive: tuple[str, ...]) -> Health:
    for line in texts.lines(response.body):
        if (credit := texts.credit(line)) is not None:
            return funded(Decimal(credit), "credits") or health_by(without_answer(response))
    answer = read_answer(response, sensitive)
    # An id is no balance.
    return health_by(without_answer(response) if answer.outcome is Outcome.accepted else answer)


def _request(command: str, fields: dict[str, str], settings: Settings, secrets: Secrets) -> Request:
    """With the login each time: a session would have to be kept, and renewed."""
    login = {"user": settings.user, "password": secrets.password, "api_id": settings.api_id}
    body = urlencode(login | fields, encoding=settings.plain_text.value, errors="replace")
    return Request(
        method="POST",
        url=f"{settings.base_url.rstrip('/')}/http/{command}",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"},
        body=body.encode("ascii"),
    )


def _sensitive(secrets: Secrets) -> tuple[str, ...]:
    return (secrets.password, quote_plus(secrets.password), quote(secrets.password))


OPTED_OUT: Final = "122"


def _refused(refusal: texts.Refusal, sensitive: tuple[str, ...]) -> Answer:
    named = named_parameter(refusal.said, PARAMETERS) if refusal.code == PARAMETER_CODE else None
    verdict = named or ERRORS.get(refusal.code, UNSURE)
    limited = refusal.code == LIMIT_REACHED
    return Answer(
        outcome=verdict.outcome,
        trouble=verdict.trouble,
        code=refusal.code,
        words=words(refusal.said, sensitive),
        suppress=refusal.code == OPTED_OUT,
        throttled=limited,
        retry_after=_until(refusal.said) if limited else None,
    )


def _until(said: str) -> int | None:
    """Seconds until the Unix time that ends "Maximum MT limit exceeded until 1795305600"."""
    found = re.search(r"\buntil\W*([0-9]{9,11})\b", said, re.IGNORECASE)
    return min(max(int(found.group(1)) - clock.epoch(), 0), LONGEST_PAUSE) if found else None


def _fields(delivery: Delivery) -> dict[str, str]:
    """The report's parameters, their names in lower case: sources disagree on theirs."""
    if delivery.method == "GET":
        return {name.lower(): value for name, value in delivery.query.items()}
    try:
        form = parse_qsl(delivery.body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as problem:
        raise ReceiptRefused("the body is no form") from problem
    return {name.lower(): value for name, value in form}
