"""How far an account has come, at one glance: what was sent, clicked, fetched and registered."""

import msgspec

from functions.accounts import devices
from functions.accounts.devices import ShownDevice
from functions.accounts.models import Account
from functions.accounts.people import Readiness, Standing, show
from functions.activation import links
from functions.activation.links import ShownLink
from functions.common.types import Moment
from functions.installation.links import clicked
from functions.messaging import outbox
from functions.messaging.outbox import MessageView


class Clicked(msgspec.Struct, frozen=True, kw_only=True):
    """The first time the person opened the installation link."""

    at: Moment
    platform: str


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account's state. `link` is its newest activation link, if any was issued."""

    standing: Standing
    readiness: Readiness
    installation_clicked: Clicked | None
    link: ShownLink | None
    devices: list[ShownDevice]
    messages: list[MessageView]


def of(account: Account) -> AccountState:
    shown = show(account)
    newest = next(iter(links.for_account(account.tenant, account.id)), None)
    click = clicked(account.tenant, account.id)
    return AccountState(
        standing=shown.standing,
        readiness=shown.readiness,
        installation_clicked=Clicked(at=click.at, platform=click.platform) if click is not None else None,
        link=links.show(newest) if newest is not None else None,
        devices=devices.show(account),
        messages=outbox.for_account(account.tenant, account.id),
    )
