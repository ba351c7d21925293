"""A tenant's accounts at message providers: created, changed, deleted."""

from collections.abc import Sequence

import msgspec

from functions.common import audit
from functions.common.caller import Caller
from functions.common.errors import Invalid
from functions.common.keyring import fingerprint
from functions.common.observability import logger
from functions.common.records import Collection
from functions.common.requests import Replayed, RequestMark
from functions.common.table import key
from functions.common.transaction import Delete, Put, Step, commit, new
from functions.common.validate import decode, given, partial
from functions.messaging import gateway_secrets, health
from functions.messaging.gateway_fields import Gateway, GatewayChange, GatewayFields, Routing
from functions.messaging.gateways import Channel, gateway
from functions.messaging.models import MessagingRecord, ReceiptAddress
from functions.tenants import hostnames


def _guard(caller: Caller, id_: str, before: GatewayFields | None, after: GatewayFields | None) -> Sequence[Step]:
    """The address at which the provider reports comes and goes with its gateway, and so does what is known of it;
    with other settings or secrets nothing is known any more."""
    unknown = health.fresh(caller.tenant, id_)
    if after is not None:
        _check(after)
    if before is not None and after is not None:
        same = (before.settings, before.secret_version) == (after.settings, after.secret_version)
        return () if same else [Put(item=unknown)]
    kept = before or after
    assert kept is not None
    try:
        secret = gateway_secrets.load(caller.tenant, id_, kept.secret_version).receipt
    except gateway_secrets.Missing:
        return [Delete(item=unknown)]  # deleting a gateway whose deletion stopped half-way
    address = ReceiptAddress(pk=key("receipt", fingerprint(secret)), sk="-", tenant=caller.tenant, gateway_id=id_)
    return [new(address), Put(item=unknown)] if before is None else [Delete(item=address), Delete(item=unknown)]


def _check(fields: GatewayFields) -> None:
    """Raises Invalid for what only SMS gateways have."""
    if fields.channel is Channel.sms:
        return
    given = {"countries": fields.countries, "senders": fields.senders, "fallback_sender": fields.fallback_sender}
    wrong = [{"field": name, "problem": "only an SMS gateway has it"} for name, value in given.items() if value]
    if wrong:
        raise Invalid(details=wrong)


GATEWAYS = Collection(MessagingRecord, "gateway", GatewayFields, _guard)


_Change = partial(GatewayFields, "GatewayFieldsChange")


def create(caller: Caller, wanted: msgspec.Struct, mark: RequestMark) -> Gateway:
    """A new gateway, untested. `wanted` is one of `gateway_types.NewGateway`."""
    id_ = mark.id("gateway")
    try:
        mark.check()
    except Replayed:
        return GATEWAYS.get(caller.tenant, id_)
    kind = str(wanted.__struct_config__.tag)
    fields = GatewayFields(
        name=wanted.name,  # type: ignore[attr-defined]
        kind=kind,
        channel=gateway(kind).CHANNEL,
        settings=msgspec.to_builtins(wanted.settings),  # type: ignore[attr-defined]
        **{name: getattr(wanted, name) for name in Routing.__struct_fields__},
        secret_version=gateway_secrets.keep(caller.tenant, id_, wanted.secrets),  # type: ignore[attr-defined]
    )
    return GATEWAYS.create(caller, fields, mark)


def change(caller: Caller, id_: str, wanted: GatewayChange) -> Gateway:
    """Sets what is given; with other settings or secrets the gateway is untested, and no longer out.

    Raises NotFound, Changed, and Invalid naming every wrong field of both."""
    stored = GATEWAYS.get(caller.tenant, id_)
    settings, secrets = _checked(stored.fields.kind, wanted)
    values = {name: value for name, value in given(wanted).items() if name not in ("settings", "secrets")}
    if settings is not None:
        values["settings"] = msgspec.to_builtins(settings)
    if secrets is not None:
        values["secret_version"] = gateway_secrets.replace(caller.tenant, id_, secrets)
    return GATEWAYS.change(caller, id_, _Change(**values))


def delete(caller: Caller, id_: str) -> None:
    """Raises NotFound. What is being sent through it is still settled."""
    GATEWAYS.delete(caller, id_)
    try:
        gateway_secrets.destroy(caller.tenant, id_)
    except Exception:
        logger.warning("gateway's secrets not deleted", extra={"gateway": id_}, exc_info=True)


def receipt_address(caller: Caller, id_: str) -> str:
    """The address at which the gateway's provider may report; noted in the audit trail.

    Raises NotFound, and NotReady without a public name for receipts."""
    stored = GATEWAYS.get(caller.tenant, id_)
    secret = gateway_secrets.load(caller.tenant, id_, stored.fields.secret_version).receipt
    base = hostnames.base_url(caller.tenant, "receipts")
    commit([audit.entry(caller, "gateway.receipt_address", f"gateway/{id_}")])
    return f"{base}/receipts/{id_}/{secret}"


def _checked(kind: str, wanted: GatewayChange) -> tuple[msgspec.Struct | None, msgspec.Struct | None]:
    """Settings and secrets, where given, as their kind has them. Raises Invalid with the wrong fields of both."""
    module = gateway(kind)
    found: list[msgspec.Struct | None] = []
    problems: list[dict[str, str]] = []
    for name, sent, type_ in (
        ("settings", wanted.settings, module.Settings),
        ("secrets", wanted.secrets, module.Secrets),
    ):
        try:
            found.append(None if sent is msgspec.UNSET else decode(msgspec.json.encode(sent), type_))
        except Invalid as error:
            for problem in error.details or ():
                problems.append({**problem, "field": f"{name}.{problem['field']}".rstrip(".")})
    if problems:
        raise Invalid(details=problems)
    settings, secrets = found
    return settings, secrets
