"""What SNS posts to an HTTP address, and whether SNS it was.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Anybody may have a topic, and SNS signs
for all of them: so the topic has to be the one we expect, and is part of what is signed.
"""

import base64
import re
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from functions.common import clock
from functions.common import settings as environment
from functions.common.errors import Unavailable
from functions.common.observability import logger
from functions.messaging.gateways import ReceiptRefused
from functions.messaging.gateways._transport import Limits, NeverLeft, NoAnswer, Request, Response, exchange

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

OLDEST: Final = timedelta(hours=1)
EARLIEST: Final = timedelta(minutes=5)  # by which its clock may be before ours
MOST_CERTIFICATES: Final = 16
LIMITS: Final = Limits(connect=2.0, read=4.0, total=6.0)  # SNS waits 15 s, and there may be two requests

# Whole addresses, so that no two readings of one can differ: no port, no user, no other host.
_HOST: Final = r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
_LOOPBACK: Final = r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?"  # on a laptop
_CERTIFICATE: Final = r"/[A-Za-z0-9._/-]{1,200}\.pem"
_SUBSCRIBE: Final = r"/[A-Za-z0-9._/-]{0,200}\?[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]{1,1000}"

# What is signed, in this order.
_SIGNED: Final[dict[str, tuple[str, ...]]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def opened(body: bytes, topic: str) -> str | None:
    """The message in what SNS posted from this topic; None when it is only about our subscription, which is confirmed
    when SNS asks for it.

    Raises ReceiptRefused unless SNS signed it, for this topic, within the last hour; Unavailable when SNS itself could
    not be asked for its certificate, or to confirm: it posts again after a 5xx."""
    fields = _fields(body)
    names = _SIGNED.get(fields.get("Type", ""))
    if names is None:
        raise ReceiptRefused("not a message of SNS")
    if fields.get("TopicArn") != topic:
        raise ReceiptRefused("not from the topic in `events_topic`")
    age = clock.now() - _moment(fields.get("Timestamp", ""))
    if not -EARLIEST <= age <= OLDEST:
        raise ReceiptRefused("signed too long ago")
    certificate = _certificate(fields.get("SigningCertURL", ""))
    _check(fields, names, certificate)
    if fields["Type"] == "SubscriptionConfirmation":
        _confirm(fields.get("SubscribeURL", ""))
    return fields.get("Message") if fields["Type"] == "Notification" else None


def canonical(fields: dict[str, str], names: tuple[str, ...]) -> bytes:
    """What is signed: name and value of each field that is there, a line each."""
    return "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields).encode()


_certificates: dict[str, "Certificate"] = {}
_lock = threading.Lock()


def forget_all() -> None:
    """In tests, when the world is made anew."""
    with _lock:
        _certificates.clear()


def _fields(body: bytes) -> dict[str, str]:
    """Everything in the body that is text; SNS sends nothing else, and an absent subject as null or not at all."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, object])
        text = {name: value for name, value in fields.items() if isinstance(value, str)}
        canonical(text, tuple(text))  # a lone surrogate is no text
    except (ValueError, RecursionError) as problem:
        raise ReceiptRefused("not a message of SNS") from problem
    return text


def _moment(text: str) -> datetime:
    try:
        moment = clock.read(text)
    except ValueError as problem:
        raise ReceiptRefused("signed without a time") from problem
    if moment.tzinfo is None:
        raise ReceiptRefused("signed without a time")
    return moment


def _certificate(url: str) -> "Certificate":
    """SNS's, from its own address alone; fetched once by each process."""
    from cryptography.x509 import load_pem_x509_certificate

    if not _is_of_sns(url, _CERTIFICATE):
        raise ReceiptRefused("the certificate's address is not SNS's")
    with _lock:
        kept = _certificates.get(url)
    if kept is None:
        response = _get(url)
        try:
            kept = load_pem_x509_certificate(response.body)
        except ValueError as problem:
            raise ReceiptRefused("no certificate at its address") from problem
        with _lock:
            if len(_certificates) >= MOST_CERTIFICATES:
                _certificates.pop(next(iter(_certificates)))
            _certificates[url] = kept
    if not kept.not_valid_before_utc <= clock.now() <= kept.not_valid_after_utc:
        raise ReceiptRefused("the certificate is not valid now")
    return kept


def _check(fields: dict[str, str], names: tuple[str, ...], certificate: "Certificate") -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    key = certificate.public_key()
    hashes = {"1": SHA1, "2": SHA256}
    version = hashes.get(fields.get("SignatureVersion", ""))
    if version is None or not isinstance(key, RSAPublicKey):
        raise ReceiptRefused("signed in a way that SNS does not")
    try:
        signature = base64.b64decode(fields.get("Signature", ""), validate=True)
        key.verify(signature, canonical(fields, names), PKCS1v15(), version())
    except (ValueError, InvalidSignature) as problem:
        raise ReceiptRefused("signature missing or wrong") from problem


def _confirm(url: str) -> None:
    if not _is_of_sns(url, _SUBSCRIBE):
        raise ReceiptRefused("the address to subscribe at is not SNS's")
    _get(url)
    logger.info("subscription to the events of SES confirmed")


def _is_of_sns(url: str, path: str) -> bool:
    hosts = (_HOST, _LOOPBACK) if environment.http_allowed() else (_HOST,)
    return any(re.fullmatch(host + path, url) for host in hosts)


def _get(url: str) -> Response:
    """Raises Unavailable."""
    try:
        response = exchange(Request(method="GET", url=url, headers={}), LIMITS)
    except (NeverLeft, NoAnswer) as reason:
        logger.warning("SNS not reached", extra={"why": str(reason)})
        raise Unavailable from None
    if response.status != 200:
        logger.warning("SNS refused", extra={"status": response.status})
        raise Unavailable
    return response
