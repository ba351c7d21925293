"""What a person asks for on a link's page: its code, another link, or that it be taken back."""

from typing import Final

from functions.accounts import attention, history, slots
from functions.accounts.people import device, find, must_be_enabled
from functions.activation import codes, ending, issue, links
from functions.activation.models import Link
from functions.common import clock, limits
from functions.common.errors import Changed, Gone, Problem
from functions.common.observability import logger
from functions.common.transaction import Step, commit, retried
from functions.messaging import notices, outbox
from functions.messaging.kinds import Kind

ASKED_EVERY: Final = 3600  # seconds, per link
ANSWERED: Final = ("expired", "superseded")  # dead links in whose place their person may ask for another


def send_code(link: Link) -> None:
    """A code goes to the person by a channel that is not the link's. While the last one is still good for long, it is
    that one that counts, and nothing is sent. Raises Gone, TooMany."""
    try:
        _send_code(link)
    except (Changed, links.LinkNotLive):  # pressed twice at once: the other one has sent it
        found = links.find(link.tenant, link.account_id, link.id)
        if found is None or not _lasts(found):
            raise Gone from None


def _lasts(link: Link) -> bool:
    return links.waiting(link) and int(link.code_until or 0) - clock.epoch() > int(link.code_seconds) // 2


def _send_code(link: Link) -> None:
    account = find(link.tenant, link.account_id)
    if account is None or not links.waiting(link) or link.code_by == "operator":
        raise Gone
    must_be_enabled(account)
    if _lasts(link):
        return
    came_by = notices.came_by(outbox.all_of(link.tenant, account.id), link.id)
    channel = notices.code_channel(account, came_by)
    if channel is None:
        raise Gone
    code = codes.make(link, "page")
    composed = notices.compose(account, Kind.code, f"{link.id}|code|{code.number}", link_id=link.id, avoid=came_by)
    note = history.step(link.tenant, account.id, "link.code_sent", link=link.id, channel=channel.value)
    commit([code.step, *(each.step for each in composed), note])
    outbox.enqueue([key for each in composed for key in each.due_now])


def disown(link: Link, network: str) -> None:
    """The link has reached somebody else: it ends, and an operator looks at it. Raises Gone for one that was used."""

    def change() -> Link:
        found = links.find(link.tenant, link.account_id, link.id)
        account = find(link.tenant, link.account_id)
        if found is None or account is None or not links.waiting(found):
            raise Gone
        slot = device(account, int(found.slot))
        steps: list[Step] = ending.steps(found, "revoked")
        if slot is not None and slot.live_link == found.id:
            steps.append(slots.unlinked(slot))
        steps.append(history.step(found.tenant, account.id, "link.not_me", link=found.id, network=network))
        steps += attention.step(found.tenant, account.id, "not_me", link=found.id)
        commit(steps)
        return found

    ending.clean(retried(change))


def ask_for_new(link: Link, network: str) -> None:
    """The person wants another link: an operator is told, or it is sent to where the account's messages go, as the
    link's policy says. Raises Gone, TooMany."""
    account = find(link.tenant, link.account_id)
    if account is None or links.waiting(link) or links.shown_state(link) not in ANSWERED:
        raise Gone
    must_be_enabled(account)
    wait = limits.take(1, ASKED_EVERY, "asked for new", link.tenant, link.id)
    if wait is not None:
        raise links.AskedAlready(retry_after=wait)
    note = history.step(link.tenant, account.id, "link.asked_for_new", link=link.id, network=network)
    if link.ask_for_new == "send" and _newest(link) and _sent_again(link):
        commit([note])
        return
    commit([note, *attention.step(link.tenant, account.id, "asked_for_new", link=link.id)])


def _newest(link: Link) -> bool:
    """Whether no other link was issued after it: then one is on its way, or was used."""
    return links.for_account(link.tenant, link.account_id)[0].id == link.id


def _sent_again(link: Link) -> bool:
    channels = sorted(notices.came_by(outbox.all_of(link.tenant, link.account_id), link.id))
    if not channels:
        return False
    try:
        issue.again(link, channels)
    except Problem as problem:
        logger.info("not sent again", extra={"link": link.id, "code": problem.code})
        return False
    return True
