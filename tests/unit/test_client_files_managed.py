"""What the management of devices is given: read back by readers of their own, without anything of a person in the
policy, and without a formula in the table."""

import csv
import io
import json
import plistlib
import re
from typing import Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.provisioning.clients import client, clients, managed
from functions.provisioning.clients._managed import COLUMNS, ManagedPerson, people_csv, policy
from tests.unit.client_files import CREDENTIALS, HOSTILE, NAMES, PHONE, read_xml

CA: Final = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ZOE: Final = ManagedPerson(
    full_name="Zoë Ünal",
    number="+12025550123",
    username="7391004422",
    email="zoe@example.net",
    config_uri="https://go.example.net/a/AbC",
)


def xml_config(**fields: object) -> str:
    module = managed("linphone")
    assert module is not None
    return module.common(msgspec.structs.replace(PHONE, **fields))


def entries(config: str) -> dict[str, str]:
    """Linphone's sections and entries, as `section/entry`."""
    found: dict[str, str] = {}
    waiting: list[tuple[str, str]] = []
    for element in read_xml(config.encode()):
        if element.path == "config/section/entry":
            assert element.attributes["overwrite"] == "true"
            waiting.append((element.attributes["name"], element.text))
        elif element.path == "config/section":
            assert waiting, "no section without entries"
            found |= {f"{element.attributes['name']}/{name}": text for name, text in waiting}
            waiting = []
    return found


def test_only_linphone_is_managed() -> None:
    assert [name for name in clients() if managed(name) is not None] == ["linphone"]
    assert managed("nobody") is None


def test_a_policy_has_nothing_of_a_person() -> None:
    config = xml_config()
    for personal in (
        PHONE.full_name,
        PHONE.number,
        CREDENTIALS.username,
        CREDENTIALS.ha1,
        CREDENTIALS.password,
        "proxy_0",
    ):
        assert personal not in config
    nobody = msgspec.structs.replace(CREDENTIALS, username="", password="", ha1_md5="", ha1_sha256="")
    assert config == xml_config(full_name="", number="", credentials=nobody, security_model="end-to-site")


def test_a_policy_says_what_a_person_s_file_says() -> None:
    """What all phones of a profile share is the same, whichever way it comes."""
    own = entries(client("linphone").render(PHONE).body.decode())
    assert entries(xml_config()).items() <= own.items()
    assert not {"misc/transient_provisioning", "misc/config-uri", "sip/default_proxy"} & entries(xml_config()).keys()


def test_a_policy_takes_the_profile_s_settings_but_an_account_s() -> None:
    found = entries(xml_config(extra={"ui/theme_main_color": "red", "proxy_0/voicemail_url": "sip:1"}, codecs=()))
    assert found["ui/theme_main_color"] == "red"
    assert not [key for key in found if key.startswith(("proxy_0/", "audio_codec", "misc/"))]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_policy_reads_back_in_both_forms(text: str) -> None:
    config = xml_config(extra={"ui/theme_main_color": text})
    assert entries(config)["ui/theme_main_color"] == text
    apple, android = policy("plist", config, CA), policy("json", config, CA)
    assert plistlib.loads(apple.body) == {"xmlConfig": config, "rootCa": CA}
    _, _, rest = apple.body.decode().partition("<plist")
    strings = [each.text for each in read_xml(b"<plist" + rest.encode()) if each.path == "plist/dict/string"]
    assert strings == [CA, config]
    assert json.loads(android.body) == {"xmlConfig": config, "rootCa": CA}


def test_without_a_certificate_there_is_no_key_for_one() -> None:
    assert json.loads(policy("json", "<config/>").body) == {"xmlConfig": "<config/>"}
    assert plistlib.loads(policy("plist", "<config/>").body) == {"xmlConfig": "<config/>"}


def test_people_are_a_line_each() -> None:
    made = people_csv([ZOE, msgspec.structs.replace(ZOE, email=None, config_uri=None, problem="Not enabled.")])
    assert made.content_type == "text/csv; charset=utf-8"
    assert made.body.decode() == (
        '"fullName","number","username","email","configUri","problem"\r\n'
        '"Zoë Ünal","+12025550123","7391004422","zoe@example.net","https://go.example.net/a/AbC",""\r\n'
        '"Zoë Ünal","+12025550123","7391004422","","","Not enabled."\r\n'
    )


@given(st.lists(NAMES, min_size=1, max_size=5))
@example(["=HYPERLINK(1)", "+1+2", "-1", "@SUM(A1)", '"', ",", "'", "\u00a0=1"])
def test_no_name_is_a_formula_and_every_name_is_read(names: list[str]) -> None:
    people = [msgspec.structs.replace(ZOE, full_name=name) for name in names]
    rows = read_csv(people_csv(people).body)
    assert rows == list(csv.reader(io.StringIO(people_csv(people).body.decode(), newline="")))
    assert rows[0] == list(COLUMNS)
    for name, row in zip(names, rows[1:], strict=True):
        assert row[0] in (name, f"'{name}")
        assert (row[0] == name) == (name[0] not in "=+-@" or re.fullmatch(r"\+[0-9]{1,15}", name) is not None)
        assert row[1:] == ["+12025550123", "7391004422", "zoe@example.net", "https://go.example.net/a/AbC", ""]


def read_csv(body: bytes) -> list[list[str]]:
    """RFC 4180 with every value in quotation marks."""
    rows: list[list[str]] = [[]]
    text, at = body.decode(), 0
    while at < len(text):
        value = re.compile(r'"((?:[^"]|"")*)"(,|\r\n)').match(text, at)
        assert value is not None
        rows[-1].append(value[1].replace('""', '"'))
        if value[2] != ",":
            rows.append([])
        at = value.end()
    assert rows.pop() == []
    return rows
