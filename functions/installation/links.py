"""The installation link: one per account, and harmless. It leads to the package and is seen opened.

It is always the same until the keyring has a new key; the ones before it lead there all the same, for as long as there
is the account: they are found by their hash, which needs no key."""

from typing import Final, NamedTuple

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.update import RemoveAction, SetAction

from functions.accounts import history
from functions.accounts.people import Account, find
from functions.common import clock, keyring
from functions.common.errors import Changed, NotReady, Unavailable
from functions.common.keyring import fingerprint
from functions.common.observability import logger
from functions.common.table import key, read, update
from functions.common.transaction import Update, commit, new
from functions.installation.models import Click as Click  # what this module gives has this type
from functions.installation.models import Given, TokenHash, click_key, given_key
from functions.tenants import hostnames

RING: Final = "SECRET_LINKS"
PURPOSE: Final = "ins"
UNKNOWN: Final = "unknown"  # a platform that we do not know


def address(tenant: str, account_id: str) -> str:
    """The URL to put into a message; from now on it is found by its token. Repeatable. Raises NotReady."""
    base = hostnames.base_url(tenant, "links")
    return f"{base}/i/{findable(tenant, account_id)}"


def findable(tenant: str, account_id: str) -> str:
    """From now on the link is found by its token, which is this. Repeatable."""
    token = keyring.token(RING, PURPOSE, account_id).text
    found_by = fingerprint(token)
    if read(TokenHash, found_by, consistent=False) is None:
        Given(pk=given_key(tenant, account_id), sk=found_by).save()  # first: what is found can be forgotten
        TokenHash(pk=found_by, sk="-", tenant=tenant, account_id=account_id).save()
    return token


def forget(tenant: str, account_id: str) -> None:
    """What is kept of the account's links, and of their being opened, goes. Repeatable; needs no key."""
    for given in Given.query(given_key(tenant, account_id), consistent_read=True):
        TokenHash(pk=given.sk, sk="-").delete()
        given.delete()
    Click(pk=click_key(tenant, account_id), sk="-").delete()


def owner(token: str) -> Account | None:
    """Whose link it is; None for an unknown token, and when the account is deleted."""
    found = read(TokenHash, fingerprint(token))
    return find(found.tenant, found.account_id) if found is not None else None


def known_address(tenant: str, account_id: str) -> str | None:
    """The URL, when a message has made it known before; None when none has, or no hostname is live. Writes nothing."""
    tokens = (keyring.token(RING, PURPOSE, account_id, version=each).text for each in keyring.versions(RING))
    known = next((token for token in tokens if read(TokenHash, fingerprint(token)) is not None), None)
    if known is None:
        return None
    try:
        return f"{hostnames.base_url(tenant, 'links')}/i/{known}"
    except NotReady:
        return None


def clicked(tenant: str, account_id: str) -> Click | None:
    """That the person opened the link: `at` first, all else as it was the last time."""
    return read(Click, click_key(tenant, account_id))


class Visit(NamedTuple):
    """On what the person opened the link, and to which download it led; None where that is not known, or none."""

    platform: str
    os_version: str | None
    download_id: str | None

    @property
    def name(self) -> str:
        return key(self.platform, self.download_id) if self.download_id is not None else self.platform


def record(account: Account, visit: Visit) -> None:
    """The person opened the link. The first time on each platform, and of each download there, stands in the account's
    history; the very first lets the activation message go that waited for it.

    Never raises for a busy table: the person gets the package whether or not we can write it down."""
    try:
        if _record(account, visit):
            from functions.messaging import outbox  # at the first visit alone
            from functions.messaging.plan import INSTALLED

            outbox.release(account.tenant, account.id, INSTALLED)
    except Changed:  # another visit at the same moment wrote it
        logger.info("click not counted", extra={"account": account.id})
    except Unavailable:
        logger.warning("click not recorded", extra={"account": account.id})


def _record(account: Account, visit: Visit) -> bool:
    """Whether it is the first time."""
    click = clicked(account.tenant, account.id)
    note = history.step(
        account.tenant,
        account.id,
        "installation.clicked",
        platform=visit.platform,
        os_version=visit.os_version,
        download=visit.download_id,
    )
    if click is None:
        commit([new(_first(account, visit)), note])
        return True
    actions = [Click.last_at.set(clock.now()), Click.platform.set(visit.platform), Click.clicks.add(1)]
    actions += [_told(Click.os_version, visit.os_version), _told(Click.download_id, visit.download_id)]
    if visit.name in (click.seen or ()):
        update(click, actions, Click.pk.exists(), Changed())
        return False
    actions.append(Click.seen.add({visit.name}))
    commit([Update(item=click, actions=actions, condition=~Click.seen.contains(visit.name)), note])
    return False


def _told(attribute: UnicodeAttribute, value: str | None) -> SetAction | RemoveAction:
    return attribute.set(value) if value is not None else attribute.remove()


def _first(account: Account, visit: Visit) -> Click:
    now = clock.now()
    return Click(
        pk=click_key(account.tenant, account.id),
        sk="-",
        at=now,
        last_at=now,
        platform=visit.platform,
        os_version=visit.os_version,
        download_id=visit.download_id,
        seen={visit.name},
        clicks=1,
    )
