"""The account behind Orange's Contact Everyone API v1.2: its token, and its groups, of which every message needs one.

Both are kept in the process for as long as they hold."""

import re
from typing import Final, NoReturn
from urllib.parse import quote_plus, urlencode

import msgspec

from functions.messaging.gateways import Answer, Outcome, Trouble, _tokens
from functions.messaging.gateways._calls import heard
from functions.messaging.gateways._orange_contact_http import by_status
from functions.messaging.gateways._transport import Limits, Request, Response
from functions.messaging.gateways._words import words

GROUP: Final = r"[A-Za-z0-9-]{1,64}"  # it stands in paths

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8000}")  # it stands in headers

_first_groups: dict[tuple[str, str], str] = {}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    base_url: str  # without a slash at the end
    username: str
    password: str

    def __repr__(self) -> str:
        return "Account(...)"

    @property
    def made_of(self) -> tuple[str, ...]:
        return ("orange_contact", self.base_url, self.username, self.password)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The password in every form in which it travels."""
        return (self.password, quote_plus(self.password))


class Refused(Exception):
    """There is no token, or no group. The answer says what this means for a message, which was not sent."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


class Stale(Exception):
    """What was kept of the account no longer holds; nothing was taken. `answer` is what it comes to if that remains."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


class _Granted(msgspec.Struct):
    access_token: str
    ttl: float = 0.0  # seconds


class _Group(msgspec.Struct):
    id: str | None = None


class _Error(msgspec.Struct):
    code: str | int | None = None
    message: str | None = None


def token(account: Account, limits: Limits) -> str:
    """A bearer token. Raises Refused."""
    return _tokens.token(account.made_of, lambda: _fetched_token(account, limits))


def groups(account: Account, bearer: str, limits: Limits) -> list[str]:
    """The ids of the account's groups, as Orange orders them. Raises Refused and Stale."""
    response = heard(
        Request(
            method="GET",
            url=f"{account.base_url}/groups",
            headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"},
        ),
        limits,
    )
    sensitive = (bearer, *account.sensitive)
    if not isinstance(response, Answer) and response.status == 401:
        raise Stale(read_error(response, sensitive))
    if isinstance(response, Answer) or response.status != 200:
        _refuse(response, sensitive)
    try:
        found = msgspec.json.decode(response.body, type=list[_Group])
    except (ValueError, RecursionError):
        raise Refused(_not_now("the list of groups cannot be read")) from None
    return [group.id for group in found if group.id and re.fullmatch(GROUP, group.id)]


def first_group(account: Account, bearer: str, limits: Limits) -> str:
    """The group for a gateway that names none. Raises Refused and Stale."""
    key = (account.base_url, account.username)
    if key not in _first_groups:
        found = groups(account, bearer, limits)
        if not found:
            raise Refused(no_group("the account has no group"))
        _first_groups[key] = found[0]
    return _first_groups[key]


def forget(account: Account) -> None:
    """Ask anew for everything."""
    _tokens.forget(account.made_of)
    _first_groups.pop((account.base_url, account.username), None)


def read_error(response: Response, sensitive: tuple[str, ...]) -> Answer:
    """An answer that is no success. Its body is a list of errors, of which the first is told."""
    try:
        errors = msgspec.json.decode(response.body, type=list[_Error] | _Error)
    except (ValueError, RecursionError):
        errors = []
    error = errors if isinstance(errors, _Error) else next(iter(errors), _Error())
    code = "" if error.code is None else str(error.code)
    return by_status(response, words(code[:40], sensitive), words(error.message or "", sensitive))


def no_group(said: str) -> Answer:
    return Answer(outcome=Outcome.rejected_config, code="no-group", words=said, trouble=Trouble.other)


def _fetched_token(account: Account, limits: Limits) -> _tokens.Token:
    response = heard(
        Request(
            method="POST",
            url=f"{account.base_url}/oauth/token",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode({"username": account.username, "password": account.password}).encode("ascii"),
        ),
        limits,
    )
    if isinstance(response, Answer) or response.status != 200:
        _refuse(response, account.sensitive)
    try:
        granted = msgspec.json.decode(response.body, type=_Granted)
    except (ValueError, RecursionError):
        raise Refused(_not_now("the login's answer cannot be read")) from None
    if not _TOKEN.fullmatch(granted.access_token):
        raise Refused(_not_now("the login's answer has no token"))
    return _tokens.Token(granted.access_token, granted.ttl)


def _refuse(response: Response | Answer, sensitive: tuple[str, ...]) -> NoReturn:
    """Whatever became of a login, the message itself was not sent."""
    answer = response if isinstance(response, Answer) else read_error(response, sensitive)
    if answer.outcome is Outcome.rejected_recipient:  # a login has no recipient
        answer = msgspec.structs.replace(answer, outcome=Outcome.rejected_config, trouble=Trouble.credentials)
    elif answer.outcome is Outcome.unknown:
        answer = msgspec.structs.replace(answer, outcome=Outcome.not_sent_transient)
    raise Refused(answer)


def _not_now(said: str) -> Answer:
    return Answer(outcome=Outcome.not_sent_transient, words=said)
