"""Apple configuration profile: an icon that opens a page, a private certificate authority, or both.

No profile carries a SIP account; this one brings a person to the page that starts the client, and makes the device
trust the servers. UUIDs follow from the identifier, so that a second profile of the same name replaces the first.

Facts: https://developer.apple.com/documentation/devicemanagement/toplevel, .../webclip and .../certificateroot.
"""

import base64
import plistlib
import re
from collections.abc import Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from functions.provisioning.clients import ClientFile, Unrenderable
from functions.provisioning.clients._address import is_https
from functions.provisioning.clients._xml import carried

CONTENT_TYPE: Final = "application/x-apple-aspen-config"

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,15}")  # reverse DNS
_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END CERTIFICATE-----\s*", re.ASCII
)
_PNG: Final = b"\x89PNG\r\n\x1a\n"

Payload = dict[str, object]


class WebClip(msgspec.Struct, frozen=True, kw_only=True):
    """An icon on the home screen that opens an https address; other schemes do not work there."""

    label: str
    url: str
    icon: bytes | None = None  # PNG


def profile(
    identifier: str, name: str, organization: str, *, web_clip: WebClip | None = None, root_ca: str | None = None
) -> ClientFile:
    """identifier: reverse DNS, the same for what shall replace each other. root_ca: one certificate in PEM.

    Raises Unrenderable for a wrong value, and when there is nothing to install."""
    if not _IDENTIFIER.fullmatch(identifier):
        raise Unrenderable("identifier: not a reverse domain name")
    contents = [
        *([_web_clip(identifier, web_clip)] if web_clip is not None else []),
        *([_root_ca(identifier, name, root_ca)] if root_ca is not None else []),
    ]
    if not contents:
        raise Unrenderable("neither a web clip nor a certificate: nothing to install")
    top = {
        **_payload("Configuration", identifier, _text("name", name)),
        "PayloadOrganization": _text("organization", organization),
        "PayloadContent": contents,
    }
    return ClientFile(CONTENT_TYPE, "dialready.mobileconfig", plistlib.dumps(top))


def signed(file: ClientFile, certificate: str, key: str, chain: Sequence[str] = ()) -> ClientFile:
    """The profile in a CMS envelope (DER), which devices show as verified where they trust `certificate`.

    All in PEM, `key` without a passphrase; chain: the certificates between that one and its root. Raises Unrenderable
    for what is none."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
    from cryptography.x509 import load_pem_x509_certificate

    try:
        private = load_pem_private_key(key.encode(), password=None)
        signer = load_pem_x509_certificate(certificate.encode())
        between = [load_pem_x509_certificate(each.encode()) for each in chain]
    except (TypeError, ValueError):
        raise Unrenderable("the signing certificate, its key or its chain is not in PEM") from None
    if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey) or private.public_key() != signer.public_key():
        raise Unrenderable("the signing key is not the certificate's")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(file.body).add_signer(signer, private, hashes.SHA256())
    for each in between:
        builder = builder.add_certificate(each)
    body = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    return ClientFile(file.content_type, file.file_name, body)


def _web_clip(identifier: str, clip: WebClip) -> Payload:
    return {
        **_payload("com.apple.webClip.managed", f"{identifier}.webclip", _text("label", clip.label)),
        "Label": clip.label,
        "URL": _https(clip.url),
        "IsRemovable": True,
        **({"Icon": _png(clip.icon), "Precomposed": True} if clip.icon is not None else {}),
    }


def _root_ca(identifier: str, name: str, pem: str) -> Payload:
    return {
        **_payload("com.apple.security.root", f"{identifier}.ca", name),
        "PayloadCertificateFileName": "ca.cer",
        "PayloadContent": der(pem),
    }


def _payload(type_: str, identifier: str, name: str) -> Payload:
    return {
        "PayloadType": type_,
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid5(NAMESPACE_URL, identifier)).upper(),
        "PayloadDisplayName": name,
    }


def der(pem: str) -> bytes:
    """One certificate in PEM as DER. Raises Unrenderable."""
    found = _CERTIFICATE.fullmatch(pem.strip() + "\n")
    try:
        body = base64.b64decode("".join(found[1].split()), validate=True) if found else b""
    except ValueError:
        body = b""
    if not body.startswith(b"\x30"):  # an ASN.1 SEQUENCE
        raise Unrenderable("root_ca: not one certificate in PEM")
    return body


def _text(name: str, text: str) -> str:
    if not text.strip() or not carried(text):
        raise Unrenderable(f"{name}: empty, or with a character that a property list cannot carry")
    return text


def _https(url: str) -> str:
    if not is_https(url):
        raise Unrenderable("web clip: not an https address")
    return url


def _png(icon: bytes) -> bytes:
    if not icon.startswith(_PNG):
        raise Unrenderable("web clip: the icon is no PNG picture")
    return icon
