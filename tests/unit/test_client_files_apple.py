"""Apple configuration profiles: read back by a reader of XML that plistlib has no part in, and verified by OpenSSL."""

import base64
import plistlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given

from functions.provisioning.clients import ClientFile, Unrenderable
from functions.provisioning.clients._apple import WebClip, der, profile, signed
from tests.unit.client_files import HOSTILE, NAMES, NEVER, Element, read_xml

IDENTIFIER: Final = "net.example.activation.zoe"
CLIP: Final = WebClip(label="Activate phone", url="https://go.example.net/a/AbC")
PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

Value = str | int | bool | bytes | dict[str, "Value"] | list["Value"]


class Authority:
    """A certificate and its key, signed by another or by itself."""

    def __init__(self, name: str, by: "Authority | None" = None) -> None:
        self.private: ec.EllipticCurvePrivateKey = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self.certificate: x509.Certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign((by or self).private, hashes.SHA256())
        )
        self.pem: str = self.certificate.public_bytes(Encoding.PEM).decode()
        self.key: str = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


ROOT: Final = Authority("Example Root")


def read(file: ClientFile) -> dict[str, Value]:
    """A property list, from its elements alone."""
    head, _, rest = file.body.decode().partition("<plist")
    assert head.count("<!DOCTYPE plist") == 1
    elements = read_xml(b'<?xml version="1.0" encoding="UTF-8"?>\n<plist' + rest.encode())
    found = value(elements[:-1])
    assert isinstance(found, dict)
    return found


def value(elements: list[Element]) -> Value:
    """The value whose end is the last of these elements, and what ended within it before."""
    own = elements[-1]
    kind, depth = own.path.rpartition("/")[2], own.path.count("/") + 1
    if kind == "data":
        return base64.b64decode(own.text)
    if kind not in ("dict", "array"):
        return own.text if kind in ("string", "integer", "key") else kind == "true"
    parts: list[list[Element]] = [[]]
    for element in elements[:-1]:
        parts[-1].append(element)
        if element.path.count("/") == depth:
            parts.append([])
    assert not parts.pop()
    values = [value(part) for part in parts]
    if kind == "array":
        return values
    assert all(part[-1].path.endswith("/key") for part in parts[::2])
    return {str(key): text for key, text in zip(values[::2], values[1::2], strict=True)}


def payloads(file: ClientFile) -> list[dict[str, Value]]:
    contents = read(file)["PayloadContent"]
    assert isinstance(contents, list)
    return [each for each in contents if isinstance(each, dict)]


def test_a_web_clip_opens_the_page() -> None:
    made = profile(IDENTIFIER, "Example Mobile", "Example Ltd", web_clip=CLIP)
    assert (made.content_type, made.file_name) == ("application/x-apple-aspen-config", "dialready.mobileconfig")
    top = read(made)
    assert (top["PayloadType"], top["PayloadVersion"], top["PayloadIdentifier"]) == ("Configuration", "1", IDENTIFIER)
    assert (top["PayloadDisplayName"], top["PayloadOrganization"]) == ("Example Mobile", "Example Ltd")
    (clip,) = payloads(made)
    assert clip["PayloadType"] == "com.apple.webClip.managed"
    assert (clip["Label"], clip["URL"], clip["IsRemovable"]) == ("Activate phone", CLIP.url, True)
    assert "Icon" not in clip


def test_an_icon_and_a_certificate_come_as_they_are() -> None:
    clip = WebClip(label="Activate", url="https://go.example.net/", icon=PNG)
    first, second = payloads(profile(IDENTIFIER, "Example", "Example Ltd", web_clip=clip, root_ca=ROOT.pem))
    assert first["Icon"] == PNG
    assert second["PayloadType"] == "com.apple.security.root"
    assert second["PayloadContent"] == ROOT.certificate.public_bytes(Encoding.DER)


def test_the_same_profile_replaces_the_one_before() -> None:
    one = profile(IDENTIFIER, "Example", "Example Ltd", web_clip=CLIP, root_ca=ROOT.pem)
    other = profile("net.example.other", "Example", "Example Ltd", web_clip=CLIP, root_ca=ROOT.pem)
    again = profile(IDENTIFIER, "Renamed", "Example Ltd", web_clip=CLIP, root_ca=ROOT.pem)
    ids = [[str(each["PayloadUUID"]) for each in (read(made), *payloads(made))] for made in (one, other, again)]
    assert ids[0] == ids[2]
    assert len({*ids[0], *ids[1]}) == 6
    assert all(str(UUID(each)).upper() == each for each in ids[0])


