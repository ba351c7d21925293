"""The clients that exchange a one-time code for their file, and the one that reads it off the screen: what they ask,
what they are told, and that a name changes nothing but itself."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.provisioning.clients import (
    Asked,
    ClientFile,
    Delivery,
    Launch,
    Phone,
    Redeeming,
    SecurityModel,
    Start,
    Unreadable,
    Unrenderable,
    client,
    clients,
    redeeming,
)
from tests.unit.client_files import CREDENTIALS, HOSTILE, NAMES, NEVER, PHONE, TICKET, leaves, read_ini, read_xml

ENDPOINT: Final = "https://go.example.net/provisioning/zoiper"
PAGE: Final = "https://oem.zoiper.com/qr-howto.php?provider_id=4fab2ee7"
EXTRA: Final = {"acrobits": {"cloud_id": "DIAL"}, "zoiper": {"page_url": PAGE}}
NEW: Final = ("acrobits", "bria", "grandstream", "zoiper")

Said = Callable[[bytes], dict[str, str]]


def phone(name: str, **fields: object) -> Phone:
    own = {"security_model": SecurityModel.end_to_site, "extra": EXTRA.get(name, {}), "codecs": ()}
    return msgspec.structs.replace(PHONE, **(own | fields))


def module(name: str) -> Redeeming:
    found = redeeming(name)
    assert found is not None
    return found


def start(name: str, **extra: str) -> Start:
    return Start(
        ticket=TICKET,
        url=f"https://go.example.net/p/{TICKET}",
        endpoint=f"https://go.example.net/provisioning/{name}",
        username=CREDENTIALS.username,
        extra=EXTRA.get(name, {}) | extra,
    )


def files(name: str, **fields: object) -> list[ClientFile]:
    """Every document that a client gets."""
    someone = phone(name, **fields)
    forms = {"zoiper": ("old", "new", "token")}.get(name, ("",))
    if name == "grandstream":
        return [client(name).render(someone)]
    return [module(name).answer(someone, Asked(ticket=TICKET, form=form, endpoint=ENDPOINT)) for form in forms]


def said(name: str, **fields: object) -> dict[str, str]:
    """What a client's file says, whatever its form."""
    body = client(name).render(phone(name, **fields)).body
    if name == "bria":
        return {f"{section}/{key}": text for section, keys in read_ini(body).items() for key, text in keys.items()}
    return leaves(body)


NAMED: Final = {
    "acrobits": ("account/title", "account/userDisplayName"),
    "bria": ("SETTINGS/proxies:proxy0:display_name",),
    "grandstream": ("AccountConfig/Account/DisplayName",),
    "zoiper": ("options/accounts/account/name", "options/accounts/account/SIP_callerId"),
}


# What all of them have in common.


def test_these_redeem_and_no_others() -> None:
    assert [name for name in clients() if redeeming(name) is not None] == ["acrobits", "bria", "zoiper"]
    assert redeeming("nobody") is None
    assert [name for name in clients() if client(name).DELIVERY is Delivery.shown] == ["grandstream"]


@pytest.mark.parametrize("name", NEW)
def test_only_the_model_that_the_file_can_demand_is_promised(name: str) -> None:
    assert list(client(name).SECURITY_MODELS) == [SecurityModel.end_to_site]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", NEW)
def test_hostile_names_read_back_as_they_were_given(name: str, text: str) -> None:
    found = said(name, full_name=text)
    assert {found[place] for place in NAMED[name]} == {text}


@pytest.mark.parametrize("name", NEW)
@given(text=NAMES)
@example("]]>")
@example('"')
@example("\\")
def test_any_name_reads_back_and_changes_nothing_else(name: str, text: str) -> None:
    found, usual = said(name, full_name=text), said(name)
    assert {found.pop(place) for place in NAMED[name]} == {text}
    assert found == {place: value for place, value in usual.items() if place not in NAMED[name]}


@pytest.mark.parametrize("character", [*NEVER, "\u2028", "\u2029"])
def test_no_name_begins_a_line_of_bria_s(character: str) -> None:
    with pytest.raises(Unrenderable) as refused:
        client("bria").render(phone("bria", full_name=f'Zoë"{character}proxies:proxy0:domain="evil.example'))
    assert "Zoë" not in str(refused.value)


