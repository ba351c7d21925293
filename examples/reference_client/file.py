"""The provisioning file, read: what a phone needs of it, or why it cannot be used.

An operating system hands us whatever carries our type, from wherever it came. So nothing of it is used before all of it
has been checked, and what a person is told never repeats what the file says."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from xmlschema import XMLResource, XMLResourceError, XMLSchema
from xmlschema.exceptions import XMLSchemaException

NAMESPACE: Final = "urn:dialready:privategsm:1"
SCHEMA: Final = Path(__file__).parents[2] / "docs" / "clients" / "privategsm.xsd"
LARGEST: Final = 256 * 1024  # bytes; a real one has some two thousand

_NAMES: Final = {"": NAMESPACE}
_ENCRYPTION: Final = {"end-to-end": "zrtp", "end-to-site": "srtp"}


class Unusable(Exception):
    """The file is not one, is broken, or asks for what it must not. The message is for the person."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    full_name: str
    number: str
    username: str  # the digest user, which is not the number
    password: str = field(repr=False)
    realm: str
    domain: str
    proxy_host: str
    proxy_port: int
    transport: str
    register_expires_seconds: int
    stun_server: str | None = None
    encryption: str  # zrtp or srtp; no call without it
    codecs: tuple[str, ...] = ()  # most wanted first
    support: str | None = None  # whom to call when it does not work
    test_call_number: str | None = None


def read(path: Path) -> Settings:
    """Raises Unusable."""
    root = _root(path)
    schema = XMLSchema(SCHEMA)
    _leave_out_the_unknown(root, schema, "provisioning")
    for error in schema.iter_errors(root):
        raise Unusable(f"The file is not as it must be, at {error.path}.")

    def text(name: str) -> str | None:
        return root.findtext(name, namespaces=_NAMES)

    def said(name: str) -> str:
        return text(name) or ""  # the schema made sure of it

    encryption = said("media/encryption")
    if encryption != _ENCRYPTION[said("media/security_model")]:
        raise Unusable("The file contradicts itself about who can hear a call.")
    return Settings(
        full_name=said("account/full_name"),
        number=said("account/number"),
        username=said("credentials/username"),
        password=said("credentials/password"),
        realm=said("credentials/realm"),
        domain=said("sip/domain"),
        proxy_host=said("sip/proxy_host"),
        proxy_port=int(said("sip/proxy_port")),
        transport=said("sip/transport"),
        register_expires_seconds=int(said("sip/register_expires_seconds")),
        stun_server=text("sip/stun_server"),
        encryption=encryption,
        codecs=tuple(codec.text or "" for codec in root.findall("media/codec", _NAMES)),
        support=text("support/phone") or text("support/email"),
        test_call_number=text("support/test_call_number"),
    )


def _root(path: Path) -> Element:
    """The root element. Raises Unusable for what is no XML, declares entities, or is no provisioning file."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable("The file is too large to be a provisioning file.")
        root: Element = XMLResource(path, allow="local", defuse="always").root
    except (OSError, SyntaxError, ValueError, XMLResourceError, XMLSchemaException):
        raise Unusable("The file cannot be read, or is not XML.") from None
    if root.tag != f"{{{NAMESPACE}}}provisioning":
        raise Unusable("The file is not a provisioning file that this version understands.")
    return root


def _leave_out_the_unknown(element: Element, schema: XMLSchema, path: str) -> None:
    """A later server may say more than this client knows."""
    for child in list(element):
        known = f"{path}/{child.tag.removeprefix(f'{{{NAMESPACE}}}')}"
        if schema.find(known, _NAMES) is None:
            element.remove(child)
        else:
            _leave_out_the_unknown(child, schema, known)
