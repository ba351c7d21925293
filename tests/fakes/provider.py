"""What every fake SMS provider has in common: scenarios, throttling, and receipts that come as they do.

A provider speaks its own dialect over this. What is counted, encoded, signed or refused is written anew in the fakes,
so that a mistake in the product cannot agree with itself."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from tests.fakes.courier import Courier, Delivery, Parcel
from tests.fakes.records import Recorded, Records, Report, timestamp
from tests.fakes.scenarios import Scenario, words_of
from tests.fakes.wire import HttpReply, HttpRequest, Manner

MANNERS = {
    Scenario.no_answer: Manner.silence,
    Scenario.reset: Manner.reset,
    Scenario.drip: Manner.drip,
}


class Provider:
    """One provider's service, under its prefix. `operate` is what an operator of the fake may do beside.

    throttled_calls: how often a number ending in 0013 is refused. per_second: how many messages are taken within any
    second; None for any number. throttled: how many were refused for it. dead: answers nothing but HTTP 500."""

    NAME = ""  # its prefix on the fakes' port, and `Recorded.provider`
    TITLE = ""  # for people; a service that takes no messages has none
    STATUSES: tuple[str, ...] = ()  # what it may report, in its own words
    MEANINGS: Mapping[str, str] = {}  # of those that say nothing by themselves

    def __init__(self, records: Records, courier: Courier) -> None:
        self.records, self.courier = records, courier
        self.lock = threading.Lock()
        self._brought: dict[int, list[Parcel]] = {}
        self.begin()

    def begin(self) -> None:
        """As on the first day; called by `reset`, too. Extend it with what the provider has."""
        self.throttled_calls = 2
        self.per_second: float | None = None
        self.throttled = 0
        self.dead = False
        self._recent: deque[float] = deque()
        self._refusals: dict[str, int] = {}
        self._brought.clear()

    def serve(self, request: HttpRequest) -> HttpReply:
        """Answers one request; the path is without the prefix."""
        raise NotImplementedError

    def trigger(self, message_id: int, status: str) -> Delivery:
        """Report this status, in the provider's own words, of a recorded message now. KeyError when there is none."""
        raise NotImplementedError

    def set_credit(self, amount: str) -> None:
        """What the account has left from now on."""
        raise NotImplementedError

    def get_credit(self) -> Decimal:
        """What the account has left."""
        raise NotImplementedError

    def set_receipt_url(self, url: str) -> None:
        """Where it reports, for a provider that has this in its portal and not in each message."""
        raise NotImplementedError

    def reported(self, message_id: int) -> int:
        """How many receipts of a message there have been since the start, taken or not."""
        return len(self._brought.get(message_id, ()))

    def reset(self) -> None:
        with self.lock:
            self.begin()

    def replay(self, message_id: int) -> Delivery:
        """Bring every receipt of a message once more, byte for byte."""
        return self.courier.bring(list(self._brought.get(message_id, ())))

    # For the dialects.

    def too_fast(self) -> bool:
        """Whether one more message now is one too many; counts it when it is not."""
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        if self.per_second is not None and len(self._recent) >= self.per_second:
            self.throttled += 1
            return True
        self._recent.append(now)
        return False

    def refused_at_first(self, to: str) -> bool:
        """Scenario `throttled`: true for the first `throttled_calls` calls for a number."""
        if self._refusals.get(to, 0) >= self.throttled_calls:
            return False
        self._refusals[to] = self._refusals.get(to, 0) + 1
        return True

    def record(
        self,
        to: str,
        sender: str,
        text: str,
        *,
        reference: str | None,
        provider_ids: tuple[str, ...],
        parts: int,
        encoding: str,
        account: str,
        receipt_url: str | None,
    ) -> Recorded:
        """The message has been taken: from here on it counts as sent."""
        return self.records.add(
            Recorded(
                id=0,
                revision=0,
                channel="sms",
                provider=self.NAME,
                at=timestamp(),
                to=to,
                sender=sender,
                text=text,
                reference=reference,
                provider_ids=provider_ids,
                parts=parts,
                encoding=encoding,
                account=account,
                receipt_url=receipt_url,
                scenario=words_of(to),
            )
        )

    def found(self, message_id: int) -> Recorded:
        message = self.records.get(message_id)
        if message is None or message.provider != self.NAME:
            raise KeyError(message_id)
        return message

    def parcel(
        self,
        message: Recorded,
        status: str,
        build: Callable[[Callable[[int | None], None]], Parcel],
        *,
        code: str = "",
        part: str = "",
    ) -> Parcel:
        """A receipt to bring; `build` makes the request from the callback that notes what came back."""

        def answered(http_status: int | None) -> None:
            report = Report(status=status, code=code, part=part, at=timestamp(), answered=http_status)
            self.records.report(message.id, report)

        parcel = build(answered)
        self._brought.setdefault(message.id, []).append(parcel)
        return parcel

    def answer(self, reply: HttpReply, parcels: Sequence[Parcel], scenario: Scenario) -> HttpReply:
        """The reply to a message that was taken, as the scenario has it, and its receipts before or after it."""
        if scenario is Scenario.receipt_first:
            self.courier.bring(parcels).wait()
            return reply
        manner = MANNERS.get(scenario, Manner.whole)
        if manner is Manner.silence:
            self.courier.bring(parcels)
            return reply._replace(manner=manner)
        body = reply.body[: len(reply.body) // 2] if scenario is Scenario.truncated else reply.body
        return reply._replace(body=body, manner=manner, afterwards=partial(self.courier.bring, parcels))


SERVER_ERROR = HttpReply(500, "text/html", b"<html><body><h1>500 Internal Server Error</h1></body></html>")
NOT_FOUND = HttpReply(404, "text/html", b"<html><body><h1>404 Not Found</h1></body></html>")
NOT_ALLOWED = HttpReply(405, "text/html", b"<html><body><h1>405 Method Not Allowed</h1></body></html>")
