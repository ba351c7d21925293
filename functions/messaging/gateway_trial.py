"""A test message through one gateway, sent at once: does it work, and if not, what does the provider say?"""

from typing import Annotated

import msgspec
from msgspec import Meta

from functions.accounts.numbers import country_of, mobile
from functions.common import audit, clock, ids, limits
from functions.common.caller import Caller
from functions.common.errors import Conflict, Invalid, TooMany
from functions.common.keyring import fingerprint
from functions.common.requests import Replayed, RequestMark
from functions.common.transaction import commit, new
from functions.common.types import Email, Id, Text
from functions.messaging import caps, countries, health, outbox
from functions.messaging.gateway_accounts import GATEWAYS
from functions.messaging.gateway_fields import Gateway
from functions.messaging.gateways import Channel, Outcome
from functions.messaging.kinds import TEST
from functions.messaging.lines import Broken, Line, Prepared, open_line
from functions.messaging.models import PREFIX, Message, message_key, shard
from functions.messaging.outbox import MessageKey
from functions.messaging.plan import PLAIN
from functions.messaging.settle import settle
from functions.messaging.state import LEASE, Attempt, State
from functions.messaging.trial_tenants import keeps
from functions.tenants import tenants

TEXT = "This is a test message."
SUBJECT = "Test message"


class TrialRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom: a number with international prefix for SMS, an address for e-mail."""

    to: Annotated[str, Meta(max_length=254)]
    text: Annotated[Text, Meta(min_length=1)] = TEXT


class TrialResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said. Whether it arrived is seen later at /v1/messages/{message_id}."""

    message_id: Id
    outcome: Outcome
    code: str | None
    words: str | None
    parts: int | None


class GatewayBroken(Conflict):
    code = "gateway_broken"


def test(caller: Caller, gateway_id: str, wanted: TrialRequest, mark: RequestMark) -> TrialResult:
    """Sends through the gateway and marks it `ready`, or `out`, by what its provider answers.

    Raises NotFound, Invalid, TooMany, GatewayBroken."""
    gateway = GATEWAYS.get(caller.tenant, gateway_id)
    to = _address(gateway, wanted.to)
    key = MessageKey(tenant=caller.tenant, account=TEST, message=mark.id("test", outbox.ID_LENGTH))
    try:
        mark.check()
        try:
            line = open_line(gateway)
        except Broken as broken:
            raise GatewayBroken(str(broken)) from None
        _permitted(caller.tenant, to)
        subject = SUBJECT if gateway.fields.channel is Channel.email else ""
        _send(caller, key, line, Prepared(to=to, text=wanted.text, subject=subject), mark)
    except Replayed:
        pass
    return _result(key)


def _send(caller: Caller, key: MessageKey, line: Line, prepared: Prepared, mark: RequestMark) -> None:
    message = _sending(key, line.gateway, prepared)
    receipt_url = line.receipt_url()
    entry = audit.entry(caller, "gateway.test", f"gateway/{line.gateway.id}", after={"message": key.id})
    commit([*mark.steps(), new(message), entry])
    answer = line.send(key.reference(1), prepared, receipt_url)
    settle(message, 1, answer)
    health.tested(line.gateway, answer)


def _sending(key: MessageKey, gateway: Gateway, prepared: Prepared) -> Message:
    """A message that is on the wire from its beginning; the sweep ends it, should its answer be lost."""
    now = clock.now()
    until = clock.epoch() + LEASE
    attempt = Attempt(
        number=1,
        gateway=gateway.id,
        gateway_tenant=gateway.tenant,
        kind=gateway.fields.kind,
        name=gateway.fields.name,
        started_at=now,
        counted_parts=prepared.parts,
    )
    return Message(
        pk=message_key(key.tenant, key.account),
        sk=PREFIX + key.message,
        tenant=key.tenant,
        account_id=key.account,
        kind=TEST,
        channel=gateway.fields.channel.value,
        cause=f"test|{gateway.id}",
        state=State.sending.value,
        attempts=(attempt,),
        plan=PLAIN,
        retries=0,
        wanted_at=now,
        not_before=clock.epoch(),
        owner=ids.new_id(),
        lease_until=until,
        due_shard=shard(key.message),
        due_at=until,
        version=1,
        created_at=now,
        changed_at=now,
    )


def _permitted(tenant: str, to: str) -> None:
    """Raises TooMany, and Invalid where no message of this tenant may go."""
    fields = tenants.find(tenant)
    if fields is not None:
        if keeps(fields, to):
            raise Invalid("The tenant is on trial: it sends to its guests alone.", field="to")
        if to.startswith("+") and (problem := countries.refused(fields, country_of(to))) is not None:
            raise Invalid(problem, field="to")
    wait = limits.take_today(caps.PER_ADDRESS, "tested-with", tenant, fingerprint(to))
    if wait is not None:
        raise TooMany(f"{caps.PER_ADDRESS} tests went to this address today.", retry_after=wait)


def _result(key: MessageKey) -> TrialResult:
    message = outbox.find(key)
    assert message is not None  # written with the mark
    attempt = message.attempts[0]
    return TrialResult(
        message_id=key.id,
        outcome=attempt.outcome or Outcome.unknown,
        code=attempt.code,
        words=attempt.words,
        parts=attempt.parts,
    )


def _address(gateway: Gateway, to: str) -> str:
    """Raises Invalid for `to`."""
    if gateway.fields.channel is Channel.sms:
        return mobile(to, "to")
    try:
        return msgspec.convert(to, Email)
    except msgspec.ValidationError:
        raise Invalid("This is not an e-mail address.", field="to") from None
