"""What the clients' files say, and that they say it for every name there is.

The files are read back by a reader that is no XML parser of Python's (those share one library with the writer's own
check): html.parser splits the text, and knows the five entities."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import example, given

from functions.provisioning.clients import (
    Algorithm,
    Delivery,
    Launch,
    Phone,
    SecurityModel,
    Start,
    Unrenderable,
    asks_for_changes,
    client,
    clients,
)
from tests.unit.client_files import CREDENTIALS, HOSTILE, NAMES, NEVER, PHONE, TICKET

_DOCS: Final = Path(__file__).parents[2] / "docs" / "clients"


class _Reader(HTMLParser):
    """(path, `name` attribute, text) of every element that has text or a name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[tuple[str, str | None, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs)))
        self.text = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        path = "/".join(name for name, _ in self.open)
        opened, attributes = self.open.pop()
        assert opened == tag, "elements close in the order they open"
        self.said.append((path, attributes.get("name"), self.text))
        self.text = ""


def read(body: bytes) -> list[tuple[str, str | None, str]]:
    reader = _Reader()
    reader.feed(body.decode("utf-8"))
    reader.close()
    assert reader.open == []
    return reader.said


def settings(phone: Phone) -> dict[str, str]:
    """Linphone's file as `section/entry` -> value."""
    found: dict[str, str] = {}
    entries: list[tuple[str, str]] = []
    for path, name, text in read(client("linphone").render(phone).body):
        if path == "config/section/entry":
            entries.append((name or "", text))
        elif path == "config/section":
            found |= {f"{name}/{entry}": value for entry, value in entries}
            entries = []
    return found


def elements(phone: Phone) -> dict[str, str]:
    """PrivateGSM's file as `section/element` -> text; extra settings as `extra/setting/NAME`."""
    return {
        path.removeprefix("provisioning/") + (f"/{name}" if name else ""): text
        for path, name, text in read(client("privategsm").render(phone).body)
        if path.count("/") == 2
    }


def name_in(identity: str) -> str:
    """The display name of `"name" <sip:...>`, unescaped by the rule of RFC 3261 §25.1."""
    quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)" <sip:[^<>"\s]+>', identity)
    assert quoted is not None, f"not a name-addr: {identity}"
    return re.sub(r"\\(.)", r"\1", quoted[1])


def shown(name: str) -> str:
    """The name as Linphone shows it: with a space after a backslash at its end, for Kamailio's sake."""
    return name + " " if name.endswith("\\") else name


def test_each_client_is_found_by_its_module_and_says_what_it_is() -> None:
    assert {"linphone", "privategsm"} <= set(clients())
    for name in clients():
        module = client(name)
        assert name == module.NAME
        assert module.DELIVERY in Delivery
        assert module.SECURITY_MODELS
        assert module.PLATFORMS
        assert (_DOCS / f"{name}.md").exists(), "every client has its page"


