"""Asterisk's realtime tables for PJSIP, as its res_config_curl reads them: a form in, `name=value&…` lines out.

Written after res_config_curl.c and res_sorcery_realtime.c of Asterisk. A query that finds nothing is answered with an
empty body: Asterisk reads whatever a status other than 200 brings as a row."""

from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec

from functions.accounts import devices
from functions.accounts.people import Account, find, standing
from functions.common.errors import Invalid, NotFound
from functions.common.http import Answer, Call, operation
from functions.common.types import Host
from functions.registrar import seen
from functions.registrar.directory import FORM, PLAIN, valid_seconds
from functions.registrar.forms import caller_name, fields, word

LONGEST: Final = 3600  # seconds of one registration
CONTEXT: Final = "dialready"  # of the dial plan, which is the site's own

Table = Literal["endpoints", "aors", "auths", "digests"]
Query = Literal["single", "multi", "require"]
Row = dict[str, str]


@operation(
    "A row of Asterisk's realtime tables, as `name=value&…`; empty when there is none",
    answers={200: None},
    problems=(NotFound, Invalid),
    content_type=FORM,
    produces="text/plain",
    path={
        "realm": Host,
        "table": Annotated[Table, msgspec.Meta(description="Which table")],
        "query": Annotated[Query, msgspec.Meta(description="What Asterisk wants of it")],
    },
)
def realtime(call: Call[None, None]) -> Answer:
    realm = call.path["realm"]
    if realm not in call.caller.domains:
        raise NotFound("This token is not for a SIP domain of this name.")
    if call.path["query"] == "require":  # which columns there must be
        return Answer(text="0", content_type=PLAIN)
    seen.note(call.caller.tenant, realm)
    id_ = word(fields(call.raw).get("id", ""))  # lists (`id LIKE=%`) are not given: they would be everybody's secrets
    row = _TABLES[call.path["table"]](call.caller.tenant, realm, id_) if id_ is not None else None
    return Answer(text=_line(row) if row is not None else "", content_type=PLAIN)


def _line(row: Row) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in row.items()) + "\n"


def _holder(tenant: str, realm: str, number: str) -> Account | None:
    """The account that has a number and may use it."""
    holder = devices.holder(tenant, realm, number)
    account = find(tenant, holder.account_id) if holder is not None else None
    return account if account is not None and standing(account) == "enabled" else None


def _endpoint(tenant: str, realm: str, number: str) -> Row | None:
    """By the number, which is in From: it has the account's devices for its digest users, and no other caller id."""
    account = _holder(tenant, realm, number)
    # Asterisk refuses everybody at an endpoint when one of its digest users is not there.
    users = devices.digest_users(account) if account is not None else []
    if account is None or not users:
        return None
    return {
        "id": number,
        "transport": "transport-tls",
        "context": CONTEXT,
        "aors": number,
        "auth": ",".join(users),
        "callerid": f'"{caller_name(account.full_name)}" <{number}>',
        "from_domain": realm,
        "trust_id_inbound": "no",
        "send_pai": "yes",
        "direct_media": "no",
        "media_encryption": "sdes",
        "media_encryption_optimistic": "no",
        "disallow": "all",
        "allow": "opus,alaw,ulaw",
    }


def _aor(tenant: str, realm: str, number: str) -> Row | None:
    account = _holder(tenant, realm, number)
    if account is None:
        return None
    longest = str(min(LONGEST, valid_seconds(account.expires_at)))
    return {
        "id": number,
        "max_contacts": str(int(account.slots)),
        "remove_existing": "yes",
        "maximum_expiration": longest,
        "default_expiration": longest,
        "minimum_expiration": "0",
    }


def _auth(tenant: str, realm: str, username: str) -> Row | None:
    """For every Asterisk: MD5 alone."""
    found = devices.subscriber(tenant, realm, username, "MD5")
    if found is None:
        return None
    return {"id": username, "auth_type": "md5", "username": username, "realm": realm, "md5_cred": found.ha1}


def _digest(tenant: str, realm: str, username: str) -> Row | None:
    """For an Asterisk that knows `password_digest`: MD5 and SHA-256."""
    md5 = devices.subscriber(tenant, realm, username, "MD5")
    sha256 = devices.subscriber(tenant, realm, username, "SHA-256")
    if md5 is None or sha256 is None or md5.epoch != sha256.epoch:
        return None
    return {
        "id": username,
        "auth_type": "digest",
        "username": username,
        "realm": realm,
        "password_digest": f"MD5:{md5.ha1},SHA-256:{sha256.ha1}",
        "supported_algorithms_uas": "SHA-256,MD5",
    }


_TABLES: Final = {"endpoints": _endpoint, "aors": _aor, "auths": _auth, "digests": _digest}
