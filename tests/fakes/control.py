"""What an operator of the fakes does beside: reports of his own, receipts again or later, providers that fail.

Below /inbox for the page, below /operator for whoever is in another process. JSON in; each answers the state of all:

    GET  providers
    POST report             {id, status}        report this of a message, in its provider's words, now
    POST replay             {id}                every receipt of a message again
    POST provider           {name, credit?, per_second?, throttled_calls?, dead?}
    POST receipts/hold                          keep receipts back: those that come over HTTP
    POST receipts/release   {newest_first?}     and let them go
"""

import json
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from tests.fakes import ses
from tests.fakes.courier import Courier
from tests.fakes.provider import Provider
from tests.fakes.records import Recorded, Records
from tests.fakes.wire import HttpReply

READ = frozenset({"providers"})
CHANGES = frozenset({"report", "replay", "provider", "receipts/hold", "receipts/release"})

_NOTHING = "No receipt goes out: the message asked for none, or its provider knows no address for them."


class Status(msgspec.Struct):
    """A provider's word, and what it means where it says nothing by itself."""

    status: str
    meaning: str = ""


class Shown(msgspec.Struct):
    """One provider. taken: messages; throttled: calls refused because they were too many."""

    name: str
    title: str
    taken: int
    credit: str
    per_second: float | None
    throttled_calls: int
    throttled: int
    dead: bool


class State(msgspec.Struct):
    """held: receipts that wait to be let go. statuses: by `Recorded.provider`, what may be reported."""

    holding: bool
    held: int
    providers: list[Shown]
    statuses: dict[str, list[Status]]


class Refused(Exception):
    """Not done; the message says why, for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class MailEvents:
    """Publishes the events of SES's mails, and keeps them to publish them again."""

    def __init__(self) -> None:
        self.publish: ses.Publish | None = None  # None tells nobody
        self._published: dict[str, list[str]] = {}

    def __call__(self, event: str) -> None:
        """Raises what `publish` raises."""
        self.again(event)
        self._published.setdefault(msgspec.json.decode(event, type=_Event).mail.message_id, []).append(event)

    def again(self, event: str) -> None:
        """One that was published before."""
        if self.publish is None:
            raise Refused(409, "Nobody listens to SES's events.")
        self.publish(event)

    def forget(self) -> None:
        self._published.clear()

    def of(self, ses_id: str) -> list[str]:
        """Every event of a mail since the start."""
        return list(self._published.get(ses_id, ()))


class Control:
    def __init__(
        self, records: Records, courier: Courier, providers: Mapping[str, Provider], mail_events: MailEvents
    ) -> None:
        self._records, self._courier, self._mail_events = records, courier, mail_events
        self._providers = {name: provider for name, provider in providers.items() if provider.TITLE}

    def state(self) -> State:
        taken = dict.fromkeys(self._providers, 0)
        for message in self._records.all("sms"):
            taken[message.provider] = taken.get(message.provider, 0) + 1
        statuses = {
            name: [Status(status, provider.MEANINGS.get(status, "")) for status in provider.STATUSES]
            for name, provider in self._providers.items()
        }
        statuses["ses"] = [Status(status) for status in ses.STATUSES]
        return State(
            holding=self._courier.holding,
            held=self._courier.held,
            providers=[
                Shown(
                    name=name,
                    title=provider.TITLE,
                    taken=taken[name],
                    credit=f"{provider.get_credit():f}",
                    per_second=provider.per_second,
                    throttled_calls=provider.throttled_calls,
                    throttled=provider.throttled,
                    dead=provider.dead,
                )
                for name, provider in self._providers.items()
            ],
            statuses=statuses,
        )

    def serve(self, what: str, body: bytes) -> HttpReply:
        """One of READ, or of CHANGES with its body."""
        try:
            self._do(what, body or b"{}")
        except msgspec.DecodeError as problem:
            return HttpReply(400, "text/plain; charset=utf-8", f"{problem}\n".encode())
        except Refused as refusal:
            return HttpReply(refusal.status, "text/plain; charset=utf-8", f"{refusal}\n".encode())
        return HttpReply(body=msgspec.json.encode(self.state()))

    def _do(self, what: str, body: bytes) -> None:
        match what:
            case "report":
                report = msgspec.json.decode(body, type=_Report)
                self._report(self._message(report.id), report.status)
            case "replay":
                self._replay(self._message(msgspec.json.decode(body, type=_Replay).id))
            case "provider":
                self._change(msgspec.json.decode(body, type=_Change))
            case "receipts/hold":
                self._courier.hold()
            case "receipts/release":
                self._courier.release(msgspec.json.decode(body, type=_Release).newest_first)

    def _message(self, id_: int) -> Recorded:
        message = self._records.get(id_)
        if message is None:
            raise Refused(404, "There is no such message any more.")
        return message

    def _report(self, message: Recorded, status: str) -> None:
        if message.provider == "ses":
            if status not in ses.STATUSES:
                raise Refused(400, f"SES has no event {status!r}.")
            ses.tell(self._records, message, ses.event(status, message, {}), self._mail_events)
            return
        provider = self._provider_of(message)
        if status not in provider.STATUSES:
            raise Refused(400, f"{provider.TITLE} has no status {status!r}.")
        before = provider.reported(message.id)
        try:
            provider.trigger(message.id, status)
        except KeyError:  # an account that only an earlier run had
            raise Refused(409, _NOTHING) from None
        if provider.reported(message.id) == before:
            raise Refused(409, _NOTHING)

    def _replay(self, message: Recorded) -> None:
        if message.provider == "ses":
            events = self._mail_events.of(message.provider_ids[0])
            for event in events:
                ses.tell(self._records, message, json.loads(event), self._mail_events.again)
            repeated = len(events)
        else:
            provider = self._provider_of(message)
            repeated = provider.reported(message.id)
            provider.replay(message.id)
        if not repeated:
            raise Refused(409, "There is nothing to repeat: no receipt has gone out since the start.")

    def _provider_of(self, message: Recorded) -> Provider:
        provider = self._providers.get(message.provider)
        if provider is None:
            raise Refused(409, "This provider reports nothing.")
        return provider

    def _change(self, change: "_Change") -> None:
        provider = self._providers.get(change.name)
        if provider is None:
            raise Refused(404, f"There is no provider {change.name!r}.")
        if change.credit is not msgspec.UNSET:
            try:
                provider.set_credit(change.credit)
            except ValueError:
                raise Refused(400, f"{provider.TITLE} counts its credit in whole units.") from None
        if change.per_second is not msgspec.UNSET:
            provider.per_second = change.per_second
        if change.throttled_calls is not msgspec.UNSET:
            provider.throttled_calls = change.throttled_calls
        if change.dead is not msgspec.UNSET:
            provider.dead = change.dead


class _Mail(msgspec.Struct, rename="camel"):
    message_id: str


class _Event(msgspec.Struct):
    mail: _Mail


class _Report(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    status: str


class _Replay(msgspec.Struct, forbid_unknown_fields=True):
    id: int


class _Release(msgspec.Struct, forbid_unknown_fields=True):
    newest_first: bool = False


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    credit: Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,8})?$(?!\n)")] | msgspec.UnsetType = msgspec.UNSET
    per_second: Annotated[float, Meta(gt=0, le=10_000)] | msgspec.UnsetType | None = msgspec.UNSET
    throttled_calls: Annotated[int, Meta(ge=0, le=1000)] | msgspec.UnsetType = msgspec.UNSET
    dead: bool | msgspec.UnsetType = msgspec.UNSET
