"""The fetch: what a ticket gives, and how the password comes to be at the first of them.

`fetch` mints once, counts, renders, and hands the file over: the body itself for clients that read it from us, a
presigned address for those that the file's type starts."""

from typing import Final, NamedTuple

import msgspec

from functions.accounts import devices, history
from functions.accounts.configuration import Effective, effective, person
from functions.accounts.people import Account, Device, device, find, standing
from functions.activation import changes, links
from functions.activation import claim as claims
from functions.activation.links import RING, file_key, shard
from functions.activation.links import find as find_link
from functions.activation.models import Link, Nonce, Ticket, found_by, nonce_key
from functions.common import aws, clock, ids, keyring, settings
from functions.common.errors import Changed, Gone, NotFound
from functions.common.observability import count, logger
from functions.common.table import read, update
from functions.common.transaction import Update, commit
from functions.provisioning import render
from functions.provisioning.clients import Asked, ClientFile, Credentials, Delivery, Phone, client, redeeming
from functions.tenants import hostnames

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
    ticket = read(Ticket, found_by("tkt", ticket_text))
    if ticket is None or ticket.link_id is None:
        raise NotFound("This address is not known.")
    link = find_link(ticket.tenant, ticket.account_id, ticket.link_id)
    if link is None or link.claim != ticket.claim or links.restored(link):
        raise Gone
    return Visit(ticket, link, ticket.claim)


def fetch(ticket_text: str, *, body: bool = False) -> Fetched:
    """The file for a ticket; the first fetch decides who the device is, and ends the slot's previous one. With `body`
    it comes without a redirect, whatever the client.

    Raises NotFound, Gone."""
    filled = _filled(ticket_text, None)
    file = render.file_of(filled.setup.client, filled.phone)
    if body or client(filled.setup.client).DELIVERY is not Delivery.download:
        return Fetched(file, None)
    return Fetched(file, _presigned(filled.link, filled.claim, file))


def redeem(client_name: str, asked: Asked) -> ClientFile:
    """What a client that sends its ticket as a one-time code is answered; counts and mints like `fetch`.

    Raises NotFound, also for the ticket of another client's device, Gone, NotReady."""
    app = redeeming(client_name)
    if app is None:
        raise NotFound
    filled = _filled(asked.ticket, client_name)
    there = f"{hostnames.base_url(filled.link.tenant, 'links')}/provisioning/{client_name}"
    located = msgspec.structs.replace(asked, endpoint=there)
    return render.made(client_name, lambda: app.answer(filled.phone, located))


class Filled(NamedTuple):
    """A device that has its credentials, with all that its file says."""

    setup: Effective
    phone: Phone
    link: Link
    claim: str


def _filled(ticket_text: str, redeems: str | None) -> Filled:
    """`redeems`: the client at whose own address the ticket was handed in."""
    ticket, link, claim = visit(ticket_text)
    _may_fetch(ticket, link, claim)
    account, slot = _enabled(link)
    setup = effective(account)
    if redeems is not None and setup.client != redeems:
        raise NotFound("This code is for another softphone.")
    if redeems is None and client(setup.client).DELIVERY is Delivery.redeem:
        raise Gone("This softphone gets its configuration at an address of its own.")
    nonce = read(Nonce, nonce_key(link.tenant, link.id), claim)
    if nonce is None:
        raise Gone
    minted = False
    if link.state == "claimed":
        link, slot, minted = _mint(link, claim, account, slot, nonce)
    if link.epoch is None or int(slot.epoch) != int(link.epoch):
        raise Gone  # the slot has been reset, or filled by a successor
    if not minted:
        _count(link)
    phone = _phone(account, setup, slot, _password(account, slot, int(link.epoch), nonce), nonce.key_version)
    if phone.changes_url is not None:
        changes.findable(account, slot, number=1, version=nonce.key_version)
    return Filled(setup, phone, link, claim)


def head(ticket_text: str) -> ClientFile:
    """The type and length of what `fetch` would give, at no cost to the ticket: a password of the same length stands
    in."""
    ticket, link, claim = visit(ticket_text)
    _may_fetch(ticket, link, claim)
    account, slot = _enabled(link)
    setup = effective(account)
    return render.file_of(setup.client, _phone(account, setup, slot, ids.BASE58[0] * PASSWORD_LENGTH))


