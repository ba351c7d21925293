"""docs/taps.md says how many taps an activation needs. The pages themselves are asked: each is made, and its buttons
are pressed in the order in which a person would."""

from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import pytest

from functions.activation import screens
from functions.activation.screens import Started, launching
from functions.activation.words import words
from functions.common.agents import Platform
from functions.provisioning.clients import Delivery, Launch, Start, client, clients
from tests.unit.screen_samples import HOST, INSTALL, TICKET, Element, Read, a_start, an_offer, house

DOC: Final = Path(__file__).parents[2] / "docs" / "taps.md"
HEAD: Final = (
    "| client | on | `tap` | `tap`, no script | `code` | `code`, no script | where the client is missing |",
    "|---|---|---|---|---|---|---|",
)
HANDHELD: Final = ("android", "ios", "blackberry", "symbian")
# What a profile must set before these can be started.
EXTRA: Final = {"acrobits": {"cloud_id": "EXAMPLE"}, "zoiper": {"page_url": "https://oem.zoiper.com/?n=example"}}
SAID: Final = words("en")[1]

Policy = Literal["tap", "code"]


def test_the_table_is_what_the_pages_ask_for() -> None:
    text = DOC.read_text()
    assert text[text.index(HEAD[0]) :].partition("\n\n")[0].split("\n") == table(), "\n".join(table())


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_with_script_one_tap_is_enough_wherever_a_missing_client_does_no_harm(platform: Platform) -> None:
    for name in clients():
        if platform in client(name).PLATFORMS and client(name).DELIVERY is not Delivery.shown:
            straight_on = launching(launch(name, platform), platform, f"{HOST}{TICKET}/open").fallback
            assert way(name, platform, "tap", script=True).presses == (1 if straight_on else 2)
            assert way(name, platform, "tap", script=False).presses == 2


class Way(NamedTuple):
    """What a person does on our pages, from opening the link until the client starts."""

    presses: int
    codes: int
    values: int  # typed into the client

    def __str__(self) -> str:
        more = [" + code"] * self.codes + ([f" + {self.values} values typed"] if self.values else [])
        return f"{self.presses}{''.join(more)}"


def table() -> list[str]:
    return [*HEAD, *(row(name, platform) for name in clients() for platform in client(name).PLATFORMS)]


def row(name: str, platform: str) -> str:
    if client(name).DELIVERY is Delivery.shown:
        return f"| {name} | {platform} | – | – | – | – | no link: shown at the desk, and scanned |"
    ways = [str(way(name, platform, policy, script=script)) for policy in get_args(Policy) for script in (True, False)]
    return f"| {name} | {platform} | {' | '.join(ways)} | {missing(name, platform)} |"


def way(name: str, platform: str, policy: Policy, *, script: bool) -> Way:
    presses = codes = 0
    phone = platform in HANDHELD
    code = "needed" if policy == "code" else "none" if phone else "here"
    offered = an_offer(agent="phone" if phone else "desktop", platform=platform, code=code)
    read = Read(screens.offer(house(), offered))
    if not phone:
        presses += len(read.all("summary"))
    if (asked := form_of(read, button_of(read))).attributes["action"] == f"{offered.path}/code":
        presses += 1
        read = Read(screens.offer(house(), offered._replace(code_sent=True)))
        asked = form_of(read, button_of(read))
    assert "data-tap" in asked.attributes
    codes += len([each for each in read.all("input", name="code") if asked in each.within])
    presses += 1

    start = started(name, platform)
    going = launching(start.launch, start.platform, start.page_url)
    if script and going.url is not None and going.fallback:
        return Way(presses, codes, 0)
    read = Read(screens.start(house(), start))
    values = [each for each in read.all("bdi") if "value" in each.classes]
    buttons = full_buttons(read)
    assert len(buttons) == (0 if values else 1)
    return Way(presses + len(buttons), codes, len(values))


def missing(name: str, platform: str) -> str:
    """What a person sees whose client is not there; each is checked on the page."""
    start = started(name, platform)
    read = Read(screens.start(house(), start))
    order = [each for each in read.elements if each.attributes.get("href") == INSTALL or each in full_buttons(read)]
    install = read.one("a", href=INSTALL)
    buttons = full_buttons(read)
    if not buttons:
        assert read.elements.index(install) < read.elements.index(read.one("dl"))
        return "the page says first what to install"
    address = buttons[0].attributes.get("href") or ""
    if address.startswith("intent:"):
        [first, _] = full_buttons(Read(screens.start(house(), start._replace(missing=True))))
        assert first.attributes["href"] == INSTALL
        return "the browser comes back, and the page offers to install it"
    if platform == "ios" and not address.startswith("https:") and address:
        assert order == [install, buttons[0]]
        return "the page says first what to install; iOS calls the address invalid"
    assert order == [buttons[0], install]
    assert SAID.missing_hint.format(app=start.app) in read.one("main").words
    if buttons[0].tag == "button":
        return "the file stays in the downloads; the page says what to install"
    if address.startswith("https:"):
        return "the maker's own page opens; ours says what to install"
    return "nothing happens; the page says what to install"


def started(name: str, platform: str) -> Started:
    return a_start(
        app=name,
        platform=platform,
        agent="phone" if platform in HANDHELD else "desktop",
        launch=launch(name, platform),
    )


def launch(name: str, platform: str) -> Launch:
    start = Start(
        ticket=TICKET.removeprefix("/p/"),
        url=f"{HOST}{TICKET}",
        endpoint=f"{HOST}/provisioning/{name}",
        username="7391004422",
        platform=platform,
        extra=EXTRA.get(name, {}),
    )
    return client(name).launch(start)


def full_buttons(read: Read) -> list[Element]:
    return [each for each in read.elements if each.classes == {"button"} and not each.hidden]


def button_of(read: Read) -> Element:
    """The one thing to do."""
    [button] = full_buttons(read)
    return button


def form_of(read: Read, button: Element) -> Element:
    [form] = [each for each in read.all("form") if each in button.within]
    return form
