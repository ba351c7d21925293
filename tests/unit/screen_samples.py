"""Every page of the activation link, for the tests that look at all of them, and a reader of what stands in one."""

import base64
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any, Final, NamedTuple, get_args

from functions.activation import screens, words
from functions.activation.screens import House, Offer, Started
from functions.activation.screens.link_page import Problem, Way
from functions.common.http import Answer
from functions.provisioning.clients import Launch
from functions.tenants.brand import LOGO_LENGTH, Brand

HOST: Final = f"https://{'h' * 25}"  # the longest there is
PATH: Final = f"/a/{'x' * 23}"
TICKET: Final = f"/p/{'y' * 23}"
CLAIM: Final = "c" * 39
INSTALL: Final = f"{HOST}/i/{'z' * 23}"

_PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path d="M0 0h2v1z"/>'
_SPARE = (LOGO_LENGTH - len("data:image/svg+xml;base64,")) // 4 * 3 - len(_PICTURE) - len("<!---->") - len("</svg>")
LOGO: Final = (
    f"""data:image/svg+xml;base64,{base64.b64encode(_PICTURE + b"<!--" + b"x" * _SPARE + b"--></svg>").decode()}"""
)
BRAND: Final = Brand(
    logo=LOGO, colour="#e2001a", controller="Controller " * 18, privacy_url="https://example.net/" + "p" * 200
)

SCHEME: Final = Launch(url=f"linphone-config://{'h' * 25}{TICKET}", scan=f"{HOST}{TICKET}")
FILE: Final = Launch(url=f"{HOST}{TICKET}", fallback=True, file=True)
TYPED: Final = Launch(typed=(("server", f"{HOST}/provisioning/bria"), ("username", "7391004422"), ("code", "y" * 23)))


def house(language: str = "en", brand: Brand = BRAND) -> House:
    return House("Tenant & <Söhne> " * 11, language, brand, "+41 44 123 45 67", "help@example.net", "+41441234500")


def an_offer(**changes: Any) -> Offer:
    offer = Offer(
        path=PATH,
        claim_id=CLAIM,
        agent="phone",
        platform="android",
        says_mac=False,
        page_url=f"{HOST}{PATH}",
        install_url=INSTALL,
        code="none",
        code_by="sms",
        code_sent=False,
        problem=None,
        form_action=("'self'", "https://bucket.example"),
    )
    return offer._replace(**changes)


def a_start(**changes: Any) -> Started:
    started = Started(
        launch=SCHEME,
        ticket_path=TICKET,
        platform="android",
        agent="phone",
        install_url=INSTALL,
        app="Linphone",
        page_url=f"{HOST}{TICKET}/open",
        form_action=("'self'", "https://bucket.example"),
    )
    return started._replace(**changes)


@cache
def every_screen(of: House) -> list[tuple[str, Answer]]:
    """Each page there is, with a name for it."""
    return list(_screens(of))


def _screens(of: House) -> Iterator[tuple[str, Answer]]:
    for name, offered in _offers():
        yield f"offer {name}", screens.offer(of, offered)
    for name, started in _starts():
        yield f"start {name}", screens.start(of, started)
    for why in get_args(words.Why):
        for ask in (None, f"{PATH}/new"):
            yield (
                f"ended {why} {ask}",
                screens.ended(of, why, ask_path=ask, retry_after=1140 if why == "wait" else None),
            )
    yield "sure", screens.sure(of, PATH, CLAIM)
    for what in get_args(words.What):
        yield f"told {what}", screens.told(of, what)
    yield "spell", screens.spell(of)
    yield "spell unknown", screens.spell(of, problem="unknown")
    yield "spell wait", screens.spell(of, problem="wait", retry_after=61)


def _offers() -> Iterator[tuple[str, Offer]]:
    for agent in ("phone", "tablet", "preview", "in_app"):
        for platform in ("android", "ios"):
            for install in (None, INSTALL):
                yield f"{agent} {platform} {install}", an_offer(agent=agent, platform=platform, install_url=install)
    yield "spoken computer", an_offer(agent="desktop", platform="linux", code="none")
    for agent, mac in (("phone", False), ("desktop", False), ("desktop", True)):
        for by in get_args(Way):
            asked = an_offer(agent=agent, says_mac=mac, code="needed", code_by=by, platform="macos" if mac else None)
            yield f"{agent} {mac} {by}", asked
            yield f"{agent} {mac} {by} sent", asked._replace(code_sent=True)
            for problem in get_args(Problem):
                yield f"{agent} {mac} {by} {problem}", asked._replace(code_sent=True, problem=problem)
    for mac in (False, True):
        yield f"no client for computers {mac}", an_offer(agent="desktop", says_mac=mac, here=False)


def _starts() -> Iterator[tuple[str, Started]]:
    for platform in ("android", "ios", "windows", "macos", "linux", None):
        for name, launch in (("scheme", SCHEME), ("file", FILE), ("typed", TYPED)):
            agent = "phone" if platform in ("android", "ios") else "desktop"
            started = a_start(platform=platform, agent=agent, launch=launch)
            yield f"{platform} {name}", started
            yield f"{platform} {name} profile", started._replace(profile_path=f"{TICKET}/profile", install_url=None)
            yield f"{platform} {name} missing", started._replace(missing=True)
            yield f"{platform} {name} fetched", started._replace(state="fetched")
    yield "two ways", a_start(launch=Launch(url="zoiper:x", file=True))
    yield "registered", a_start(state="registered")


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    within: tuple["Element", ...]  # from the outermost
    text: list[str]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())

    @property
    def classes(self) -> set[str]:
        return set((self.attributes.get("class") or "").split())

    def inside(self, tag: str) -> bool:
        return any(each.tag == tag for each in self.within)

    @property
    def hidden(self) -> bool:
        return any("hidden" in each.attributes for each in (*self.within, self))


class Read(HTMLParser):
    """What a page holds. Raises AssertionError for an element that is closed in the wrong place, or never."""

    EMPTY: Final = frozenset({"meta", "img", "input", "br", "path"})

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(answer.text or "")
        self.close()
        assert not self._open, self._open

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self.elements if each.tag == tag and wanted.items() <= each.attributes.items()]

    def one(self, tag: str, **attributes: str) -> Element:
        [found] = self.all(tag, **attributes)
        return found

    def by_id(self, id_: str) -> Element:
        [found] = [each for each in self.elements if each.attributes.get("id") == id_]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), tuple(self._open), [])
        self.elements.append(element)
        if tag not in self.EMPTY:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(self._open), []))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop().tag == tag, tag

    def handle_data(self, data: str) -> None:
        for each in self._open:
            each.text.append(data)
