"""An SNS topic as an HTTP subscriber meets it: signed envelopes, the certificate, and the subscription to confirm.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The string that is signed is written
anew here, so that a mistake in the product cannot agree with itself.
"""

import base64
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.fakes.records import timestamp
from tests.fakes.wire import HttpReply, HttpRequest

TOPIC_ARN = "arn:aws:sns:eu-west-1:000000000000:local-ses-events"
CERTIFICATE = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"

Envelope = dict[str, str]


class Topic:
    """`base_url` is where its certificate and its subscriptions are asked for; set it before anything is signed."""

    def __init__(self, arn: str = TOPIC_ARN) -> None:
        self.arn = arn
        self.base_url = ""
        self.certificates_fetched = 0
        self.confirmed: list[str] = []  # tokens
        self.refuses = False  # answers nothing but HTTP 500

    def serve(self, request: HttpRequest) -> HttpReply | None:
        """Answers what SNS answers; None for anything else."""
        if request.method != "GET":
            return None
        if request.path == CERTIFICATE:
            self.certificates_fetched += 1
            return HttpReply(500) if self.refuses else HttpReply(200, "application/x-pem-file", self.certificate)
        if request.path == "/" and request.query.get("Action") == "ConfirmSubscription":
            if self.refuses:
                return HttpReply(500)
            self.confirmed.append(request.query["Token"])
            return HttpReply(200, "text/xml", b"<ConfirmSubscriptionResponse/>")
        return None

    def notification(self, message: str, version: str = "2", **other: str) -> Envelope:
        """What it posts of a message; `other` replaces fields before they are signed."""
        envelope = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": self.arn,
            "Subject": "Amazon SES Email Event Notification",
            "Message": message,
            "Timestamp": timestamp(),
            "SigningCertURL": f"{self.base_url}{CERTIFICATE}",
            "UnsubscribeURL": f"{self.base_url}/?Action=Unsubscribe",
            **other,
        }
        return self.sign(envelope, version)

    def subscription(self, version: str = "2", **other: str) -> Envelope:
        """What it posts to a new subscriber."""
        token = secrets.token_hex(32)
        asked = urlencode({"Action": "ConfirmSubscription", "TopicArn": self.arn, "Token": token})
        envelope = {
            "Type": "SubscriptionConfirmation",
            "MessageId": str(uuid.uuid4()),
            "Token": token,
            "TopicArn": self.arn,
            "Message": f"You have chosen to subscribe to the topic {self.arn}.",
            "SubscribeURL": f"{self.base_url}/?{asked}",
            "Timestamp": timestamp(),
            "SigningCertURL": f"{self.base_url}{CERTIFICATE}",
            **other,
        }
        return self.sign(envelope, version)

    def sign(self, envelope: Envelope, version: str) -> Envelope:
        """With SHA-1 (version 1) or SHA-256 (version 2)."""
        joined = ""
        for name in sorted(envelope):
            if name not in ("SigningCertURL", "UnsubscribeURL", "SignatureVersion", "Signature"):
                joined += name + "\n" + envelope[name] + "\n"
        signature = self._key.sign(joined.encode(), PKCS1v15(), SHA1() if version == "1" else SHA256())
        return {**envelope, "SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}

    @cached_property
    def _key(self) -> RSAPrivateKey:
        return generate_private_key(65_537, 2048)

    @cached_property
    def certificate(self) -> bytes:
        return self.certificate_for(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=365))

    def certificate_for(self, begin: datetime, end: datetime) -> bytes:
        """Valid for this time; PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .sign(self._key, SHA256())
            .public_bytes(Encoding.PEM)
        )
