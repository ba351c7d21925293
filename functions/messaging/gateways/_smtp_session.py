"""A whole conversation with a mail server, from the access token (where one is needed) to the last reply."""

import smtplib
import time
from collections.abc import Callable
from typing import NamedTuple

from functions.messaging.gateways import Answer, Health, Outcome
from functions.messaging.gateways import _xoauth2 as xoauth2
from functions.messaging.gateways._smtp_dialogue import Dialogue, Server
from functions.messaging.gateways._smtp_login import Key, Login
from functions.messaging.gateways._smtp_replies import (
    CREDENTIALS,
    Meaning,
    NotPossible,
    ReplyRefused,
    Stage,
    read_failure,
    read_reply,
)
from functions.messaging.gateways._transport import Limits, hurry
from functions.messaging.gateways._words import words
from functions.messaging.gateways._xoauth2 import Grant, NoToken

TOKEN_REFUSED = 535  # Google's 5.7.8, Microsoft's 5.7.3; also for a token that has ended


class Entry(NamedTuple):
    """A mail server and our way into it."""

    server: Server
    login: Login
    username: str | None = None
    password: str | None = None
    grant: Grant | None = None

    def __repr__(self) -> str:
        return "Entry(...)"


class _TokenEnded(Exception):
    """A token from earlier is no longer taken; `answer` says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


def converse(entry: Entry, talk: Callable[[Dialogue], str], limits: Limits) -> Answer:
    """`accepted` with the words that `talk` returned, or what it means that it did not come to that. Never raises.

    A token from earlier that is refused is renewed once: nothing of the mail has left us by then. `limits.total` holds
    for all of it."""
    until = time.monotonic() + limits.total
    try:
        return _converse(entry, talk, limits, until)
    except _TokenEnded as first:
        if entry.grant is not None:
            xoauth2.forget(entry.grant)
        if time.monotonic() >= until:
            return first.answer
    try:
        return _converse(entry, talk, limits, until)
    except _TokenEnded as second:  # another thread's, and refused as well
        return second.answer


def health(answer: Answer) -> Health:
    """What the answer to `Dialogue.look_in` says of our account there."""
    works = {Outcome.accepted: True, Outcome.rejected_config: False}.get(answer.outcome)
    return Health(works=works, trouble=answer.trouble, code=answer.code, words=answer.words)


def _converse(entry: Entry, talk: Callable[[Dialogue], str], limits: Limits, until: float) -> Answer:
    try:
        key, kept = _key(entry, _left(limits, until))
    except NoToken as refusal:
        return refusal.answer
    except NotPossible as problem:
        return _not_possible(problem.meaning, problem)
    sensitive = (*(key.travelling if key else ()), *(entry.grant.travelling if entry.grant else ()))
    left = _left(limits, until)
    dialogue = Dialogue(entry.server, key, left)
    try:
        with hurry(lambda: dialogue.wire, left.total):
            said = talk(dialogue)
        return Answer(outcome=Outcome.accepted, words=words(said, sensitive))
    except ReplyRefused as reply:
        answer = read_reply(reply.stage, reply.code, reply.said, sensitive)
        if kept and reply.stage is Stage.login and reply.code == TOKEN_REFUSED:
            raise _TokenEnded(answer) from None
        return answer
    except NotPossible as problem:
        return _not_possible(problem.meaning, problem)
    except (OSError, smtplib.SMTPException) as problem:
        return read_failure(dialogue.stage, problem)
    finally:
        dialogue.end()


def _key(entry: Entry, limits: Limits) -> tuple[Key | None, bool]:
    """What opens the server, and whether it is a token from earlier. Raises NoToken and NotPossible."""
    match entry.login:
        case Login.none:
            return None, False
        case Login.password:
            if entry.username is None or entry.password is None:
                raise NotPossible(CREDENTIALS, "a user name without a password")
            return Key(entry.login, entry.username, entry.password), False
        case Login.xoauth2:
            if entry.username is None or entry.grant is None:
                raise NotPossible(CREDENTIALS, "neither a refresh token nor a client secret")
            token, kept = xoauth2.access(entry.grant, limits)
            return Key(entry.login, entry.username, token), kept


def _left(limits: Limits, until: float) -> Limits:
    """The limits for what is still to do."""
    left = max(until - time.monotonic(), 0.05)  # 0 would be no limit to a socket, but no wait at all
    return Limits(min(limits.connect, left), min(limits.read, left), left)


def _not_possible(meaning: Meaning, problem: NotPossible) -> Answer:
    return Answer(outcome=meaning.outcome, trouble=meaning.trouble, words=words(str(problem)))
