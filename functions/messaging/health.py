"""Which gateways work: out at once when a provider refuses our account, or when too much fails; back by a probe.

The record of a gateway is what people set; this is what happened to it, in an item of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from pynamodb.expressions.update import Action

from functions.common import clock
from functions.common.errors import Changed
from functions.common.observability import count, logger
from functions.common.records import forget as forgotten
from functions.common.records import remembering
from functions.common.table import key, read, update
from functions.messaging.gateway_fields import Gateway, GatewayState
from functions.messaging.gateways import Answer, Health, Outcome, Trouble
from functions.messaging.models import GatewayHealth

SHARD: Final = "gateways"  # of the index, for what is to be probed
LOOKED_AFTER: Final = 900  # seconds between two probes of a gateway that works
PROBED_AFTER: Final = (60, 120, 300, 900, 3600)  # seconds after which one that is out is probed; the last repeats
FAILURES: Final = 3  # in a row, as one worker sees them: out

_in_a_row: dict[str, int] = {}  # by gateway; each process counts for itself: a gateway that is gone fails in all


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway stands."""

    state: GatewayState = "untested"
    reason: str | None = None
    tested_at: datetime | None = None
    since: datetime | None = None
    credit: str | None = None
    unit: str | None = None
    rate: float | None = None
    left_today: int | None = None
    checked_at: datetime | None = None


def fresh(tenant: str, gateway_id: str) -> GatewayHealth:
    """What a gateway begins with, and begins anew with when its settings or secrets have changed."""
    return GatewayHealth(
        pk=key(tenant, "health"),
        sk=gateway_id,
        tenant=tenant,
        gateway_id=gateway_id,
        state="untested",
        since=clock.now(),
        failures=0,
        due_shard=SHARD,
        due_at=clock.epoch(),
    )


def of_all(tenant: str) -> Mapping[str, Standing]:
    """How the tenant's gateways stand, by id."""
    return remembering(
        ("health", tenant),
        lambda: {item.sk: _standing(item) for item in GatewayHealth.query(key(tenant, "health"), consistent_read=True)},
    )


def of(gateway: Gateway) -> Standing:
    item = _item(gateway)
    return _standing(item) if item is not None else Standing()


def take_out(gateway: Gateway, reason: str) -> None:
    """It cannot send until it is changed, tested or probed with success."""
    logger.warning("gateway out", extra={"gateway": gateway.id, "tenant": gateway.tenant, "reason": reason})
    count("GatewayOut")
    _set(
        gateway,
        [
            GatewayHealth.state.set("out"),
            GatewayHealth.reason.set(reason),
            GatewayHealth.since.set(clock.now()),
            GatewayHealth.failures.set(0),
            GatewayHealth.due_at.set(clock.epoch() + PROBED_AFTER[0]),
        ],
    )


def answered(gateway: Gateway, answer: Answer) -> None:
    """What one answer says of the gateway, beside what it says of the message."""
    match answer.outcome:
        case Outcome.rejected_config if answer.trouble is Trouble.sender:
            _note(gateway, said(answer))  # to this country: others may see it
        case Outcome.rejected_config:
            take_out(gateway, said(answer))
        case Outcome.accepted:
            _worked(gateway)
        case Outcome.unknown | Outcome.not_sent_transient if not answer.throttled:
            _failed(gateway, said(answer))
        case _:
            pass


def tested(gateway: Gateway, answer: Answer) -> None:
    """The same for a test that somebody made: one success is enough, and one failure that is not ours says nothing."""
    if answer.outcome is Outcome.accepted:
        _ready(gateway)
    elif answer.outcome is Outcome.rejected_config:
        take_out(gateway, said(answer))


def said(answer: Answer | Health) -> str:
    return ": ".join(part for part in (answer.code, answer.words) if part) or "The provider refuses it."


