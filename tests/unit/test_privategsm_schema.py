"""The schema of PrivateGSM's file: it takes whatever we make of what our own edge lets in, and nothing that is broken.

The reference client's reader stands behind the same schema: it reads every file back, and says why it will not."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmlschema import XMLSchema

from examples.reference_client.file import Unusable, read
from functions.accounts.models import digest_user
from functions.common.types import Email, Host, Language, Name, Number, Port, Text, Username
from functions.provisioning.clients import Codec, Credentials, Phone, PinPolicy, SecurityModel, client
from functions.provisioning.fields import Dialled, Stun
from tests.unit.client_files import HOSTILE, PHONE

_DOCS: Final = Path(__file__).parents[2] / "docs" / "clients"
_SPACE: Final = "{urn:dialready:privategsm:1}"
_FREE_TEXT: Final = frozenset({"full_name", "oem_licence_code", "setting"})
_OPTIONAL: Final = frozenset(
    {"stun_server", "codec", "oem_licence_code", "phone", "email", "test_call_number", "setting"}
)

SCHEMA: Final = XMLSchema(_DOCS / "privategsm.xsd")
EXAMPLE: Final = (_DOCS / "privategsm.md").read_text().split("```xml\n")[1].split("```")[0]


def let_in(kind: Any) -> st.SearchStrategy[Any]:
    """Anything that one of our edge's own types takes."""
    of, limits = get_args(kind)
    if of is int:
        return st.integers(limits.ge, limits.le)
    texts = st.from_regex(re.compile(limits.pattern), fullmatch=True)
    return texts.filter(lambda text: (limits.min_length or 0) <= len(text) <= (limits.max_length or len(text)))


_INT: Final = st.integers(1, 1440)
_SECRETS: Final = st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", min_size=24, max_size=24)
PHONES: Final = st.builds(
    Phone,
    full_name=let_in(Name) | st.sampled_from(HOSTILE),
    number=st.from_regex(r"\+[1-9][0-9]{6,14}|[1-9][0-9]{1,5}", fullmatch=True),
    credentials=st.builds(
        Credentials,
        username=st.builds(digest_user, let_in(Username), st.integers(1, 5)),
        password=_SECRETS,
        realm=let_in(Host),
        ha1_md5=st.just(""),
        ha1_sha256=st.just(""),
        algorithm=st.sampled_from(["MD5", "SHA-256"]),
    ),
    domain=let_in(Host),
    proxy_host=let_in(Host),
    proxy_port=let_in(Port),
    register_expires_seconds=st.integers(60, 86_400),
    stun_server=st.none() | let_in(Stun),
    codecs=st.lists(st.sampled_from(get_args(Codec)), max_size=10).map(tuple),
    security_model=st.sampled_from(SecurityModel),
    obfuscation=st.booleans(),
    obfuscation_key=st.integers(0, 2**31 - 1),
    keep_alive=st.booleans(),
    language=let_in(Language),
    customer_service_phone=st.none() | let_in(Number),
    customer_service_email=st.none() | let_in(Email),
    test_call_number=st.none() | let_in(Dialled),
    client_logging=st.booleans(),
    read_only_settings=st.booleans(),
    oem_licence_code=st.none() | let_in(Text),
    messaging=st.booleans(),
    history_size_editable=st.booleans(),
    pin=st.builds(
        PinPolicy,
        required=st.booleans(),
        idle_lock_minutes=_INT,
        attempts=st.integers(1, 20),
        lockout_minutes=_INT,
    ),
    extra=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True), let_in(Text), max_size=5).map(
        lambda settings: {key: value for key, value in settings.items() if key != "content_type"}
    ),
)


def accepted(file: bytes | str) -> bool:
    try:
        return SCHEMA.is_valid(ET.fromstring(file))
    except ET.ParseError:
        return False


def rendered(phone: Phone) -> bytes:
    return client("privategsm").render(phone).body