@pytest.mark.parametrize("character", NEVER)
@pytest.mark.parametrize("name", ["acrobits", "grandstream", "zoiper"])
def test_what_xml_cannot_carry_is_refused_and_not_repeated(name: str, character: str) -> None:
    with pytest.raises(Unrenderable) as refused:
        client(name).render(phone(name, full_name=f"Zoë{character}Ünal"))
    assert "Zoë" not in str(refused.value)


@pytest.mark.parametrize("name", NEW)
def test_a_key_of_nobody_s_is_refused(name: str) -> None:
    for key in ("password", "SIP_srtp_mode", "sdesIncoming", "extProvUrl", "proxies/proxy0/password", "A\n", ""):
        assert client(name).EXTRA.fullmatch(key) is None
        with pytest.raises(Unrenderable):
            client(name).render(phone(name, extra=EXTRA.get(name, {}) | {key: "1"}))


@pytest.mark.parametrize("name", NEW)
def test_a_file_has_headers_that_are_headers_and_shows_no_secret_in_a_log(name: str) -> None:
    for made in files(name):
        assert re.fullmatch(r"[a-z0-9.-]+", made.file_name)
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; charset=utf-8)?", made.content_type)
        assert CREDENTIALS.password not in f"{made!r} {made}"


@pytest.mark.parametrize("name", ["acrobits", "bria", "zoiper"])
def test_a_code_that_is_none_is_not_read(name: str) -> None:
    for wrong in (
        {},
        {"password": ""},
        {"password": "short"},
        {"password": TICKET + "x"},
        {"password": f"{TICKET}\n1"},
    ):
        with pytest.raises(Unreadable) as refused:
            module(name).read_request({"username": "7391004422", **wrong})
        assert str(refused.value)


@pytest.mark.parametrize("name", ["acrobits", "bria", "zoiper"])
@given(parameters=st.dictionaries(st.text(max_size=10) | st.sampled_from(["password", "version", "token"]), st.text()))
def test_whatever_is_asked_it_is_read_or_refused(name: str, parameters: dict[str, str]) -> None:
    try:
        asked = module(name).read_request(parameters)
    except Unreadable:
        return
    assert re.fullmatch("[A-Za-z0-9]{23}", asked.ticket)


# Acrobits.


def test_acrobits_is_started_with_the_code_as_its_password() -> None:
    text = f"csc:7391004422:{TICKET}@DIAL"
    assert client("acrobits").launch(start("acrobits")) == Launch(url=text, scan=text)
    assert client("acrobits").launch(start("acrobits", cloud_id="DIAL*")).url == f"{text}*"


def test_acrobits_percent_encodes_what_stands_before_the_id() -> None:
    odd = msgspec.structs.replace(start("acrobits"), username="a@b:c/d e")
    url = client("acrobits").launch(odd).url or ""
    user, code = url.removeprefix("csc:").rpartition("@")[0].split(":")
    assert (unquote(user), code) == ("a@b:c/d e", TICKET)
    assert url.count("@") == 1


@pytest.mark.parametrize(
    "settings", [{}, {"cloud_id": ""}, {"cloud_id": "A@B"}, {"cloud_id": "A B"}, {"cloud_id": "*"}]
)
def test_acrobits_needs_its_id_and_says_so(settings: dict[str, str]) -> None:
    for attempt in (
        lambda: client("acrobits").render(phone("acrobits", extra=settings)),
        lambda: client("acrobits").launch(msgspec.structs.replace(start("acrobits"), extra=settings)),
    ):
        with pytest.raises(Unrenderable, match="cloud_id"):
            attempt()


def test_acrobits_reads_the_code_under_either_name() -> None:
    for parameters in (
        {"username": "7391004422", "password": TICKET},
        {"cloud_username": "7391004422", "cloud_password": TICKET, "cloud_id": "DIAL", "initialScreen": "1"},
        {"password": f" {TICKET} "},
    ):
        assert module("acrobits").read_request(parameters) == Asked(ticket=TICKET)