def test_an_unknown_client_is_a_key_error() -> None:
    for name in ("nobody", "_xml", "__init__", "../linphone", ""):
        with pytest.raises(KeyError):
            client(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stand_in_the_file_as_they_are(name: str) -> None:
    phone = msgspec.structs.replace(PHONE, full_name=name)
    assert name_in(settings(phone)["proxy_0/reg_identity"]) == shown(name)
    assert elements(phone)["account/full_name"] == name


@given(NAMES)
@example("]]>")
@example("ends in a backslash\\")
def test_any_name_reads_back_from_both_files(name: str) -> None:
    phone = msgspec.structs.replace(PHONE, full_name=name)
    assert elements(phone)["account/full_name"] == name
    assert name_in(settings(phone)["proxy_0/reg_identity"]) == shown(name)


@given(NAMES)
def test_a_name_changes_nothing_else_in_the_file(name: str) -> None:
    """No name adds, ends or changes an element: the rest of the file is the same for everybody."""
    phone = msgspec.structs.replace(PHONE, full_name=name)
    assert elements(phone) | {"account/full_name": ""} == elements(PHONE) | {"account/full_name": ""}
    assert settings(phone) | {"proxy_0/reg_identity": ""} == settings(PHONE) | {"proxy_0/reg_identity": ""}


@given(NAMES)
def test_extra_settings_carry_any_text(value: str) -> None:
    assert (
        settings(msgspec.structs.replace(PHONE, extra={"ui/theme_main_color": value}))["ui/theme_main_color"] == value
    )
    assert elements(msgspec.structs.replace(PHONE, extra={"home_page": value}))["extra/setting/home_page"] == value


@pytest.mark.parametrize("character", NEVER)
@pytest.mark.parametrize("name", ["linphone", "privategsm"])
def test_what_xml_cannot_carry_is_refused_and_not_repeated(name: str, character: str) -> None:
    with pytest.raises(Unrenderable) as refused:
        client(name).render(msgspec.structs.replace(PHONE, full_name=f"Zoë{character}Ünal"))
    assert "Zoë" not in str(refused.value)


def test_the_documented_privategsm_file_is_the_one_we_make() -> None:
    page = (_DOCS / "privategsm.md").read_text()
    documented = page.split("```xml\n")[1].split("```")[0]
    made = client("privategsm").render(msgspec.structs.replace(PHONE, extra={"home_page": "https://www.example.net/"}))
    assert made.body.decode() == documented
    assert made.content_type == "application/vnd.privategsm.provisioning+xml"


def test_the_privategsm_page_names_every_element() -> None:
    page = (_DOCS / "privategsm.md").read_text()
    for path in elements(PHONE):
        assert path in page or path.split("/")[1] in page, path


def test_privategsm_takes_its_mime_type_from_the_profile() -> None:
    phone = msgspec.structs.replace(PHONE, extra={"content_type": "application/x-own"})
    assert client("privategsm").render(phone).content_type == "application/x-own"
    assert "extra/setting/content_type" not in elements(phone), "it is ours to use, not the client's"
    for wrong in ("text", "text/html\r\nSet-Cookie: a=b", "a/b/c", "", "application/ü"):
        with pytest.raises(Unrenderable):
            client("privategsm").render(msgspec.structs.replace(PHONE, extra={"content_type": wrong}))


def test_linphone_gets_the_ha1_and_never_the_password() -> None:
    body = client("linphone").render(PHONE).body.decode()
    assert CREDENTIALS.password not in body
    assert settings(PHONE)["auth_info_0/ha1"] == CREDENTIALS.ha1_sha256


@pytest.mark.parametrize(("algorithm", "ha1"), [("MD5", CREDENTIALS.ha1_md5), ("SHA-256", CREDENTIALS.ha1_sha256)])
def test_linphone_gets_the_ha1_of_the_realms_algorithm(algorithm: Algorithm, ha1: str) -> None:
    credentials = msgspec.structs.replace(CREDENTIALS, algorithm=algorithm)
    found = settings(msgspec.structs.replace(PHONE, credentials=credentials))
    assert (found["auth_info_0/algorithm"], found["auth_info_0/ha1"]) == (algorithm, ha1)


def test_sha256_is_the_default() -> None:
    assert CREDENTIALS.algorithm == "SHA-256"


@pytest.mark.parametrize(
    ("model", "encryption"), [(SecurityModel.end_to_end, "zrtp"), (SecurityModel.end_to_site, "srtp")]
)
def test_the_security_model_is_mandatory_media_encryption(model: SecurityModel, encryption: str) -> None:
    phone = msgspec.structs.replace(PHONE, security_model=model)
    linphone, privategsm = settings(phone), elements(phone)
    assert (linphone["sip/media_encryption"], linphone["sip/media_encryption_mandatory"]) == (encryption, "1")
    assert (privategsm["media/encryption"], privategsm["media/encryption_mandatory"]) == (encryption, "true")


def test_linphone_identifies_by_number_and_authenticates_by_username() -> None:
    found = settings(PHONE)
    assert found["proxy_0/reg_identity"].endswith("<sip:+12025550123@sip.example.net>")
    assert (found["auth_info_0/username"], found["auth_info_0/userid"]) == ("+12025550123", "7391004422")
    assert found["proxy_0/reg_proxy"] == found["proxy_0/reg_route"] == "<sip:edge.example.net:5061;transport=tls>"
    assert found["misc/transient_provisioning"] == "1"
    assert found["sip/verify_server_certs"] == found["sip/verify_server_cn"] == "1"


@pytest.mark.parametrize("name", ["\\", "a\\", "\\\\", '"\\', 'a\\"', '"', "a\\ "])
def test_no_quote_that_ends_a_name_follows_a_backslash(name: str) -> None:
    """Kamailio 5.6 would take it for a part of the name, and refuse the registration."""
    identity = settings(msgspec.structs.replace(PHONE, full_name=name))["proxy_0/reg_identity"]
    assert '\\" <' not in identity
    assert name_in(identity) == shown(name)


def test_linphone_overwrites_whatever_the_phone_had() -> None:
    body = client("linphone").render(PHONE).body.decode()
    assert body.count("<entry ") == body.count('overwrite="true"')


def test_linphone_lists_the_wanted_codecs_first_the_others_off_and_ends_the_list() -> None:
    found = settings(msgspec.structs.replace(PHONE, codecs=("pcma", "opus")))
    listed = [found[f"audio_codec_{index}/mime"] for index in range(11)]
    on = [found[f"audio_codec_{index}/enabled"] for index in range(10)]
    assert listed[:2] == ["PCMA", "opus"]
    assert listed[-1] == "", "an entry without a name ends the list of a phone that had a longer one"
    assert on == ["1"] * 2 + ["0"] * 8
    assert not any(key.startswith("audio_codec_") for key in settings(msgspec.structs.replace(PHONE, codecs=())))


def test_switches_reach_linphone_in_both_positions() -> None:
    on = settings(PHONE)
    off = settings(
        msgspec.structs.replace(PHONE, read_only_settings=False, messaging=False, keep_alive=False, stun_server=None)
    )
    for key, value_on, value_off in (
        ("ui/hide_settings", "1", "0"),
        ("ui/max_account", "1", "0"),
        ("ui/disable_chat_feature", "0", "1"),
        ("sip/tcp_tls_keepalive", "1", "0"),
        ("sip/keepalive_period", "30000", "0"),
        ("nat_policy_0/stun_server", "stun.example.net:3478", ""),
    ):
        assert (on[key], off[key]) == (value_on, value_off), key


@pytest.mark.parametrize(
    "key",
    [
        "sip/media_encryption",
        "sip/media_encryption_mandatory",
        "sip/verify_server_certs",
        "sip/root_ca",
        "sip/srtp_crypto_suites",
        "misc/config-uri",
        "misc/transient_provisioning",
        "auth_info_0/ha1",
        "auth_info_1/passwd",
        "proxy_0/reg_proxy",
        "proxy_1/reg_proxy",
        "net/nat_policy_ref",
        "ui/hide_settings",
        "ui/max_account",
        "ui",
        "ui/",
        "ui/A",
        "ui/a/b",
        "ui/theme\n",
        "",
    ],
)
def test_no_extra_setting_loosens_or_redirects_linphone(key: str) -> None:
    assert client("linphone").EXTRA.fullmatch(key) is None
    with pytest.raises(Unrenderable):
        client("linphone").render(msgspec.structs.replace(PHONE, extra={key: "1"}))


@pytest.mark.parametrize("key", ["", "Upper", "has space", "1st", "a-b", "a" * 65, "a\n"])
def test_privategsm_refuses_names_that_are_none(key: str) -> None:
    with pytest.raises(Unrenderable):
        client("privategsm").render(msgspec.structs.replace(PHONE, extra={key: "1"}))


@pytest.mark.parametrize("name", ["linphone", "privategsm"])
def test_no_secret_is_in_what_a_log_would_print(name: str) -> None:
    made = client(name).render(PHONE)
    for printed in (repr(PHONE), repr(CREDENTIALS), repr(made), str(made)):
        for secret in (CREDENTIALS.password, CREDENTIALS.ha1_md5, CREDENTIALS.ha1_sha256):
            assert secret not in printed


@pytest.mark.parametrize("name", ["linphone", "privategsm"])
def test_a_file_has_headers_that_are_headers(name: str) -> None:
    made = client(name).render(PHONE)
    assert made.file_name.isascii()
    assert re.fullmatch(r"[a-z0-9.-]+", made.file_name)
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", made.content_type)


def start(url: str) -> Start:
    return Start(ticket=TICKET, url=url, endpoint="", username="7391004422")


@pytest.mark.parametrize(
    ("ticket", "launch"),
    [
        ("https://go.example.net/p/AbC-_1", "linphone-config://go.example.net/p/AbC-_1"),
        ("https://go.example.net:8443/p/AbC", "linphone-config://go.example.net:8443/p/AbC"),
        ("http://127.0.0.1:8080/p/AbC", "linphone-config://127.0.0.1:8080/p/AbC"),
    ],
)
def test_linphone_is_started_by_its_scheme_and_scans_the_plain_address(ticket: str, launch: str) -> None:
    assert client("linphone").launch(start(ticket)) == Launch(url=launch, scan=ticket)
    assert urlsplit(launch).netloc == urlsplit(ticket).netloc


def test_privategsm_is_started_by_the_ticket_itself() -> None:
    ticket = "https://go.example.net/p/AbC"
    assert client("privategsm").launch(start(ticket)) == Launch(url=ticket, fallback=True, file=True)


def test_a_linphone_with_an_address_for_later_changes_asks_there_at_each_start() -> None:
    """And one without forgets where it was configured from: the ticket answers for minutes only."""
    address = "https://go.example.net/c/aB3dE6gH9jK2mN5pQ8sT1vW"
    told, untold = settings(msgspec.structs.replace(PHONE, changes_url=address)), settings(PHONE)
    assert (told["misc/config-uri"], told["misc/transient_provisioning"]) == (address, "0")
    assert "misc/config-uri" not in untold
    assert untold["misc/transient_provisioning"] == "1"
    same = {key: value for key, value in told.items() if key != "misc/config-uri"}
    assert same | {"misc/transient_provisioning": "1"} == untold


def test_only_linphone_asks_for_changes() -> None:
    assert [name for name in clients() if asks_for_changes(name)] == ["linphone"]
    assert not asks_for_changes("nobody")
