"""The installation link: one per account, always the same, and harmless. It leads to the package and is seen opened."""

from typing import Final

from functions.accounts import history
from functions.accounts.people import Account, find
from functions.common import clock, keyring
from functions.common.errors import Changed, Unavailable
from functions.common.keyring import fingerprint
from functions.common.observability import logger
from functions.common.table import read, update
from functions.common.transaction import Update, commit, new
from functions.installation.models import Click, TokenHash, click_key
from functions.tenants import hostnames

RING: Final = "SECRET_LINKS"
PURPOSE: Final = "ins"
UNKNOWN: Final = "unknown"  # a platform that we do not know


def address(tenant: str, account_id: str) -> str:
    """The URL to put into a message; from now on it is found by its token. Repeatable. Raises NotReady."""
    base = hostnames.base_url(tenant, "links")
    derived = keyring.token(RING, PURPOSE, account_id)
    TokenHash(pk=fingerprint(derived.text), sk="-", tenant=tenant, account_id=account_id).save()
    return f"{base}/i/{derived.text}"


def owner(token: str) -> Account | None:
    """Whose link it is; None for an unknown token, and when the account is deleted."""
    found = read(TokenHash, fingerprint(token))
    return find(found.tenant, found.account_id) if found is not None else None


def clicked(tenant: str, account_id: str) -> Click | None:
    """That the person opened the link: `at` first, `platform` last."""
    return read(Click, click_key(tenant, account_id))


def record(account: Account, platform: str) -> None:
    """The person opened the link. The first time on each platform stands in the account's history, and lets the
    activation message go that waited for it.

    Never raises for a busy table: the person gets the package whether or not we can write it down."""
    try:
        if _record(account, platform):
            from functions.messaging import outbox  # at the first visit alone
            from functions.messaging.plan import INSTALLED

            outbox.release(account.tenant, account.id, INSTALLED)
    except Changed:  # another visit at the same moment wrote it
        logger.info("click not counted", extra={"account": account.id})
    except Unavailable:
        logger.warning("click not recorded", extra={"account": account.id})


def _record(account: Account, platform: str) -> bool:
    """Whether it is the first time."""
    click = clicked(account.tenant, account.id)
    note = history.step(account.tenant, account.id, "installation.clicked", platform=platform)
    if click is None:
        commit([new(_first(account, platform)), note])
        return True
    actions = [Click.last_at.set(clock.now()), Click.platform.set(platform), Click.clicks.add(1)]
    if platform in click.platforms:
        update(click, actions, Click.pk.exists(), Changed())
        return False
    actions.append(Click.platforms.add({platform}))
    commit([Update(item=click, actions=actions, condition=~Click.platforms.contains(platform)), note])
    return False


def _first(account: Account, platform: str) -> Click:
    now = clock.now()
    pk = click_key(account.tenant, account.id)
    return Click(pk=pk, sk="-", at=now, last_at=now, platform=platform, platforms={platform}, clicks=1)
