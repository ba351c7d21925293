"""A certificate authority of our own, for servers on this machine."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=800)  # what iPhones take at most of a private authority


class Authority:
    """Issues server certificates. With a folder it stays the same from one run to the next."""

    def __init__(self, folder: Path | None = None) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        kept = folder / "authority.pem" if folder is not None else None
        if kept is not None and kept.exists():
            pem = kept.read_bytes()
            key = load_pem_private_key(pem, None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._key, self._certificate = key, x509.load_pem_x509_certificate(pem)
            return
        self._certificate = self._issue("DialReady test authority", self._key, None)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_bytes(_key_pem(self._key) + self._certificate.public_bytes(Encoding.PEM))

    @property
    def certificate(self) -> str:
        """PEM; what clients have to trust."""
        return self._certificate.public_bytes(Encoding.PEM).decode("ascii")

    def server_context(self, *names: str) -> ssl.SSLContext:
        """For a server that is reached under these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._issue(names[0], key, [_general_name(name) for name in names])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:  # ssl reads certificates from files alone
            chain = Path(folder) / "chain.pem"
            chain.touch(mode=0o600)
            chain.write_bytes(_key_pem(key) + certificate.public_bytes(Encoding.PEM))
            context.load_cert_chain(chain)
        return context

    def _issue(
        self, name: str, key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName] | None
    ) -> x509.Certificate:
        """A server's certificate, or without names the authority's own."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if names is None else self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        )
        if names is None:
            builder = builder.add_extension(identifier, critical=False).add_extension(_SIGNS, critical=True)
        else:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
        return builder.sign(self._key, SHA256())


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
