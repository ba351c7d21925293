"""Public hostnames: requested, verified, live. No link leaves under a host that is not live.

A host proves itself by answering: whoever opens its check address reaches this system under that very name (the
gateway says for which name it answered; the Host header is not asked). The system fetches nothing."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from functions.common import ids, settings
from functions.common.caller import PROVIDER, Caller
from functions.common.errors import Conflict, Invalid, NotFound, NotReady
from functions.common.records import Collection, Stored
from functions.common.requests import RequestMark
from functions.common.table import key, read
from functions.common.transaction import Delete, Step, new
from functions.tenants.models import Claimed, TenantsRecord

LINK_HOST_LENGTH = 25  # https://host/a/<23 characters> stays under 60
CHECK_PATH = "/.well-known/dialready/"

HostAndPort = Annotated[
    str,
    msgspec.Meta(
        max_length=253,
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?$(?!\n)",
        description="A public host name, lower case",
        examples=["go.example.net"],
    ),
]
Purpose = Literal["links", "receipts", "registrar"]


class NewHostname(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name under which people, providers or SIP servers shall reach this system."""

    host: HostAndPort
    serves: tuple[Purpose, ...] = ("links",)
    scheme: Literal["https", "http"] = "https"


class HostnameFields(NewHostname, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hostname with its state. `check_path` opened under the name proves it."""

    state: Literal["requested", "verified", "live"] = "requested"
    check_path: str = ""


class HostTaken(Conflict):
    code = "host_taken"
    message = "This hostname is in use already."


def _guard(caller: Caller, id_: str, before: HostnameFields | None, after: HostnameFields | None) -> Sequence[Step]:
    if before is None and after is not None:
        _check(after)
        claimed = Claimed(pk=key("host", after.host), sk="-", tenant=caller.tenant, record_id=id_)
        return [new(claimed, HostTaken(field="host"))]
    if before is not None and after is None:
        return [Delete(item=Claimed(pk=key("host", before.host), sk="-"))]
    return ()


HOSTNAMES = Collection(TenantsRecord, "hostname", HostnameFields, _guard)


def request(caller: Caller, wanted: NewHostname, mark: RequestMark) -> Stored[HostnameFields]:
    """Asks for a name; it is not used before it is verified and live."""
    challenge = ids.new_id(22)
    fields = HostnameFields(
        host=wanted.host, serves=wanted.serves, scheme=wanted.scheme, check_path=CHECK_PATH + challenge
    )
    return HOSTNAMES.create(caller, fields, mark)


def verify(host: str, challenge: str) -> None:
    """A request for the check address arrived under `host`: the name leads here. Raises NotFound for any other."""
    claimed = read(Claimed, key("host", host))
    stored = HOSTNAMES.find(claimed.tenant, claimed.record_id) if claimed is not None else None
    if stored is None or stored.fields.check_path != CHECK_PATH + challenge:
        raise NotFound
    if stored.fields.state == "requested":
        system = Caller(tenant=stored.tenant, operator="system", name="check address opened", role="system")
        HOSTNAMES.change(system, stored.id, _State(state="verified"))


def go_live(caller: Caller, id_: str) -> Stored[HostnameFields]:
    """From now on links may leave under the name. Raises Conflict for one that is not verified."""
    stored = HOSTNAMES.get(caller.tenant, id_)
    if stored.fields.state == "requested":
        raise Conflict(
            f"Open {address(stored.fields)}{stored.fields.check_path} first: it proves that the name leads here."
        )
    return HOSTNAMES.change(caller, id_, _State(state="live"))


def base_url(tenant: str, purpose: Purpose) -> str:
    """The address under which this tenant's links (receipts, registrar) are reached: its own live name, else the
    provider's.

    Raises NotReady when there is none."""
    for owner in dict.fromkeys((tenant, PROVIDER)):
        for stored in HOSTNAMES.all(owner):
            if stored.fields.state == "live" and purpose in stored.fields.serves:
                return address(stored.fields)
    raise NotReady(f"No live hostname serves {purpose}. Request one under /v1/hostnames, verify it and make it live.")


def owner(host: str, purpose: Purpose) -> str | None:
    """Whose live name this is; None for one that is not live, or does not serve the purpose."""
    claimed = read(Claimed, key("host", host))
    stored = HOSTNAMES.find(claimed.tenant, claimed.record_id) if claimed is not None else None
    live = stored is not None and stored.fields.state == "live" and purpose in stored.fields.serves
    return claimed.tenant if claimed is not None and live else None


def address(fields: NewHostname) -> str:
    return f"{fields.scheme}://{fields.host}"


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: Literal["requested", "verified", "live"]


_PORT = re.compile(r":\d+$")


def _check(fields: HostnameFields) -> None:
    local = settings.http_allowed()
    if fields.scheme == "http" and not local:
        raise Invalid("A public hostname is reached by https.", field="scheme")
    if _PORT.search(fields.host) and not local:
        raise Invalid("A public hostname has no port.", field="host")
    if "links" in fields.serves and len(fields.host) > LINK_HOST_LENGTH:
        raise Invalid(
            f"A hostname for links has at most {LINK_HOST_LENGTH} characters: it stands in an SMS.", field="host"
        )
