"""The fetch: what a ticket gives, and how the password comes to be at the first of them.

`fetch` counts, mints once, renders, and hands the file over: the body itself for clients that fetch, a presigned
address for those that the file's type starts."""

from typing import Final, NamedTuple

from functions.accounts import devices
from functions.accounts.configuration import Effective, effective, person
from functions.accounts.people import Account, Device, device, find, standing
from functions.activation import claim as claims
from functions.activation import links
from functions.activation.links import RING, file_key, shard
from functions.activation.links import find as find_link
from functions.activation.models import Link, Nonce, Ticket, nonce_key
from functions.common import aws, clock, ids, keyring, settings
from functions.common.errors import Changed, Gone, NotFound
from functions.common.keyring import fingerprint
from functions.common.observability import count, logger
from functions.common.table import read, update
from functions.common.transaction import Update, commit
from functions.provisioning import render
from functions.provisioning.clients import ClientFile, Credentials, Delivery, client

PASSWORD_LENGTH: Final = 24  # base58: 140 bits
PRESIGNED_SECONDS: Final = 60


class Fetched(NamedTuple):
    """The file, and the address to get it from when the client does not take it from us."""

    file: ClientFile
    redirect: str | None


class Visit(NamedTuple):
    """A ticket that leads somewhere: its claim holds its link."""

    ticket: Ticket
    link: Link
    claim: str


def visit(ticket_text: str) -> Visit:
    """What a ticket stands for now. Raises NotFound for an unknown one, Gone when its claim no longer holds its
    link."""
    ticket = read(Ticket, fingerprint(ticket_text))
    if ticket is None or ticket.link_id is None:
        raise NotFound("This address is not known.")
    link = find_link(ticket.tenant, ticket.account_id, ticket.link_id)
    if link is None or link.claim != ticket.claim or links.restored(link):
        raise Gone
    return Visit(ticket, link, ticket.claim)


def fetch(ticket_text: str) -> Fetched:
    """The file for a ticket; the first fetch decides who the device is, and ends the slot's previous one.

    Raises NotFound, Gone."""
    ticket, link, claim = visit(ticket_text)
    _may_fetch(ticket, link, claim)
    _count(ticket, link)
    account, slot = _enabled(link)
    nonce = read(Nonce, nonce_key(link.tenant, link.id), claim)
    if nonce is None:
        raise Gone
    if link.state == "claimed":
        link, slot = _mint(link, claim, account, slot, nonce)
    if link.epoch is None or int(slot.epoch) != int(link.epoch):
        raise Gone  # the slot has been reset, or filled by a successor
    setup = effective(account)
    file = _render(account, setup, slot, _password(account, slot, int(link.epoch), nonce))
    if client(setup.client).DELIVERY is Delivery.fetch:
        return Fetched(file, None)
    return Fetched(file, _presigned(link, claim, file))


def head(ticket_text: str) -> ClientFile:
    """The type and length of what `fetch` would give, at no cost to the ticket: a password of the same length stands
    in."""
    ticket, link, claim = visit(ticket_text)
    _may_fetch(ticket, link, claim)
    account, slot = _enabled(link)
    return _render(account, effective(account), slot, ids.BASE58[0] * PASSWORD_LENGTH)


def _may_fetch(ticket: Ticket, link: Link, claim: str) -> None:
    held = link.state == "claimed" or claims.may_fetch_again(link, claim)
    if not held or ticket.until <= clock.epoch():
        raise Gone


def _count(ticket: Ticket, link: Link) -> None:
    """One of the ticket's fetches is used. Raises Gone when there were enough."""
    left = Ticket.fetches.does_not_exist() | (Ticket.fetches < int(link.ticket_fetches))
    alive = Ticket.until > clock.epoch()
    update(ticket, [Ticket.fetches.add(1)], left & alive, Gone())


def _enabled(link: Link) -> tuple[Account, Device]:
    account = find(link.tenant, link.account_id)
    slot = device(account, int(link.slot)) if account is not None else None
    if account is None or slot is None or standing(account) != "enabled" or slot.live_link != link.id:
        raise Gone
    return account, slot


def _mint(link: Link, claim: str, account: Account, slot: Device, nonce: Nonce) -> tuple[Link, Device]:
    """Makes this claim the slot's device, in one transaction; finding that it is already counts as done.

    Raises Gone when another claim, a re-issue or a change of the account was faster."""
    epoch = int(slot.epoch) + 1
    now = clock.now()
    grace_until = clock.epoch() + int(link.grace)
    password = _password(account, slot, epoch, nonce)
    held = (Link.state == "claimed") & (Link.claim == claim)
    fetched = [
        Link.state.set("fetched"),
        Link.fetched_at.set(now),
        Link.epoch.set(epoch),
        Link.grace_until.set(grace_until),
        Link.due_shard.set(shard(link.id)),
        Link.due_at.set(grace_until + int(link.ticket_seconds)),
    ]
    steps = [
        Update(item=link, actions=fetched, condition=held, otherwise=Changed()),
        devices.filled(account, slot, link.id, epoch, password),
        devices.event(account, "link.fetched", link=link.id, slot=int(link.slot), epoch=epoch),
    ]
    try:
        commit(steps)
        logger.info("minted", extra={"link": link.id, "epoch": epoch})
        count("Activated")
    except Changed:
        pass
    found, filled = find_link(link.tenant, link.account_id, link.id), device(account, int(link.slot))
    if found is None or filled is None or not claims.may_fetch_again(found, claim):
        raise Gone
    return found, filled


def _password(account: Account, slot: Device, epoch: int, nonce: Nonce) -> str:
    """The slot's password at this epoch: derived, so that every retry gives the same, and without the nonce nothing."""
    material = keyring.mac(RING, nonce.key_version, "sip", account.id, str(int(slot.slot)), str(epoch), nonce.nonce)
    return ids.encode(material, PASSWORD_LENGTH, ids.BASE58)


def _render(account: Account, setup: Effective, slot: Device, password: str) -> ClientFile:
    ha1_md5, ha1_sha256 = devices.ha1s(slot.username, slot.domain, password)
    credentials = Credentials(
        username=slot.username,
        password=password,
        realm=slot.domain,
        ha1_md5=ha1_md5,
        ha1_sha256=ha1_sha256,
        algorithm=setup.profile.fields.digest_algorithm,
    )
    return render.file_for(setup.client, setup.profile.fields, person(account, setup.language), credentials)


def _presigned(link: Link, claim: str, file: ClientFile) -> str:
    """Puts the file (once) and gives an address that works for a minute.

    After the put the claim must still hold the link, else the object goes and the answer is Gone."""
    bucket, name = settings.setting("BUCKET_FILES"), file_key(link, claim)
    if link.file != name:
        aws.files().put_object(Bucket=bucket, Key=name, Body=file.body, ContentType=file.content_type)
        held = (Link.state == "fetched") & (Link.claim == claim)
        try:
            update(link, [Link.file.set(name)], held, Gone())
        except Gone:
            aws.files().delete_object(Bucket=bucket, Key=name)
            raise
    parameters = {
        "Bucket": bucket,
        "Key": name,
        "ResponseContentType": file.content_type,
        "ResponseContentDisposition": f'attachment; filename="{file.file_name}"',
        "ResponseCacheControl": "no-store",
    }
    url: str = aws.presigner().generate_presigned_url("get_object", Params=parameters, ExpiresIn=PRESIGNED_SECONDS)
    return url
