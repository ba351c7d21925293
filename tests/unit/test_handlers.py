"""The handler examples name the type and the extension of the file that we make."""

import configparser
import plistlib
import re
from pathlib import Path, PurePath
from typing import Final
from xml.etree import ElementTree as ET

from functions.provisioning.clients import client
from functions.provisioning.clients.privategsm import NAMESPACE
from tests.unit.client_files import PHONE

_HANDLERS: Final = Path(__file__).parents[2] / "docs" / "handlers"
_ANDROID: Final = "{http://schemas.android.com/apk/res/android}"

FILE: Final = client("privategsm").render(PHONE)
EXTENSION: Final = PurePath(FILE.file_name).suffix


def test_freedesktop() -> None:
    names = {"mime": "http://www.freedesktop.org/standards/shared-mime-info"}
    type_ = ET.parse(_HANDLERS / "freedesktop/privategsm-provisioning.xml").find("mime:mime-type", names)
    assert type_ is not None
    assert type_.get("type") == FILE.content_type
    assert [glob.get("pattern") for glob in type_.findall("mime:glob", names)] == [f"*{EXTENSION}"]
    assert [match.get("value") for match in type_.findall("mime:magic/mime:match", names)] == [NAMESPACE]
    assert NAMESPACE.encode() in FILE.body[:256]

    entry = configparser.RawConfigParser()
    entry.read(_HANDLERS / "freedesktop/dialready-reference-client.desktop")
    assert entry["Desktop Entry"]["MimeType"] == f"{FILE.content_type};"
    assert f"type={FILE.content_type}\n" in (_HANDLERS / "freedesktop/install.sh").read_text()


def test_android() -> None:
    filters = ET.parse(_HANDLERS / "android/AndroidManifest.xml").findall("application/activity/intent-filter")
    assert len(filters) == 1
    data = filters[0].findall("data")
    assert [each.attrib for each in data] == [
        {f"{_ANDROID}mimeType": FILE.content_type, f"{_ANDROID}scheme": "content"}
    ]
    actions = [each.get(f"{_ANDROID}name") for each in filters[0].findall("action")]
    assert actions == ["android.intent.action.VIEW"]


def test_ios() -> None:
    said = plistlib.loads((_HANDLERS / "ios/Info.plist").read_bytes())
    (type_,) = said["UTExportedTypeDeclarations"]
    assert type_["UTTypeTagSpecification"] == {
        "public.filename-extension": [EXTENSION.removeprefix(".")],
        "public.mime-type": [FILE.content_type],
    }
    (document,) = said["CFBundleDocumentTypes"]
    assert document["LSItemContentTypes"] == [type_["UTTypeIdentifier"]]


def test_windows() -> None:
    text = (_HANDLERS / "windows/privategsm.reg").read_text()
    assert text.startswith("Windows Registry Editor Version 5.00\n\n")
    keys = dict(re.findall(r"^\[HKEY_CURRENT_USER\\Software\\Classes\\(.+)]\n((?:[@\"].+\n?)*)", text, re.MULTILINE))
    program = re.fullmatch(rf'@="(.+)"\n"Content Type"="{re.escape(FILE.content_type)}"\n', keys[EXTENSION])
    assert program is not None
    assert keys[rf"{program[1]}\shell\open\command"].endswith('\\" \\"%1\\""\n')
    assert keys[rf"MIME\Database\Content Type\{FILE.content_type}"] == f'"Extension"="{EXTENSION}"\n'