def test_acrobits_gets_the_whole_account() -> None:
    made = files("acrobits")[0]
    assert made.content_type == "application/xml"
    assert leaves(made.body) == {
        "account/title": PHONE.full_name,
        "account/username": "+12025550123",
        "account/password": CREDENTIALS.password,
        "account/authUsername": "7391004422",
        "account/userDisplayName": PHONE.full_name,
        "account/host": "sip.example.net",
        "account/proxy": "edge.example.net:5061",
        "account/transport": "tls+sip:",
        "account/expires": "3600",
        "account/sdesIncoming": "required",
        "account/sdesOutgoing": "required",
        "account/allowMessage": "1",
        "account/natTraversal": "ice",
        "account/STUN": "stun.example.net:3478",
    }


def test_acrobits_takes_settings_of_its_own() -> None:
    found = said("acrobits", extra={"cloud_id": "DIAL", "natTraversal": "stun", "icm": "push"}, stun_server=None)
    assert (found["account/natTraversal"], found["account/icm"]) == ("stun", "push")
    assert "account/STUN" not in found
    assert "account/cloud_id" not in found


def test_acrobits_is_refused_by_a_message() -> None:
    refusal = module("acrobits").refusal('This code is <no longer> valid & "gone".')
    assert refusal.status == 403
    assert leaves(refusal.file.body) == {"error/message": 'This code is <no longer> valid & "gone".'}


# Zoiper.


@pytest.mark.parametrize(
    ("version", "form"),
    [("1.0", "old"), ("1", "old"), (None, "old"), ("", "old"), ("0.9", "old"), ("1.0.3", "old"), ("1.1", "new"),
     ("1.14", "new"), ("2", "new"), ("5.6.4", "new")],
)  # fmt: skip
def test_zoiper_is_answered_in_the_dialect_that_it_speaks(version: str | None, form: str) -> None:
    parameters = {"username": "7391004422", "password": TICKET} | ({} if version is None else {"version": version})
    assert module("zoiper").read_request(parameters) == Asked(ticket=TICKET, form=form)


def test_zoiper_redeems_a_token() -> None:
    assert module("zoiper").read_request({"token": TICKET}) == Asked(ticket=TICKET, form="token")
    with pytest.raises(Unreadable):
        module("zoiper").read_request({"password": TICKET, "version": "1.x"})


def test_zoiper_s_document_holds_no_password_but_where_to_get_it() -> None:
    found = leaves(files("zoiper")[1].body)
    token = found["options/accounts/account/token"]
    address = found["options/accounts/account/token_url"] + token
    assert CREDENTIALS.password not in str(found)
    assert parse_qs(urlsplit(address).query) == {"token": [TICKET]}
    assert address.startswith(f"{ENDPOINT}?")
    asked = module("zoiper").read_request({name: text for name, (text,) in parse_qs(urlsplit(address).query).items()})
    credentials = leaves(module("zoiper").answer(phone("zoiper"), asked).body)
    assert credentials == {
        "options/accounts/account/username": "+12025550123",
        "options/accounts/account/password": CREDENTIALS.password,
        "options/accounts/account/authentication_username": "7391004422",
    }


def test_zoiper_s_document_says_the_rest() -> None:
    found = {
        path.removeprefix("options/accounts/account/"): text for path, text in leaves(files("zoiper")[1].body).items()
    }
    assert found == {
        "options/prov_version": "1.14",
        "ident": "+12025550123@sip.example.net",
        "name": PHONE.full_name,
        "username": "+12025550123",
        "token": TICKET,
        "token_url": f"{ENDPOINT}?token=",
        "register_on_startup": "true",
        "protocol": "SIP",
        "SIP_domain": "sip.example.net",
        "SIP_use_outbound_proxy": "true",
        "SIP_outbound_proxy": "edge.example.net:5061",
        "SIP_transport_type": "TLS",
        "SIP_use_auth_username": "true",
        "SIP_auth_username": "7391004422",
        "SIP_callerId": PHONE.full_name,
        "SIP_srtp_mode": "SDES",
        "SIP_keep_alive_mode": "default",
        "reregistration_mode": "custom",
        "reregistration_time": "3600",
        "stun/use_stun": "custom",
        "stun/stun_host": "stun.example.net",
        "stun/stun_port": "3478",
        "options/diagnostics/enable_debug_log": "true",
    }


