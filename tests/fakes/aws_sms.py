"""AWS End User Messaging SMS: JSON 1.0 at one path, errors with a reason, and events for who uses a configuration set.

https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html. Events come by SNS and not
over HTTP: `publish` takes their JSON.
"""

import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tests.fakes.courier import Courier, Delivery
from tests.fakes.gsm import count
from tests.fakes.provider import MANNERS, NOT_ALLOWED, NOT_FOUND, SERVER_ERROR, Provider
from tests.fakes.records import Recorded, Records, Report, timestamp
from tests.fakes.scenarios import Scenario, scenario_of
from tests.fakes.wire import HttpReply, HttpRequest, Manner

ACCESS_KEY = "testing"  # any will do: the signature's presence is checked, and its service
SECRET_KEY = "testing"
DEFAULT_SENDER = "+12025550100"
PRICE = Decimal("0.00581")  # of one part
CARRIER_FEE = Decimal("0.003")
NOT_FINAL = ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT")

Publish = Callable[[str], object]  # takes the event's JSON


class Told(NamedTuple):
    kind: str
    final: bool


def _told(*kinds: str) -> tuple[Told, ...]:
    return tuple(Told(kind, kind not in NOT_FINAL) for kind in kinds)


# the events that follow, in order
EVENTS: Mapping[Scenario, Sequence[Told]] = defaultdict(
    lambda: _told("TEXT_SENT", "TEXT_DELIVERED"),
    {
        Scenario.undeliverable: _told("TEXT_SENT", "TEXT_INVALID"),
        Scenario.expires: (Told("TEXT_UNREACHABLE", False), *_told("TEXT_TTL_EXPIRED")),
        Scenario.no_receipt: (),
        Scenario.out_of_order: _told("TEXT_DELIVERED", "TEXT_SUCCESSFUL", "TEXT_QUEUED"),
        Scenario.delivered_twice: _told("TEXT_DELIVERED", "TEXT_DELIVERED"),
    },
)


class Refused(Exception):
    def __init__(self, code: str, message: str, status: int = 400, **more: object) -> None:
        super().__init__(code)
        body = {"__type": f"com.amazonaws.pinpointsmsvoicev2#{code}", "Message": message, **more}
        self.reply = HttpReply(status, "application/x-amz-json-1.0", json.dumps(body).encode())


def invalid(field: str, message: str = "The field is not valid.") -> Refused:
    fields = [{"Name": field, "Message": message}]
    return Refused("ValidationException", "Validation failed", Reason="FIELD_VALIDATION_FAILED", Fields=fields)


THROTTLED = ("ThrottlingException", "Rate exceeded")
SPENT = ("ServiceQuotaExceededException", "The monthly spending limit was reached")


