"""The ways into an SMTP server: with a password, or with an access token (XOAUTH2)."""

import base64
import hmac
import smtplib
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from functions.messaging.gateways._smtp_replies import OTHER, NotPossible, ReplyRefused, Stage


class Login(StrEnum):
    none = "none"
    password = "password"  # noqa: S105 - the name of a way, and no password
    xoauth2 = "xoauth2"


class Key(NamedTuple):
    """Who we are, and what proves it."""

    login: Login  # password or xoauth2
    username: str
    secret: str  # the password or the access token

    def __repr__(self) -> str:
        return "Key(...)"

    @property
    def travelling(self) -> tuple[str, ...]:
        """The secret in every form in which the server gets it."""
        return (self.secret, *(_base64(form) for form in (self.secret, _plain(self), _xoauth2(self))))


class Mechanism(NamedTuple):
    """What is said with AUTH itself (None: nothing), and in answer to a challenge, the number of which comes last."""

    name: str
    first: Callable[[Key], str | None]
    then: Callable[[Key, bytes, int], str]


NOT_IN_THIS_WAY: Final = frozenset({500, 502, 504})  # the server offers a mechanism that it does not know
GOOD: Final = frozenset({235, 503})  # 503: we are in already
MOST_CHALLENGES: Final = 3


def log_in(client: smtplib.SMTP, key: Key) -> None:
    """Raises ReplyRefused when the server refuses the key, NotPossible when it offers no way that we know, and what
    smtplib raises for a connection that is lost.

    Not smtplib's own: that tries a refused password again with the next mechanism, and knows no tokens."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    ways = [mechanism for mechanism in _WAYS[key.login] if mechanism.name in offered]
    code, said = 504, b""
    for mechanism in ways:
        code, said = _attempt(client, mechanism, key)
        if code in GOOD:
            return
        if code not in NOT_IN_THIS_WAY:
            break
    if not ways or code == 334:
        raise NotPossible(OTHER, f"the server offers no log-in by {_BY[key.login]} that we know")
    raise ReplyRefused(Stage.login, code, said)


def _attempt(client: smtplib.SMTP, mechanism: Mechanism, key: Key) -> tuple[int, bytes]:
    first = mechanism.first(key)
    code, said = client.docmd("AUTH", mechanism.name if first is None else f"{mechanism.name} {_base64(first)}")
    reason = b""
    for number in range(1, MOST_CHALLENGES + 1):
        if code != 334:
            break
        challenge = _decoded(said)
        if key.login is Login.xoauth2:  # it is JSON, and says more than the 535 that follows
            reason = b" " + challenge
        code, said = client.docmd(_base64(mechanism.then(key, challenge, number)))
    return code, said + reason


def _plain(key: Key) -> str:
    return f"\0{key.username}\0{key.secret}"


def _xoauth2(key: Key) -> str:
    return f"user={key.username}\x01auth=Bearer {key.secret}\x01\x01"


def _nothing(key: Key) -> None:  # noqa: ARG001
    return None


def _plain_again(key: Key, challenge: bytes, number: int) -> str:  # noqa: ARG001
    return _plain(key)


def _as_asked(key: Key, challenge: bytes, number: int) -> str:  # noqa: ARG001
    """LOGIN asks for the user name first, then for the password; in which words does not matter."""
    return key.username if number == 1 else key.secret


def _cram_md5(key: Key, challenge: bytes, number: int) -> str:  # noqa: ARG001
    return f"{key.username} {hmac.new(key.secret.encode(), challenge, 'md5').hexdigest()}"


def _empty(key: Key, challenge: bytes, number: int) -> str:  # noqa: ARG001
    """XOAUTH2's challenge is the reason of a refusal, which follows on an empty answer.

    https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
    return ""


# In the order in which they are tried. All of them are used inside TLS alone.
_WAYS: Final[dict[Login, tuple[Mechanism, ...]]] = {
    Login.none: (),
    Login.password: (
        Mechanism("PLAIN", _plain, _plain_again),
        Mechanism("LOGIN", _nothing, _as_asked),
        Mechanism("CRAM-MD5", _nothing, _cram_md5),
    ),
    Login.xoauth2: (Mechanism("XOAUTH2", _xoauth2, _empty),),
}
_BY: Final[dict[Login, str]] = {Login.none: "nothing", Login.password: "password", Login.xoauth2: "access token"}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _decoded(challenge: bytes) -> bytes:
    """Empty when it is no base64; then the answer is as wrong as the challenge, and refused."""
    try:
        return base64.b64decode(challenge)
    except ValueError:
        return b""