@given(PHONES)
def test_whatever_we_render_is_valid(phone: Phone) -> None:
    SCHEMA.validate(ET.fromstring(rendered(phone)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_valid_and_the_reference_client_reads_them_to_the_letter(name: str, tmp_path: Path) -> None:
    phone = msgspec.structs.replace(PHONE, full_name=name, oem_licence_code=name, extra={"home_page": name})
    file = tmp_path / "activation.privategsm"
    file.write_bytes(rendered(phone))
    settings = read(file)
    assert settings.full_name == name
    assert (settings.username, settings.password) == (phone.credentials.username, phone.credentials.password)
    assert settings.codecs == phone.codecs
    assert phone.credentials.password not in repr(settings)


def test_every_element_of_the_schema_is_documented_and_the_documented_example_is_valid() -> None:
    page = (_DOCS / "privategsm.md").read_text()
    SCHEMA.validate(ET.fromstring(EXAMPLE))
    for section in SCHEMA.elements["provisioning"]:
        for element in section.iterchildren():
            assert f"`{section.local_name}/{element.local_name}`" in page, f"{section.local_name}/{element.local_name}"


def _leaves() -> list[str]:
    return [f"{section.tag}/{leaf.tag}" for section in ET.fromstring(EXAMPLE) for leaf in section]


@pytest.mark.parametrize("path", sorted(set(_leaves())), ids=lambda path: path.replace(_SPACE, ""))
def test_what_must_be_said_is_missed_and_nothing_is_said_twice_or_wrongly(path: str) -> None:
    name = path.rpartition("}")[2]
    assert accepted(_changed(lambda root: _remove(root, path))) is (name in _OPTIONAL)
    assert accepted(_changed(lambda root: _repeat(root, path))) is (name == "codec")
    assert not accepted(_changed(lambda root: _say(root, path, "\t")))
    assert accepted(_changed(lambda root: _say(root, path, "\N{SNOWMAN}"))) is (name in _FREE_TEXT)


_WRONG: Final[dict[str, Callable[[ET.Element], None]]] = {
    "a number that is an address": lambda root: _say(root, f"{_SPACE}account/{_SPACE}number", "sip:+12025550123"),
    "a port beyond the last": lambda root: _say(root, f"{_SPACE}sip/{_SPACE}proxy_port", "65536"),
    "an expiry of never": lambda root: _say(root, f"{_SPACE}sip/{_SPACE}register_expires_seconds", "0"),
    "a flag in figures": lambda root: _say(root, f"{_SPACE}sip/{_SPACE}keep_alive", "1"),
    "encryption that is no duty": lambda root: _say(root, f"{_SPACE}media/{_SPACE}encryption_mandatory", "false"),
    "no encryption": lambda root: _say(root, f"{_SPACE}media/{_SPACE}encryption", "none"),
    "an algorithm nobody answers": lambda root: _say(root, f"{_SPACE}credentials/{_SPACE}algorithm", "sha-256"),
    "a line feed in the name": lambda root: _say(root, f"{_SPACE}account/{_SPACE}full_name", "Zoë\nÜnal"),
    "a name of 201 characters": lambda root: _say(root, f"{_SPACE}account/{_SPACE}full_name", "n" * 201),
    "a section twice": lambda root: root.append(ET.fromstring(ET.tostring(root[0]))),
    "sections in another order": lambda root: root.insert(0, root[-1]),
    "a section that nobody knows": lambda root: root.append(ET.Element(f"{_SPACE}surprise")),
    "a section of another's": lambda root: root.append(ET.Element("{urn:example}surprise")),
    "an attribute": lambda root: root[0].set("id", "1"),
    "text between the elements": lambda root: setattr(root[0], "tail", "text"),
    "another root": lambda root: setattr(root, "tag", f"{_SPACE}configuration"),
    "another version's namespace": lambda root: setattr(root, "tag", "{urn:dialready:privategsm:2}provisioning"),
    "no namespace": lambda root: _without_namespace(root),
}


@pytest.mark.parametrize("what", _WRONG)
def test_a_broken_file_is_not_valid(what: str) -> None:
    assert not accepted(_changed(_WRONG[what]))


@given(st.integers(1, len(EXAMPLE.encode().rstrip()) - 1))
def test_a_file_that_ends_too_early_is_not_valid(length: int) -> None:
    assert not accepted(EXAMPLE.encode()[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>This link has expired.</body></html>",
        EXAMPLE.encode()[:-40],
        EXAMPLE.encode("utf-16"),  # says UTF-8
        EXAMPLE.replace("privategsm:1", "privategsm:2").encode(),
        EXAMPLE.replace(
            "<provisioning", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><provisioning'
        ).encode(),
        EXAMPLE.replace(">zrtp<", ">srtp<").encode(),  # end-to-end, and yet not
        EXAMPLE.replace("+12025550123", "+1202555012x").encode(),
        EXAMPLE.replace("</provisioning>", "<!--" + "x" * 300_000 + "--></provisioning>").encode(),
    ],
    ids=["empty", "a page", "cut off", "another encoding", "version 2", "entities", "contradiction", "number", "large"],
)
def test_the_reference_client_refuses_what_it_cannot_trust_and_repeats_nothing_of_it(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "activation.privategsm"
    file.write_bytes(content)
    with pytest.raises(Unusable) as refused:
        read(file)
    assert "4vJ9hQmX" not in str(refused.value)
    assert "1202555" not in str(refused.value)


def test_the_reference_client_leaves_out_what_it_does_not_know(tmp_path: Path) -> None:
    """A later server may say more under the same namespace."""
    later = EXAMPLE.replace("</sip>", "<push>on</push></sip>").replace(
        "</provisioning>", '<video xmlns:x="urn:x"><x:codec/></video></provisioning>'
    )
    assert not accepted(later)
    file = tmp_path / "activation.privategsm"
    file.write_text(later)
    assert read(file).proxy_host == "edge.example.net"


def _changed(change: Callable[[ET.Element], None]) -> bytes:
    root = ET.fromstring(EXAMPLE)
    change(root)
    return ET.tostring(root)


def _say(root: ET.Element, path: str, text: str) -> None:
    found = root.find(path)
    assert found is not None
    found.text = text


def _remove(root: ET.Element, path: str) -> None:
    for section in root:
        for leaf in list(section):
            if f"{section.tag}/{leaf.tag}" == path:
                section.remove(leaf)


def _repeat(root: ET.Element, path: str) -> None:
    """Says an element once more, beside itself."""
    for section in root:
        for at, leaf in enumerate(list(section)):
            if f"{section.tag}/{leaf.tag}" == path:
                section.insert(at, ET.fromstring(ET.tostring(leaf)))
                return


def _without_namespace(root: ET.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SPACE)