class AwsSms(Provider):
    """publish: where events go; None tells nobody. tier: of the account. verified: what a sandbox reaches. opted_out:
    who wants nothing."""

    NAME = "aws-sms"
    TITLE = "AWS End User Messaging"
    STATUSES = (
        *NOT_FINAL,
        "TEXT_SUCCESSFUL",
        "TEXT_DELIVERED",
        "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED",
        "TEXT_CARRIER_UNREACHABLE",
        "TEXT_INVALID",
        "TEXT_INVALID_MESSAGE",
        "TEXT_PROTECT_BLOCKED",
        "TEXT_SPAM",
        "TEXT_TTL_EXPIRED",
        "TEXT_UNREACHABLE",
        "TEXT_UNKNOWN",
    )

    def __init__(self, records: Records, courier: Courier) -> None:
        self.publish: Publish | None = None
        super().__init__(records, courier)

    def begin(self) -> None:
        super().begin()
        self.left = Decimal(100_000)
        self.tier = "PRODUCTION"
        self.verified: set[str] = set()
        self.opted_out: set[str] = set()
        self._published: dict[int, list[Told]] = {}

    def serve(self, request: HttpRequest) -> HttpReply:
        if request.path not in ("", "/"):
            return NOT_FOUND
        if request.method != "POST":
            return NOT_ALLOWED
        if self.dead:
            return SERVER_ERROR
        try:
            _check_signature(request)
            match request.headers.get("x-amz-target", ""):
                case "PinpointSMSVoiceV2.SendTextMessage":
                    return self._send(_read(request.body))
                case "PinpointSMSVoiceV2.DescribeAccountAttributes":
                    return _json({"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": self.tier}]})
                case _:
                    raise Refused("UnknownOperationException", "")
        except Refused as refusal:
            return refusal.reply

    def trigger(self, message_id: int, status: str) -> Delivery:
        self._publish(self.found(message_id), _told(status))
        return self.courier.bring(())

    def replay(self, message_id: int) -> Delivery:
        self._tell(self.found(message_id), self._published.get(message_id, ()))
        return self.courier.bring(())

    def set_credit(self, amount: str) -> None:
        """US dollars until the month's spending limit."""
        self.left = Decimal(amount)

    def get_credit(self) -> Decimal:
        return self.left

    def reported(self, message_id: int) -> int:
        return len(self._published.get(message_id, ()))

    def _send(self, sent: Mapping[str, object]) -> HttpReply:
        to, text = str(sent.get("DestinationPhoneNumber", "")), str(sent.get("MessageBody", ""))
        _check(sent, to, text)
        scenario = scenario_of(to)
        with self.lock:
            self._refuse(sent, to, scenario)
            if scenario is Scenario.server_error:
                return SERVER_ERROR
            message = self._take(sent, to, text)
        told = EVENTS[scenario] if message.account else ()
        reply = _json({"MessageId": message.provider_ids[0]})
        if scenario is Scenario.receipt_first:
            self._publish(message, told)
            return reply
        body = reply.body[: len(reply.body) // 2] if scenario is Scenario.truncated else reply.body
        return reply._replace(
            body=body,
            manner=MANNERS.get(scenario, Manner.whole),
            afterwards=lambda: self._publish(message, told),
        )

    def _refuse(self, sent: Mapping[str, object], to: str, scenario: Scenario) -> None:
        if scenario is Scenario.bad_number:
            raise invalid("DestinationPhoneNumber", "The phone number is not valid.")
        if scenario is Scenario.no_credit:
            raise Refused(*SPENT, Reason="MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
        if scenario is Scenario.bad_sender:
            identity = sent.get("OriginationIdentity", "")
            said = "Resource not found"
            raise Refused("ResourceNotFoundException", said, ResourceType="sender-id", ResourceId=identity)
        if scenario is Scenario.temporary or self.too_fast():
            raise Refused(*THROTTLED)
        if scenario is Scenario.throttled and self.refused_at_first(to):
            raise Refused(*THROTTLED)
        if to in self.opted_out:
            said = f"The number {to} has opted out"
            raise Refused("ConflictException", said, Reason="DESTINATION_PHONE_NUMBER_OPTED_OUT")
        if self.tier == "SANDBOX" and to not in self.verified:
            said = "The destination is not verified"
            raise Refused("ConflictException", said, Reason="DESTINATION_PHONE_NUMBER_NOT_VERIFIED")

    def _take(self, sent: Mapping[str, object], to: str, text: str) -> Recorded:
        counted = count(text)
        price = (PRICE + CARRIER_FEE) * counted.parts
        if "MaxPrice" in sent and price > Decimal(str(sent["MaxPrice"])):
            raise Refused("ValidationException", "The message costs more", Reason="PRICE_OVER_THRESHOLD")
        if price > self.left:
            raise Refused(*SPENT, Reason="MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
        self.left -= price
        context = sent.get("Context")
        return self.record(
            to,
            str(sent.get("OriginationIdentity", DEFAULT_SENDER)),
            text,
            reference=context.get("reference") if isinstance(context, dict) else None,
            provider_ids=(str(uuid.uuid4()),),
            parts=counted.parts,
            encoding=counted.encoding,
            account=str(sent.get("ConfigurationSetName", "")),
            receipt_url=None,
        )

    def _publish(self, message: Recorded, told: Sequence[Told]) -> None:
        self._published.setdefault(message.id, []).extend(told)
        self._tell(message, told)

    def _tell(self, message: Recorded, told: Sequence[Told]) -> None:
        for each in told:
            if self.publish is not None:
                self.publish(json.dumps(event(each.kind, message, final=each.final)))
                report = Report(status=each.kind, part=message.provider_ids[0], at=timestamp(), answered=200)
                self.records.report(message.id, report)


def event(kind: str, message: Recorded, *, final: bool = True) -> dict[str, object]:
    """One event in its documented shape."""
    now = int(time.time() * 1000)
    return {
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": now,
        "isFinal": final,
        "originationPhoneNumber": message.sender,
        "destinationPhoneNumber": message.to,
        "isoCountryCode": "US",
        "isInternationalSend": False,
        "mcc": "310",
        "mnc": "800",
        "carrierName": "A carrier",
        "messageId": message.provider_ids[0],
        "messageRequestTimestamp": now - 300,
        "messageEncoding": "GSM" if message.encoding == "gsm7" else "UNICODE",
        "messageType": "TRANSACTIONAL",
        "messageStatus": kind.removeprefix("TEXT_"),
        "messageStatusDescription": f"It is {kind.removeprefix('TEXT_').replace('_', ' ').lower()}",
        "context": {} if message.reference is None else {"reference": message.reference},
        "totalMessageParts": message.parts,
        "totalMessagePrice": float(PRICE * message.parts),
        "totalCarrierFee": float(CARRIER_FEE * message.parts),
    }


def _read(body: bytes) -> Mapping[str, object]:
    try:
        sent = json.loads(body)
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise Refused("SerializationException", "")
    return sent


def _check_signature(request: HttpRequest) -> None:
    authorization = request.headers.get("authorization", "")
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    if "/sms-voice/aws4_request" not in authorization:
        raise Refused("InvalidSignatureException", "Credential should be scoped to correct service: 'sms-voice'.")


def _check(sent: Mapping[str, object], to: str, text: str) -> None:
    if not re.fullmatch(r"\+?[1-9][0-9]{6,18}", to):
        raise invalid("DestinationPhoneNumber")
    if not 1 <= len(text) <= 1600 or not text.strip():
        raise invalid("MessageBody")
    if not re.fullmatch(r"[A-Za-z0-9_:/+-]{1,256}", str(sent.get("OriginationIdentity", "x"))):
        raise invalid("OriginationIdentity")
    if sent.get("MessageType") not in (None, "TRANSACTIONAL", "PROMOTIONAL"):
        raise invalid("MessageType")
    if not re.fullmatch(r"[0-9]{0,2}\.[0-9]{1,5}", str(sent.get("MaxPrice", ".1"))):
        raise invalid("MaxPrice")
    seconds = sent.get("TimeToLive", 5)
    if not isinstance(seconds, int) or not 5 <= seconds <= 259_200:
        raise invalid("TimeToLive")
    context = sent.get("Context", {})
    if not isinstance(context, dict) or len(context) > 5 or not all(1 <= len(str(v)) <= 800 for v in context.values()):
        raise invalid("Context")


def _json(body: object) -> HttpReply:
    return HttpReply(200, "application/x-amz-json-1.0", json.dumps(body).encode())