@given(NAMES.filter(lambda text: text.strip()))
@example("]]>")
@example("&amp;")
def test_any_name_reads_back(text: str) -> None:
    made = profile(IDENTIFIER, text, text, web_clip=WebClip(label=text, url=CLIP.url))
    assert read(made)["PayloadDisplayName"] == read(made)["PayloadOrganization"] == text
    assert payloads(made)[0]["Label"] == text
    assert plistlib.loads(made.body)["PayloadContent"][0]["Label"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_read_back(text: str) -> None:
    assert payloads(profile(IDENTIFIER, "A", "B", web_clip=WebClip(label=text, url=CLIP.url)))[0]["Label"] == text


@pytest.mark.parametrize("character", NEVER)
def test_what_a_property_list_cannot_carry_is_refused(character: str) -> None:
    for name, label in ((f"Zoë{character}", "A"), ("A", f"Zoë{character}")):
        with pytest.raises(Unrenderable) as refused:
            profile(IDENTIFIER, name, "B", web_clip=WebClip(label=label, url=CLIP.url))
        assert "Zoë" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://go.example.net/", "linphone-config://x", "https://", "https://a b", "", "https://[",
                                 "javascript:alert(1)"])  # fmt: skip
def test_a_web_clip_opens_https_only(url: str) -> None:
    with pytest.raises(Unrenderable, match="https"):
        profile(IDENTIFIER, "A", "B", web_clip=WebClip(label="A", url=url))


def test_nothing_to_install_is_no_profile() -> None:
    with pytest.raises(Unrenderable):
        profile(IDENTIFIER, "A", "B")


@pytest.mark.parametrize("identifier", ["", "zoe", "a b.c", "a..b", "a.b\n", "ü.b"])
def test_an_identifier_is_a_reverse_domain_name(identifier: str) -> None:
    with pytest.raises(Unrenderable):
        profile(identifier, "A", "B", web_clip=CLIP)


def test_an_icon_is_a_png() -> None:
    with pytest.raises(Unrenderable, match="PNG"):
        profile(IDENTIFIER, "A", "B", web_clip=WebClip(label="A", url=CLIP.url, icon=b"GIF89a"))


@pytest.mark.parametrize("pem", ["", "x", ROOT.pem * 2, ROOT.key, ROOT.pem.replace("MII", "!!!"),
                                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])  # fmt: skip
def test_a_certificate_is_one_certificate(pem: str) -> None:
    with pytest.raises(Unrenderable, match="PEM"):
        der(pem)


def test_openssl_finds_the_signed_profile_whole_and_its_chain_good(tmp_path: Path) -> None:
    between = Authority("Example Between", ROOT)
    signer = Authority("Example Profiles", between)
    plain = profile(IDENTIFIER, "Zoë & Co", "Example Ltd", web_clip=CLIP)
    made = signed(plain, signer.pem, signer.key, [between.pem])
    assert (made.content_type, made.file_name) == (plain.content_type, plain.file_name)
    assert verified(made.body, tmp_path) == plain.body


def test_openssl_refuses_a_signed_profile_that_was_changed(tmp_path: Path) -> None:
    signer = Authority("Example Profiles", ROOT)
    made = signed(profile(IDENTIFIER, "Example Mobile", "Example Ltd", web_clip=CLIP), signer.pem, signer.key)
    with pytest.raises(subprocess.CalledProcessError):
        verified(made.body.replace(b"Activate phone", b"Activate Phone"), tmp_path)


def test_a_key_of_another_certificate_does_not_sign() -> None:
    file = profile(IDENTIFIER, "A", "B", web_clip=CLIP)
    other = Authority("Other")
    for certificate, key, chain in (
        (ROOT.pem, other.key, []),
        (ROOT.pem, "no key", []),
        ("no certificate", ROOT.key, []),
        (ROOT.pem, ROOT.key, ["no certificate"]),
    ):
        with pytest.raises(Unrenderable) as refused:
            signed(file, certificate, key, chain)
        assert "no key" not in str(refused.value)


def verified(body: bytes, folder: Path) -> bytes:
    """What OpenSSL takes out of the envelope. Raises CalledProcessError where signature or chain is not good."""
    (folder / "root.pem").write_text(ROOT.pem)
    (folder / "signed").write_bytes(body)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile", "root.pem", "-purpose", "any"]
    return subprocess.run([*command, "-binary"], cwd=folder, check=True, capture_output=True, timeout=60).stdout