def test_zoiper_where_nobody_says_where_it_asked_gets_the_password_at_once() -> None:
    made = module("zoiper").answer(phone("zoiper"), Asked(ticket=TICKET, form="new"))
    assert leaves(made.body)["options/accounts/account/password"] == CREDENTIALS.password
    assert made == client("zoiper").render(phone("zoiper"))


def test_the_old_zoiper_is_given_what_it_knows() -> None:
    found = {path.rpartition("/")[2]: text for path, text in leaves(files("zoiper", stun_server=None)[0].body).items()}
    assert found == {
        "username": "7391004422",
        "password": CREDENTIALS.password,
        "tech": "0",
        "host": "sip.example.net",
        "port": "5061",
        "outbound_proxy": "edge.example.net",
        "use_outbound_proxy": "1",
        "outbound_proxy_port": "5061",
        "register_on_startup": "1",
        "context": "",
        "reregistration_time": "3600",
        "transport_type": "2",
        "use_stun": "0",
        "stun_host": "",
        "stun_port": "3478",
    }


def test_zoiper_lists_the_wanted_codecs_first_and_the_others_off() -> None:
    ended = [each for each in read_xml(client("zoiper").render(phone("zoiper", codecs=("pcma", "opus", "amr"))).body)
             if "/codec/" in each.path]  # fmt: skip
    texts = [each.text for each in ended]
    codecs = list(zip(texts[::3], texts[1::3], texts[2::3], strict=True))
    assert codecs[:2] == [("6", "1", "true"), ("37", "2", "true")]
    assert {enabled for _, _, enabled in codecs[2:]} == {"false"}
    assert [priority for _, priority, _ in codecs] == [str(place) for place in range(1, 9)]
    assert not [each for each in read_xml(client("zoiper").render(phone("zoiper", codecs=("amr",))).body)
                if "codec" in each.path]  # fmt: skip


def test_zoiper_is_opened_by_its_page() -> None:
    launch = client("zoiper").launch(start("zoiper"))
    assert launch.url == launch.scan
    assert launch.fallback
    page = urlsplit(launch.url or "")
    assert (page.scheme, page.netloc, page.path) == ("https", "oem.zoiper.com", "/qr-howto.php")
    assert parse_qs(page.query) == {
        "provider_id": ["4fab2ee7"],
        "u": ["7391004422"],
        "p": [TICKET],
        "t": [TICKET],
        "x": [ENDPOINT],
    }


def test_what_the_page_s_address_says_of_ours_is_replaced() -> None:
    page = f"{PAGE}&u=&p=&a=&t=token1234"
    query = urlsplit(client("zoiper").launch(start("zoiper", page_url=page)).url or "").query
    assert parse_qs(query, keep_blank_values=True)["t"] == [TICKET]
    assert parse_qs(query, keep_blank_values=True)["a"] == [""]


@pytest.mark.parametrize(
    "page",
    [None, "", "http://oem.zoiper.com/", "https://", "//oem.zoiper.com/", "https://oem.zoiper.com/#a", "https://a b/",
     "javascript:alert(1)", "https://oem.zoiper.com/\n", "https://[", "https://oem.zoiper.com/ü"],
)  # fmt: skip
def test_zoiper_needs_the_address_of_its_page(page: str | None) -> None:
    settings = {} if page is None else {"page_url": page}
    for attempt in (
        lambda: client("zoiper").render(phone("zoiper", extra=settings)),
        lambda: client("zoiper").launch(msgspec.structs.replace(start("zoiper"), extra=settings)),
    ):
        with pytest.raises(Unrenderable, match="page_url"):
            attempt()


def test_zoiper_is_refused_by_an_error_in_place_of_options() -> None:
    refusal = module("zoiper").refusal("Gone & <away>.")
    assert refusal.status == 200
    assert leaves(refusal.file.body) == {"error": "Gone & <away>."}


# Bria.


def test_bria_is_typed_into() -> None:
    assert client("bria").launch(start("bria")) == Launch(
        typed=(
            ("server", "https://go.example.net/provisioning/bria"),
            ("username", "7391004422"),
            ("code", TICKET),
        )
    )


