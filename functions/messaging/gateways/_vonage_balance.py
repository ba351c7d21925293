"""What a Vonage account has left: https://developer.vonage.com/en/api/account#getAccountBalance"""

import base64
import re
from decimal import Decimal
from typing import Final

import msgspec

from functions.common import settings as environment
from functions.messaging.gateways import Health, Trouble
from functions.messaging.gateways._transport import Limits, NeverLeft, NoAnswer, Request, Response, exchange
from functions.messaging.gateways._words import words

_VALUE: Final = re.compile(r'"?(-?[0-9]{1,12}(?:\.[0-9]{1,12})?)"?')  # a number; text is let pass


class _Balance(msgspec.Struct):
    value: msgspec.Raw = msgspec.Raw()


def basic_login(api_key: str, api_secret: str) -> str:
    """What follows `Basic ` in an Authorization header."""
    return base64.b64encode(f"{api_key}:{api_secret}".encode()).decode("ascii")


def balance(base_url: str, login: str, currency: str, limits: Limits) -> Health:
    """Whether the account may be used, and its credit in `currency`, which the answer does not name. Never raises."""
    if base_url.startswith("http://") and not environment.http_allowed():
        said = "the provider's address is not https"
        return Health(works=False, trouble=Trouble.other, code="plain-http", words=said)
    request = Request(
        method="GET",
        url=f"{base_url.rstrip('/')}/account/get-balance",
        headers={"Authorization": f"Basic {login}", "Accept": "application/json"},
    )
    try:
        return read_balance(exchange(request, limits), currency)
    except (NeverLeft, NoAnswer) as reason:
        return Health(works=None, words=words(str(reason)))


def read_balance(response: Response, currency: str) -> Health:
    """What the answer says. An error other than of our login says nothing of the account."""
    if response.status in (401, 403):
        said = "Vonage does not take this API key with this secret"
        return Health(works=False, trouble=Trouble.credentials, code=f"http-{response.status}", words=said)
    value = _value(response.body) if response.status == 200 else None
    if value is None:
        said = f"HTTP {response.status} without a balance in it"
        return Health(works=None, code=f"http-{response.status}", words=said)
    if Decimal(value) <= 0:
        return Health(works=False, trouble=Trouble.credit, words="no credit left", credit=value, unit=currency)
    return Health(works=True, credit=value, unit=currency)


def _value(body: bytes) -> str | None:
    """As it is written, so that no binary fraction shows."""
    try:
        raw = bytes(msgspec.json.decode(body, type=_Balance).value).decode("ascii")
    except (ValueError, RecursionError):
        return None
    match = _VALUE.fullmatch(raw)
    return match[1] if match else None
