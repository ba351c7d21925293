"""Tokens: issued once, shown once, stored as a hash, revoked at once."""

from typing import Final, Literal

import msgspec

from functions.common import audit, clock, ids, keyring, paging
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Conflict, Forbidden, Invalid, NotFound
from functions.common.requests import Replayed, RequestMark
from functions.common.table import key, read
from functions.common.transaction import Delete, Step, commit, new
from functions.common.types import Host, Id, Moment, Name
from functions.operators.models import Presented, Token

RING = "SECRET_OPERATORS"
PURPOSE = "operator"

Role = Literal["admin", "auditor", "csr", "exporter", "provider", "registrar"]
OF_DOMAINS: Final = ("registrar", "exporter")  # roles of SIP servers
FIRST: Final = ids.derived_id("first provider token")  # the id of the installation's first token


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person or program that shall use the API."""

    name: Name
    role: Role
    groups: list[Id] | None = None  # only these groups' accounts; none given: the whole tenant
    domains: list[Host] = []  # the SIP domains of a registrar or an exporter
    expires_at: Moment | None = None
    tenant_id: Id | None = None  # the provider may issue for any tenant


class ShownToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is listed: never with its secret."""

    id: Id
    name: Name
    role: Role
    groups: list[Id] | None
    domains: list[Host]
    expires_at: Moment | None
    created_at: Moment


class IssuedToken(ShownToken, frozen=True, kw_only=True):
    """A token in the one answer that holds its secret."""

    token: str


def issue(caller: Caller, wanted: NewToken, mark: RequestMark) -> IssuedToken:
    """A new token for the caller's tenant, or (provider) for any.

    Raises Forbidden where it would reach further than the caller, Invalid for fields that do not fit the role, Conflict
    for a tenant that is closed."""
    tenant = _tenant(caller, wanted)
    _check(wanted)
    id_ = mark.id("token")
    try:
        mark.check()
        derived = keyring.token(RING, PURPOSE, tenant, id_)
        item = _item(tenant, id_, wanted, derived)
        commit([*_steps(item), _audited(caller, item), *mark.steps()])
    except Replayed:
        item = _get(tenant, id_)
    return _issued(item, tenant)


def first(name: str) -> str:
    """The installation's first token, a provider's: made by the deployment, through no API. Repeated, it is the same
    one."""
    found = read(Token, key(PROVIDER, "token"), FIRST)
    if found is None:
        derived = keyring.token(RING, PURPOSE, PROVIDER, FIRST)
        wanted = NewToken(name=name, role="provider")
        found = _item(PROVIDER, FIRST, wanted, derived)
        commit(_steps(found))
    return _issued(found, PROVIDER).token


def page(caller: Caller, cursor: str | None, limit: int) -> paging.Page[ShownToken]:
    found = paging.query(Token, key(caller.tenant, "token"), cursor=cursor, limit=limit)
    return paging.Page([_shown(item) for item in found.items], found.cursor)


def all_of(tenant: str) -> list[ShownToken]:
    """Every token of a tenant."""
    return [_shown(item) for item in Token.query(key(tenant, "token"), consistent_read=True)]


def derived_with(tenant: str, version: str) -> list[ShownToken]:
    """The tenant's tokens that were derived with this version of the keyring."""
    same = Token.key_version == version
    found = Token.query(key(tenant, "token"), filter_condition=same, consistent_read=True)
    return [_shown(item) for item in found]


def revoke(caller: Caller, id_: str) -> None:
    """Ends a token with the next request. Raises NotFound."""
    commit(_revoking(caller, caller.tenant, _get(caller.tenant, id_)))


def revoke_all(caller: Caller, tenant: str) -> None:
    """Ends every token of a tenant. Repeatable."""
    for item in Token.query(key(tenant, "token"), consistent_read=True):
        commit(_revoking(caller, tenant, item))


def _revoking(caller: Caller, tenant: str, item: Token) -> list[Step]:
    shown = {"name": item.name, "role": item.role}
    return [
        Delete(item=item, condition=Token.pk.exists(), otherwise=NotFound()),
        Delete(item=Presented(pk=item.found_by, sk="-")),
        audit.entry(caller, "token.revoke", f"token/{item.sk}", before=shown, tenant=tenant),
    ]


def _tenant(caller: Caller, wanted: NewToken) -> str:
    if wanted.role == "provider" and caller.tenant != PROVIDER:
        raise Forbidden("Only the provider issues provider tokens.")
    if wanted.tenant_id in (None, caller.tenant):
        return caller.tenant
    if caller.tenant != PROVIDER:
        raise Forbidden("Only the provider issues tokens for other tenants.")
    assert wanted.tenant_id is not None
    from functions.tenants.tenants import get

    tenant = get(wanted.tenant_id)
    if tenant.fields.closed:
        raise Conflict("This tenant is closed.")
    return tenant.id


def _check(wanted: NewToken) -> None:
    if wanted.role in OF_DOMAINS and not wanted.domains:
        raise Invalid("A SIP server's token names the SIP domains it serves.", field="domains")
    if wanted.role not in OF_DOMAINS and wanted.domains:
        raise Invalid("Only a SIP server's token has domains.", field="domains")
    if wanted.groups is not None and (wanted.role not in ("csr", "auditor") or not wanted.groups):
        raise Invalid("Groups limit a csr's or an auditor's token; name at least one.", field="groups")
    if wanted.expires_at is not None and wanted.expires_at <= clock.now():
        raise Invalid("This moment has passed.", field="expires_at")


def _item(tenant: str, id_: str, wanted: NewToken, derived: keyring.Derived) -> Token:
    return Token(
        pk=key(tenant, "token"),
        sk=id_,
        name=wanted.name,
        role=wanted.role,
        groups=set(wanted.groups) if wanted.groups is not None else None,
        domains=set(wanted.domains) or None,
        key_version=derived.version,
        found_by=keyring.fingerprint(derived.text),
        expires_at=wanted.expires_at,
        created_at=clock.now(),
    )


def _steps(item: Token) -> list[Step]:
    presented = Presented(
        pk=item.found_by,
        sk="-",
        tenant=item.pk.split("|", 1)[0],
        token_id=item.sk,
        name=item.name,
        role=item.role,
        groups=item.groups,
        domains=item.domains,
        expires_at=item.expires_at,
    )
    return [new(item), new(presented)]


def _audited(caller: Caller, item: Token) -> Step:
    after = {
        "name": item.name,
        "role": item.role,
        "groups": sorted(item.groups or ()),
        "domains": sorted(item.domains or ()),
    }
    return audit.entry(caller, "token.issue", f"token/{item.sk}", after=after, tenant=item.pk.split("|", 1)[0])


def _get(tenant: str, id_: str) -> Token:
    item = read(Token, key(tenant, "token"), id_)
    if item is None:
        raise NotFound("There is no token with this id.", field="token_id")
    return item


def _shown(item: Token) -> ShownToken:
    return ShownToken(
        id=item.sk,
        name=item.name,
        role=item.role,  # type: ignore[arg-type]
        groups=sorted(item.groups) if item.groups is not None else None,
        domains=sorted(item.domains or ()),
        expires_at=item.expires_at,
        created_at=item.created_at,
    )


def _issued(item: Token, tenant: str) -> IssuedToken:
    derived = keyring.token(RING, PURPOSE, tenant, item.sk, version=item.key_version)
    return IssuedToken(token=derived.text, **msgspec.structs.asdict(_shown(item)))