def head_of(link: Link) -> ClientFile:
    """The type and length of what `direct` would give, at no cost to the link. Raises Gone."""
    if not links.waiting(link) and not claims.may_fetch_again(link, claims.of_whoever_opens(link)):
        raise Gone
    account, slot = _enabled(link)
    setup = effective(account)
    return render.file_of(setup.client, _phone(account, setup, slot, ids.BASE58[0] * PASSWORD_LENGTH))


def direct(link: Link, agent: str, network: str) -> Fetched:
    """The file of a link that is its own ticket. Raises Gone, also where a phone has come to work since it was
    issued."""
    if links.waiting(link):
        _, slot = _enabled(link)
        if devices.works(slot):
            raise Gone
    return fetch(claims.for_whoever_opens(link, agent, network).ticket, body=True)


def _may_fetch(ticket: Ticket, link: Link, claim: str) -> None:
    held = link.state == "claimed" or claims.may_fetch_again(link, claim)
    if not held or ticket.until <= clock.epoch():
        raise Gone


def _count(link: Link) -> None:
    """One more of the claim's fetches. Raises Gone when there were enough, or the link has ended meanwhile."""
    held = (Link.state == "fetched") & (Link.claim == link.claim)
    update(link, [Link.fetches.add(1)], held & (Link.fetches < int(link.ticket_fetches)), Gone())
    history.add(link.tenant, link.account_id, "link.fetched_again", link=link.id, n=int(link.fetches))


def _enabled(link: Link) -> tuple[Account, Device]:
    account = find(link.tenant, link.account_id)
    slot = device(account, int(link.slot)) if account is not None else None
    if account is None or slot is None or standing(account) != "enabled" or slot.live_link != link.id:
        raise Gone
    return account, slot


def _mint(link: Link, claim: str, account: Account, slot: Device, nonce: Nonce) -> tuple[Link, Device, bool]:
    """Makes this claim the slot's device, in one transaction; finding that it is already counts as done. -> link and
    slot as they are now, and whether it was done here.

    Raises Gone when another claim, a re-issue or a change of the account was faster."""
    epoch = int(slot.epoch) + 1
    now = clock.now()
    grace_until = clock.epoch() + int(link.grace)
    password = _password(account, slot, epoch, nonce)
    held = (Link.state == "claimed") & (Link.claim == claim)
    fetched = [
        Link.state.set("fetched"),
        Link.fetched_at.set(now),
        Link.fetches.set(1),
        Link.epoch.set(epoch),
        Link.grace_until.set(grace_until),
        Link.due_shard.set(shard(link.id)),
        Link.due_at.set(grace_until + int(link.ticket_seconds)),
    ]
    steps = [
        Update(item=link, actions=fetched, condition=held, otherwise=Changed()),
        *devices.filled(account, slot, link.id, epoch, password, over_working=link.policy not in links.WITHOUT_TAP),
        devices.event(account, "link.fetched", link=link.id, slot=int(link.slot), epoch=epoch),
    ]
    minted = False
    try:
        commit(steps)
        minted = True
        logger.info("minted", extra={"link": link.id, "epoch": epoch})
        count("Activated")
    except Changed:
        pass
    found, filled = find_link(link.tenant, link.account_id, link.id), device(account, int(link.slot))
    if found is None or filled is None or found.state != "fetched" or found.claim != claim or links.restored(found):
        raise Gone
    if not minted and not claims.may_fetch_again(found, claim):
        raise Gone
    return found, filled, minted


def _password(account: Account, slot: Device, epoch: int, nonce: Nonce) -> str:
    """The slot's password at this epoch: derived, so that every retry gives the same, and without the nonce nothing."""
    material = keyring.mac(RING, nonce.key_version, "sip", account.id, str(int(slot.slot)), str(epoch), nonce.nonce)
    return ids.encode(material, PASSWORD_LENGTH, ids.BASE58)


def _phone(account: Account, setup: Effective, slot: Device, password: str, key_version: str | None = None) -> Phone:
    ha1_md5, ha1_sha256 = devices.ha1s(slot.username, slot.domain, password)
    profile = setup.profile.fields
    credentials = Credentials(
        username=slot.username,
        password=password,
        realm=slot.domain,
        ha1_md5=ha1_md5,
        ha1_sha256=ha1_sha256,
        algorithm=profile.digest_algorithm,
    )
    wanted = changes.wanted(setup)
    changes_url = changes.address(account, slot, number=1, version=key_version) if wanted else None
    return render.phone_for(setup.client, profile, person(account, setup.language), credentials, changes_url)


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
