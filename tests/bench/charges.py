"""What an invocation costs by AWS's list prices."""

import json
from typing import NamedTuple

from tests.bench import prices, units
from tests.bench.invocations import Invocation
from tests.bench.report import prose

HTTP = ("api", "links", "receipts", "registrar")
QUEUES = ("jobs-work", "messaging-dispatch", "messaging-settle")

# infra/template/functions.yaml, in GB; how long an invocation takes in AWS is not measured here.
MEMORY = {"api": 1.0, "links": 1.0}
OTHER_MEMORY = 0.5
SECONDS = 0.1
ASSUMED = prose(f"""
    Prices: list, {prices.REGION}, as of {prices.AS_OF} (tests/bench/prices.py). Compute assumes {SECONDS * 1000:.0f} ms
    for each invocation, which only AWS can tell.
""")


class Charge(NamedTuple):
    """US dollars, by what is charged."""

    dynamodb: float = 0.0
    calls: float = 0.0  # other AWS calls
    requests: float = 0.0  # what brings the event: gateway, queue, and the invocation itself
    compute: float = 0.0

    @property
    def other(self) -> float:
        return self.calls + self.requests

    @property
    def total(self) -> float:
        return sum(self)

    def plus(self, more: "Charge") -> "Charge":
        return Charge(*(own + other for own, other in zip(self, more, strict=True)))


def of(invocation: Invocation) -> Charge:
    """An invocation with its AWS calls, and with what brought its event."""
    requests = prices.LAMBDA_REQUEST
    if invocation.function in HTTP:
        requests += prices.API_GATEWAY_REQUEST
    if invocation.function in QUEUES:  # received and deleted; a batch of several costs less
        requests += 2 * prices.SQS_REQUEST
    if "Notification" in json.dumps(invocation.event):
        requests += prices.SNS_REQUEST
    compute = MEMORY.get(invocation.function, OTHER_MEMORY) * SECONDS * prices.LAMBDA_GB_SECOND
    return of_calls(invocation).plus(Charge(requests=requests, compute=compute))


def of_calls(invocation: Invocation) -> Charge:
    """Its AWS calls alone."""
    used = units.total(call.units for call in invocation.calls)
    return Charge(
        dynamodb=used.read * prices.DYNAMODB_READ_UNIT + used.write * prices.DYNAMODB_WRITE_UNIT,
        calls=sum(prices.call(call.name) for call in invocation.calls if call.service != "dynamodb"),
    )