def test_bria_s_password_is_in_memory_alone() -> None:
    body = files("bria")[0].body
    sections = read_ini(body)
    assert list(sections) == ["DATA", "SETTINGS", "##MEMORY##"]
    assert sections["DATA"] == {"Success": "1"}
    assert sections["##MEMORY##"] == {"proxies:proxy0:password": CREDENTIALS.password}
    assert body.count(CREDENTIALS.password.encode()) == 1


def test_bria_gets_the_whole_account() -> None:
    settings = read_ini(files("bria")[0].body)["SETTINGS"]
    assert settings == {
        "proxies:proxy0:enabled": "true",
        "proxies:proxy0:display_name": PHONE.full_name,
        "proxies:proxy0:username": "+12025550123",
        "proxies:proxy0:authorization_username": "7391004422",
        "proxies:proxy0:domain": "sip.example.net",
        "proxies:proxy0:register": "true",
        "proxies:proxy0:reregister_in_seconds": "3600",
        "proxies:proxy0:transport": "TLS",
        "proxies:proxy0:security_outgoing_srtp": "true",
        "proxies:proxy0:override_outbound_proxy": "true",
        "proxies:proxy0:proxy": "edge.example.net:5061",
        "proxies:proxy0:override_stun_server": "true",
        "proxies:proxy0:stun_server": "stun.example.net:3478",
        "proxies:proxy0:firewall_traversal_mode": "1",
        "proxies:proxy0:send_sip_keep_alive_messages": "true",
        "system:diagnostics:enable_logging": "true",
    }


def test_bria_lists_the_codecs_that_it_knows() -> None:
    settings = read_ini(client("bria").render(phone("bria", codecs=("opus", "g722", "pcma"))).body)["SETTINGS"]
    codecs = {name.removeprefix("codecs:"): text for name, text in settings.items() if name.startswith("codecs:")}
    assert {name for name, text in codecs.items() if text == "true"} == {"g722:enabled", "g711a:enabled"}
    assert (codecs["g722:priority"], codecs["g711a:priority"]) == ("1.0", "2.0")
    assert len([name for name, text in codecs.items() if text == "false"]) == 5
    assert said("bria", codecs=("opus",)) == said("bria"), "none that it knows: its own choice"


def test_bria_takes_settings_of_its_own() -> None:
    found = said("bria", extra={"proxies/proxy0/voicemail_url": "*97", "audio/headset/aec_enabled": "true"})
    assert found["SETTINGS/proxies:proxy0:voicemail_url"] == "*97"
    assert found["SETTINGS/audio:headset:aec_enabled"] == "true"


def test_bria_reads_the_form_by_any_capitals() -> None:
    for names in (("Username", "Password"), ("username", "password"), ("USERNAME", "PASSWORD")):
        parameters = dict(zip(names, ("7391004422", f"{TICKET} "), strict=True))
        assert module("bria").read_request(parameters) == Asked(ticket=TICKET)


def test_bria_is_refused_in_its_own_form() -> None:
    refusal = module("bria").refusal('This code is "gone".')
    assert refusal.status == 200
    assert refusal.file.body == b'[DATA]\r\nSuccess=0\r\nFailure="This code is "gone"."\r\n'


# Grandstream.


def test_grandstream_has_no_link() -> None:
    assert client("grandstream").launch(start("grandstream")) == Launch()


def test_grandstream_reads_everything_off_the_screen() -> None:
    body = client("grandstream").render(phone("grandstream")).body
    root = read_xml(body)[-1]
    assert (root.path, root.attributes) == ("AccountConfig", {"version": "1"})
    found = {each.path.rpartition("/")[2]: each.text for each in read_xml(body) if each.path.count("/") == 2}
    assert found == {
        "RegisterServer": "sip.example.net",
        "OutboundServer": "edge.example.net:5061",
        "SecOutboundServer": "",
        "UserID": "+12025550123",
        "AuthID": "7391004422",
        "AuthPass": CREDENTIALS.password,
        "AccountName": "+12025550123",
        "DisplayName": PHONE.full_name,
        "Dialplan": r"{x+|\+x+|*x+|*xx*x+}",
        "RandomPort": "0",
        "Voicemail": "",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_any_grandstream_file_fits_into_a_code(text: str) -> None:
    import segno

    made = client("grandstream").render(phone("grandstream", full_name=text))
    assert segno.make(made.body.decode(), micro=False, error="m").version
