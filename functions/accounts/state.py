"""How far an account has come, at one glance: what was sent, clicked, opened, fetched and registered.

What is kept on the link and its messages is read there; the rest is counted in the account's history."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from functions.accounts import devices, history
from functions.accounts.devices import ShownDevice
from functions.accounts.history import Happened
from functions.accounts.models import Account
from functions.accounts.people import Attention, Readiness, Standing, show
from functions.activation import links
from functions.activation.links import ShownLink
from functions.common.types import Id, Moment
from functions.installation.links import Click, clicked
from functions.messaging import outbox
from functions.messaging.kinds import ACTIVATING
from functions.messaging.outbox import MessageView


class Clicked(msgspec.Struct, frozen=True, kw_only=True):
    """When the person first opened the installation link, and on what the last time. `download_id`: where it led."""

    at: Moment
    platform: str
    os_version: str | None
    download_id: Id | None


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Another device that came after the fetch; the last one, and how often any did."""

    at: Moment
    device: str | None
    network: str | None
    times: int


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps from the newest link to a phone that is ready to dial; what has not come to pass is null."""

    sent_at: Moment | None
    delivered_at: Moment | None
    opened_at: Moment | None
    opened_on: str | None  # the kind of device
    claimed_at: Moment | None
    browser: str | None
    network: str | None
    fetched_at: Moment | None
    fetches: int
    registered_at: Moment | None
    reminders: int
    code_failures: int
    second_device: Visitor | None


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account's state. `link` is its newest activation link, if any was issued, and `steps` its way."""

    standing: Standing
    readiness: Readiness
    attention: Attention
    attention_at: Moment | None
    installation_clicked: Clicked | None
    link: ShownLink | None
    steps: Steps | None
    devices: list[ShownDevice]
    messages: list[MessageView]


def of(account: Account) -> AccountState:
    shown = show(account)
    newest = next(iter(links.for_account(account.tenant, account.id)), None)
    link = links.show(newest) if newest is not None else None
    click = clicked(account.tenant, account.id)
    messages = outbox.for_account(account.tenant, account.id)
    happened = history.since(account.tenant, account.id, link.issued_at) if link is not None else []
    return AccountState(
        standing=shown.standing,
        readiness=shown.readiness,
        attention=shown.attention,
        attention_at=shown.attention_at,
        installation_clicked=_shown(click) if click is not None else None,
        link=link,
        steps=_steps(link, messages, happened) if link is not None else None,
        devices=devices.show(account),
        messages=messages,
    )


def _steps(link: ShownLink, messages: Sequence[MessageView], happened: Sequence[Happened]) -> Steps:
    """`happened` since the link was issued, in order."""
    own = [each for each in happened if each.details.get("link") == link.id]
    fetched = _last(own, "link.fetched")
    registered = [
        each
        for each in happened
        if fetched is not None
        and each.event == "device.registered"
        and (each.details.get("slot"), each.details.get("epoch")) == (link.slot, fetched.details.get("epoch"))
    ]
    carrying = [each for each in messages if each.link_id == link.id and each.kind in ACTIVATING]
    opened = _last(own, "link.opened")
    return Steps(
        sent_at=link.sent_at,
        delivered_at=min((each.delivered_at for each in carrying if each.delivered_at is not None), default=None),
        opened_at=link.opened_at,
        opened_on=_text(opened, "device"),
        claimed_at=link.claimed_at,
        browser=link.claimed_by,
        network=link.claimed_from,
        fetched_at=link.fetched_at,
        fetches=link.fetches,
        registered_at=_at(next(iter(registered), None)),
        reminders=_count(own, "link.reminded"),
        code_failures=_count(own, "link.code_failed") + _count(own, "link.locked"),
        second_device=_visitor(own),
    )


def _visitor(own: Sequence[Happened]) -> Visitor | None:
    last = _last(own, "link.second_device")
    if last is None:
        return None
    times = _count(own, "link.second_device")
    return Visitor(at=last.at, device=_text(last, "device"), network=_text(last, "network"), times=times)


def _last(happened: Sequence[Happened], event: str) -> Happened | None:
    return next((each for each in reversed(happened) if each.event == event), None)


def _count(happened: Sequence[Happened], event: str) -> int:
    return sum(each.event == event for each in happened)


def _at(happened: Happened | None) -> datetime | None:
    return happened.at if happened is not None else None


def _text(happened: Happened | None, detail: str) -> str | None:
    value = happened.details.get(detail) if happened is not None else None
    return str(value) if value is not None else None


def _shown(click: Click) -> Clicked:
    return Clicked(at=click.at, platform=click.platform, os_version=click.os_version, download_id=click.download_id)
