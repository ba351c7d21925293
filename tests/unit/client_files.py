"""A phone to make files for, names that break careless writers, and readers that share nothing with the writers.

`read_xml` is written out by hand: every XML parser of Python's is the library that the writer checks itself with."""

import re
from typing import Final, NamedTuple

from hypothesis import strategies as st

from functions.provisioning.clients import Credentials, Phone, PinPolicy, SecurityModel

TICKET: Final = "aB3dE6gH9jK2mN5pQ8sT1vW"
CREDENTIALS: Final = Credentials(
    username="7391004422",
    password="4vJ9hQmXcB2nLrTz8WkYpDsE",
    realm="sip.example.net",
    ha1_md5="5ebe2294ecd0e0f08eab7690d2a6ee69",
    ha1_sha256="2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
)
PHONE: Final = Phone(
    full_name='Zoë "Zed" Ünal & Co',
    number="+12025550123",
    credentials=CREDENTIALS,
    domain="sip.example.net",
    proxy_host="edge.example.net",
    proxy_port=5061,
    stun_server="stun.example.net:3478",
    codecs=("opus", "pcma"),
    security_model=SecurityModel.end_to_end,
    customer_service_phone="+12025550100",
    customer_service_email="help@example.net",
    test_call_number="+12025550199",
    client_logging=True,
    read_only_settings=True,
    oem_licence_code="OEM-1",
    history_size_editable=False,
    pin=PinPolicy(required=True),
)
# Any character a person may have in a name, by the rule of our own edge (common/types.py).
NAMES: Final = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff"),
    min_size=1,
    max_size=200,
)
HOSTILE: Final = [
    "& < > \" '",
    "&amp; &lt; &#38; &#x26;",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- -->",
    "<?xml version='1.0'?>",
    "</entry><entry name='ha1'>",
    'back\\slash and "quotes" and \\" both \\\\',
    '"\\',
    "sip:<+12025550199@sip.example.net>;tag=1",
    'x" proxies:proxy0:password="1',
    "[##MEMORY##]",
    "😀 👩‍👩‍👧 𝕏",
    "\u202eשלום العربية\u202c",
    " spaces at both ends ",
    "'; DROP TABLE accounts; --",
    "=HYPERLINK(1)",
    "n" * 200,
    "Ω" * 200,
    "&" * 200,
]
# What no file carries: controls, ends of lines, halves of characters.
NEVER: Final = ["\0", "\b", "\t", "\n", "\r", "\r\n", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe", "\uffff"]

_TOKEN: Final = re.compile(
    r"(?P<declaration><\?xml version=\"1\.0\" encoding=\"UTF-8\"\?>)"
    r"|<(?P<tag>[A-Za-z_][A-Za-z0-9_.]*)(?P<attributes>(?:\s[A-Za-z_]+=\"[^\"<]*\")*)\s?(?P<empty>/?)>"
    r"|</(?P<end>[A-Za-z_][A-Za-z0-9_.]*)>"
    r"|(?P<text>[^<]+)"
)
_ENTITY: Final = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]+)|#x([0-9a-fA-F]+));|&")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Element(NamedTuple):
    path: str  # from the root: options/accounts/account/name
    attributes: dict[str, str]
    text: str  # of an element without children; what stands between children is white space


def read_xml(body: bytes) -> list[Element]:
    """The elements in the order in which they end. No comment, CDATA section or processing instruction is expected, and
    nothing before, after or between that is no XML."""
    source = body.decode("utf-8")
    open_: list[tuple[str, dict[str, str]]] = []
    said: list[Element] = []
    text, at, leaf, ended = "", 0, False, False
    while at < len(source):
        token = _TOKEN.match(source, at)
        assert token is not None, f"no XML: {source[at : at + 40]!r}"
        assert token["declaration"] is None or at == 0
        at = token.end()
        if token["text"] is not None:
            assert "]]>" not in token["text"], "XML 1.0 §2.4: not in text"
            text += _plain(token["text"])
            assert open_ or not text.strip(), "text outside the root"
        elif token["tag"] is not None:
            assert not ended, "a second root"
            assert not text.strip(), "text beside an element"
            attributes = re.findall(r"([A-Za-z_]+)=\"([^\"]*)\"", token["attributes"])
            open_.append((token["tag"], {name: _plain(value) for name, value in attributes}))
            text, leaf = "", True
        end = token["tag"] if token["empty"] else token["end"]
        if end is not None:
            path = "/".join(name for name, _ in open_)
            name, found = open_.pop()
            assert name == end, "elements end in the order in which they begin"
            assert leaf or not text.strip(), "text beside an element"
            said.append(Element(path, found, text if leaf else ""))
            text, leaf, ended = "", False, not open_
    assert ended, "the root ends"
    return said


def leaves(body: bytes) -> dict[str, str]:
    """An XML file without attributes as path -> text; each path once."""
    elements = read_xml(body)
    found = {each.path: each.text for each in elements if not any(o.path.startswith(each.path + "/") for o in elements)}
    assert len(found) == sum(each.path in found for each in elements), "each element once"
    return found


def read_ini(body: bytes) -> dict[str, dict[str, str]]:
    """Bria's form by its guide: sections, `name="text"` lines, each ended by CR LF. A text is what stands between the
    first and the last quotation mark of its line."""
    text = body.decode("utf-8")
    assert text.endswith("\r\n"), "else the last line is lost"
    lines = text[:-2].split("\r\n")
    assert text.splitlines() == lines, "no other end of a line than CR LF, by any rule there is"
    sections: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = sections.setdefault(line[1:-1], {})
            continue
        name, equals, value = line.partition("=")
        assert equals == "=", f"no setting: {line!r}"
        assert re.fullmatch(r"[A-Za-z0-9_:#-]+", name), f"no name: {name!r}"
        assert name not in section, "each setting once"
        if re.fullmatch("[01]", value):
            section[name] = value
            continue
        assert value[:1] == value[-1:] == '"' != value, f"no quoted text: {value!r}"
        section[name] = value[1:-1]
    return sections


def _plain(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        assert found[0] != "&", "an ampersand that is no entity"
        if found[1]:
            return _NAMED[found[1]]
        return chr(int(found[2]) if found[2] else int(found[3], 16))

    return _ENTITY.sub(character, text)