def probed(item: GatewayHealth, found: Health | None) -> None:
    """What a probe found; None where the provider cannot be asked: then one that is out is given another chance, and
    the next refusal takes it out at once."""
    now = clock.now()
    back = item.state == "out" and (found is None or found.works is True)
    out = item.state == "ready" and found is not None and found.works is False
    state = ("ready" if item.tested_at is not None else "untested") if back else "out" if out else item.state
    failures = int(item.failures) + 1 if state == "out" and not out else 0
    wait = PROBED_AFTER[min(failures, len(PROBED_AFTER) - 1)] if state == "out" else LOOKED_AFTER
    actions: list[Action] = [
        GatewayHealth.failures.set(failures),
        GatewayHealth.due_at.set(int(now.timestamp()) + wait),
    ]
    if state != item.state:
        logger.warning("gateway probed", extra={"gateway": item.gateway_id, "state": state})
        actions += [GatewayHealth.state.set(state), GatewayHealth.since.set(now)]
        actions.append(
            GatewayHealth.reason.remove() if back or found is None else GatewayHealth.reason.set(said(found))
        )
        if out:
            count("GatewayOut")
    if found is not None and found.works is not None:
        actions += [GatewayHealth.checked_at.set(now), *_learned(found)]
    update(item, actions, GatewayHealth.due_at == item.due_at, Changed())


def _learned(found: Health) -> list[Action]:
    return [
        GatewayHealth.credit.set(found.credit) if found.credit is not None else GatewayHealth.credit.remove(),
        GatewayHealth.unit.set(found.unit) if found.unit is not None else GatewayHealth.unit.remove(),
        GatewayHealth.rate.set(found.rate) if found.rate is not None else GatewayHealth.rate.remove(),
        GatewayHealth.left_today.set(found.left_today)
        if found.left_today is not None
        else GatewayHealth.left_today.remove(),
    ]


def _worked(gateway: Gateway) -> None:
    _in_a_row.pop(gateway.id, None)
    if of_all(gateway.tenant).get(gateway.id, Standing()).state != "ready":
        _ready(gateway)


def _failed(gateway: Gateway, reason: str) -> None:
    """One failure that is not ours. One now and then is nobody's; several in a row, and the provider is not there."""
    _in_a_row[gateway.id] = _in_a_row.get(gateway.id, 0) + 1
    if _in_a_row[gateway.id] >= FAILURES:
        _in_a_row.pop(gateway.id)
        take_out(gateway, f"{FAILURES} failures in a row, at last: {reason}")


def _ready(gateway: Gateway) -> None:
    now = clock.now()
    _set(
        gateway,
        [
            GatewayHealth.state.set("ready"),
            GatewayHealth.reason.remove(),
            GatewayHealth.since.set(now),
            GatewayHealth.tested_at.set(now),
            GatewayHealth.failures.set(0),
        ],
    )


def _note(gateway: Gateway, reason: str) -> None:
    if of_all(gateway.tenant).get(gateway.id, Standing()).reason != reason:
        _set(gateway, [GatewayHealth.reason.set(reason)])


def _set(gateway: Gateway, actions: list[Action]) -> None:
    item = GatewayHealth(pk=key(gateway.tenant, "health"), sk=gateway.id)
    try:
        update(item, actions, GatewayHealth.pk.exists(), Changed())
    except Changed:  # it was deleted in the meantime
        return
    forgotten(("health", gateway.tenant))


def forget() -> None:
    """In tests, when the world is made anew."""
    _in_a_row.clear()


def _item(gateway: Gateway) -> GatewayHealth | None:
    return read(GatewayHealth, key(gateway.tenant, "health"), gateway.id)


def _standing(item: GatewayHealth) -> Standing:
    state: GatewayState = item.state  # type: ignore[assignment]
    return Standing(
        state=state,
        reason=item.reason,
        tested_at=item.tested_at,
        since=item.since,
        credit=item.credit,
        unit=item.unit,
        rate=float(item.rate) if item.rate is not None else None,
        left_today=int(item.left_today) if item.left_today is not None else None,
        checked_at=item.checked_at,
    )
