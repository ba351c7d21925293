"""XML as every parser reads it back: what the XML clients have in common.

Text comes from people, so nothing is pasted together: a tree is built, serialised, parsed again and compared.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET  # serialises, and re-reads its own output only

from functions.provisioning.clients import Unrenderable

# XML 1.0 §2.2 Char, less the control characters it would allow: tab, line feed and carriage return are normalised by
# parsers and end a line in a client's own settings file; C1 is refused at our edges as well (common/types.py).
_CHARACTERS: Final = "[ -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*"


def child(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    """Appends `<tag …>text</tag>`."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def carried(text: str) -> bool:
    """Whether a text has only characters that XML carries and no parser changes."""
    return re.fullmatch(_CHARACTERS, text) is not None


def document(root: ET.Element) -> bytes:
    """The tree as UTF-8 with declaration, one element a line.

    Raises Unrenderable when a text or an attribute has a character that XML cannot carry or a parser would change."""
    said = _checked(root)
    ET.indent(root)
    return _serialised(root, said)


def line(root: ET.Element) -> bytes:
    """Like `document`, on one line: for a QR code, in which every character makes the squares smaller."""
    return _serialised(root, _checked(root))


def _checked(root: ET.Element) -> list[tuple[str, dict[str, str], str]]:
    for element in root.iter():
        for text in (element.text or "", *element.attrib.values()):
            if not carried(text):
                raise Unrenderable(f"<{element.tag} {element.get('name', '')}>: a character that XML cannot carry")
    return list(_said(root))


def _serialised(root: ET.Element, said: list[tuple[str, dict[str, str], str]]) -> bytes:
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n").encode()
    if list(_said(ET.fromstring(body))) != said:  # noqa: S314  our own output
        raise Unrenderable("the document does not read back as it was written")
    return body


def _said(root: ET.Element) -> Iterator[tuple[str, dict[str, str], str]]:
    """What a document says: name, attributes and text of each element, whatever the white space between them."""
    for element in root.iter():
        attributes = {name: value for name, value in element.attrib.items() if name != "xmlns"}
        yield element.tag.rpartition("}")[2], attributes, "" if len(element) else element.text or ""
