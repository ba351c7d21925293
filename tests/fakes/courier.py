"""Brings receipts to whoever asked for them: in order, again when nobody took one, and not before it is let go."""

import heapq
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import urllib3

from tests.fakes.records import LONGEST_WAIT

RETRY_AFTER = (0.2, 1.0, 5.0)  # seconds; providers wait longer, but do come again


class Parcel(NamedTuple):
    """One HTTP request to make. `answered` is told the status, or None when nobody answered."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    answered: Callable[[int | None], None]


class Delivery:
    """What became of some parcels; each counts once it was tried, taken or not."""

    def __init__(self, parcels: int) -> None:
        self._open = parcels
        self._tried = threading.Event()
        if not parcels:
            self._tried.set()

    def one_tried(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._tried.set()

    def wait(self, timeout: float = LONGEST_WAIT) -> bool:
        return self._tried.wait(timeout)


class _Waiting(NamedTuple):
    due: float
    order: int
    attempt: int
    parcel: Parcel
    delivery: Delivery


class Courier:
    def __init__(self, trust: Path | None = None) -> None:
        """`trust`: a CA certificate to take for good beside the public ones."""
        context = ssl.create_default_context()
        if trust is not None:
            context.load_verify_locations(trust)
        self._http = urllib3.PoolManager(ssl_context=context, retries=False, timeout=urllib3.Timeout(3, 30))
        self._waiting: list[_Waiting] = []
        self._held: list[_Waiting] = []
        self._holding = False
        self._under_way = 0
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(LONGEST_WAIT)
        self._http.clear()

    def bring(self, parcels: Sequence[Parcel]) -> Delivery:
        """Queue these, in this order."""
        delivery = Delivery(len(parcels))
        with self._changed:
            for parcel in parcels:
                self._queue(_Waiting(time.monotonic(), next(self._order), 0, parcel, delivery))
            self._changed.notify_all()
        return delivery

    @property
    def holding(self) -> bool:
        return self._holding

    @property
    def held(self) -> int:
        """How many wait to be let go."""
        with self._changed:
            return len(self._held)

    def hold(self) -> None:
        """Keep every receipt back until `release`."""
        with self._changed:
            self._holding = True
            self._held, self._waiting = sorted([*self._held, *self._waiting]), []

    def release(self, newest_first: bool = False) -> None:
        """Bring what was held back, in order or the wrong way round."""
        with self._changed:
            self._holding = False
            for waiting in sorted(self._held, reverse=newest_first):
                self._queue(waiting._replace(due=0.0, order=next(self._order)))
            self._held = []
            self._changed.notify_all()

    def settled(self, timeout: float = LONGEST_WAIT) -> bool:
        """Wait until nothing is under way or due again; what is held back does not count."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout)

    def forget(self) -> None:
        with self._changed:
            self._waiting, self._held, self._holding = [], [], False
            self._changed.notify_all()

    def _queue(self, waiting: _Waiting) -> None:
        if self._holding:
            self._held.append(waiting)
        else:
            heapq.heappush(self._waiting, waiting)

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            status = self._post(waiting.parcel)
            waiting.parcel.answered(status)
            with self._changed:
                if waiting.attempt == 0:
                    waiting.delivery.one_tried()
                taken = status is not None and 200 <= status < 300
                if not taken and waiting.attempt < len(RETRY_AFTER):
                    due = time.monotonic() + RETRY_AFTER[waiting.attempt]
                    self._queue(waiting._replace(due=due, order=next(self._order), attempt=waiting.attempt + 1))
                self._under_way -= 1
                self._changed.notify_all()

    def _next(self) -> _Waiting | None:
        """The next one when it is due; None at the end."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    self._under_way += 1
                    return heapq.heappop(self._waiting)
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)
            return None

    def _post(self, parcel: Parcel) -> int | None:
        try:
            return self._http.request(
                parcel.method, parcel.url, headers=parcel.headers, body=parcel.body or None, redirect=False
            ).status
        except urllib3.exceptions.HTTPError:
            return None
