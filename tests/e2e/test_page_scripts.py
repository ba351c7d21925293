"""The activation pages in a real browser, served by a few lines: what their scripts do with a person's press, what they
refuse to do without one, and whether the pages fit a small phone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import pytest
from playwright.sync_api import Page, expect

from functions.activation import screens, words
from functions.activation.screens import Offer
from functions.common.http import Answer
from functions.provisioning.clients import Launch
from tests.e2e.chromium import Profile, chromium, needs_chromium
from tests.unit.screen_samples import FILE, PATH, TICKET, TYPED, a_start, an_offer, every_screen, house

pytestmark = needs_chromium

IPAD: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari"
)
Fields = dict[str, str]


class Site:
    """One link as a server with two pages and a state. What a POST is answered with can be set."""

    def __init__(self) -> None:
        self.base_url = ""
        self.pages: dict[str, Answer] = {}
        self.states = ["waiting"]  # one after the other; the last one stays
        self.posted: list[tuple[str, Fields]] = []
        self.file_taken = 0
        self.accepted = ""  # what the last POST asked for
        self.taken: Callable[[Fields], Answer] = lambda _fields: self.json(
            {"open": f"{TICKET}/open", "url": f"{self.base_url}{TICKET}", "fallback": True}
        )

    def json(self, body: Any) -> Answer:
        return Answer(text=json.dumps(body), content_type="application/json")

    def offers(self, **changes: Any) -> Offer:
        offer = an_offer(page_url=f"{self.base_url}{PATH}", form_action=("'self'",), **changes)
        self.pages[PATH] = screens.offer(house(), offer)
        return offer

    def starts(self, **changes: Any) -> None:
        self.pages[f"{TICKET}/open"] = screens.start(house(), a_start(form_action=("'self'",), **changes))

    def get(self, path: str) -> Answer:
        if path == f"{TICKET}/state":
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return self.json({"state": state})
        if path == TICKET:
            self.file_taken += 1
            self.states = ["fetched", "registered"]
            return Answer(text="x", headers={"Content-Disposition": 'attachment; filename="activation.x"'})
        return self.pages.get(path) or Answer(status=404, text="")

    def post(self, path: str, fields: Fields) -> Answer:
        self.posted.append((path, fields))
        return self.taken(fields) if path == PATH else Answer(status=204, text="")

    @property
    def taps(self) -> list[Fields]:
        return [fields for path, fields in self.posted if path == PATH]


@contextmanager
def serving(site: Site) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(site.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            site.accepted = self.headers.get("Accept", "")
            self._send(site.post(self.path, {name: values[0] for name, values in parse_qs(body).items()}))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write((answer.text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.base_url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def visited(tmp_path: Path, profile: Profile, site: Site) -> Iterator[Page]:
    """The page of the link, as this browser has it. Nothing that it does may be refused by its own policy."""
    with serving(site), chromium(tmp_path, profile) as page:
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
        yield page
        assert refused == []


def test_one_tap_takes_the_file_and_the_page_goes_on_to_ready_to_dial(tmp_path: Path) -> None:
    site = Site()
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        site.starts()
        page.goto(site.base_url + PATH)
        with page.expect_download() as download:
            page.get_by_role("button").tap()
        assert download.value.suggested_filename == "activation.x"
        expect(page.get_by_role("heading", name="Ready to dial")).to_be_visible()
        expect(page.get_by_text("+41441234500")).to_be_visible()
        expect(page.get_by_role("link", name="Start Linphone")).to_be_hidden()
        assert page.title() == "Ready to dial"
        assert site.taps == [{"claim": "c" * 39}]
        assert site.file_taken == 1


def test_where_a_missing_client_would_do_harm_the_tap_leads_to_the_page_with_the_button(tmp_path: Path) -> None:
    site = Site()
    site.taken = lambda _: site.json({"open": f"{TICKET}/open", "url": "linphone-config://x", "fallback": False})
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        site.starts(platform="ios", launch=Launch(url="linphone-config://x"))
        page.goto(site.base_url + PATH)
        page.get_by_role("button").tap()
        expect(page.get_by_role("link", name="Start Linphone")).to_be_visible()
        expect(page.get_by_text("Waiting for Linphone…")).to_be_visible()
        assert page.url == f"{site.base_url}{TICKET}/open"


def test_what_is_no_person_s_press_sends_nothing(tmp_path: Path) -> None:
    site = Site()
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        page.goto(site.base_url + PATH)
        expect(page.get_by_role("button")).to_be_enabled()
        page.evaluate("document.querySelector('form button').click()")
        page.evaluate("document.querySelector('form').requestSubmit()")
        page.evaluate("document.querySelector('form').dispatchEvent(new SubmitEvent('submit', {cancelable: true}))")
        page.wait_for_function("new Promise(done => fetch('/').then(() => done(true)))")  # whatever was sent is there
        assert site.taps == []


def test_in_its_first_second_the_page_cannot_be_pressed(tmp_path: Path) -> None:
    site = Site()
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        page.clock.install()
        page.goto(site.base_url + PATH)
        expect(page.get_by_role("button")).to_be_disabled()
        page.clock.fast_forward(1001)
        expect(page.get_by_role("button")).to_be_enabled()


def test_a_second_in_view_is_told_and_nothing_else_happens_by_itself(tmp_path: Path) -> None:
    site = Site()
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        with page.expect_request(f"**{PATH}/opened"):
            page.goto(site.base_url + PATH)
        assert site.taps == []


def test_a_wrong_code_is_said_in_place_and_the_next_one_goes_through(tmp_path: Path) -> None:
    site = Site()

    def taken(fields: Fields) -> Answer:
        if fields["code"] == "123456":
            return site.json({"open": f"{TICKET}/open", "url": None, "fallback": False})
        return screens.offer(house(), asked._replace(problem="wrong_code"))

    site.taken = taken
    with visited(tmp_path, "phone", site) as page:
        asked = site.offers(code="needed", code_sent=True)
        site.starts(launch=TYPED, app="Bria")
        page.goto(site.base_url + PATH)
        page.get_by_label("Code (6 digits)").fill("000000")
        page.get_by_role("button", name="Activate this phone").tap()
        expect(page.get_by_role("alert")).to_have_text(words.words("en")[1].wrong_code)
        expect(page.get_by_label("Code (6 digits)")).to_be_focused()
        page.keyboard.type("123456")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Set up Bria")).to_be_visible()
        assert [fields["code"] for fields in site.taps] == ["000000", "123456"]


def test_what_is_typed_elsewhere_can_be_copied(tmp_path: Path) -> None:
    site = Site()
    with visited(tmp_path, "desktop", site) as page:
        site.starts(launch=TYPED, app="Bria", agent="desktop", platform="windows")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{site.base_url}{TICKET}/open")
        page.get_by_role("button", name="Copy").nth(1).click()
        expect(page.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "7391004422"


@pytest.mark.parametrize(("code", "hidden"), [("here", "details"), ("needed", "summary")])
def test_an_ipad_that_says_it_is_a_mac_has_its_button(tmp_path: Path, code: str, hidden: str) -> None:
    site = Site()
    with visited(tmp_path, "desktop", site) as page:
        site.offers(agent="desktop", platform="macos", says_mac=True, code=code, code_by="operator")
        site.starts()
        page.goto(site.base_url + PATH)
        expect(page.get_by_role("img")).to_be_visible()  # a Mac: the code for a phone's camera
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setUserAgentOverride", {"userAgent": IPAD})
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
        page.reload()
        expect(page.get_by_role("img")).to_be_hidden()
        expect(page.locator(hidden)).to_be_hidden()
        if code == "needed":
            page.get_by_label("Code (6 digits)").fill("123456")
        page.get_by_role("button", name="Activate this device").click()
        expect(page.get_by_role("heading", name="Ready to dial")).to_be_visible()
        assert [(fields["touch"], "here" in fields) for fields in site.taps] == [("1", False)]


def test_without_script_a_form_is_sent_and_the_next_page_says_how_far_it_is(tmp_path: Path) -> None:
    site = Site()
    site.taken = lambda _: Answer(status=303, text="", headers={"Location": f"{TICKET}/open"})
    with serving(site), chromium(tmp_path, "phone") as first:
        session = first.context.new_cdp_session(first)
        session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        site.offers()
        site.starts(state="fetched")
        first.goto(site.base_url + PATH)
        first.get_by_role("button").tap()
        expect(first.get_by_role("link", name="Start Linphone")).to_be_visible()
        expect(first.get_by_text(words.words("en")[1].fetched)).to_be_visible()
        assert site.taps == [{"claim": "c" * 39}]


# What browsers of Android phones lacked that are still in use (Chrome 49 to 60, Samsung Internet 5 to 7), and worse.
OF_2016: Final = """
delete NodeList.prototype.forEach;
delete Response.prototype.redirected;
delete window.AbortController;
window.FormData = class { toString() { return '[object FormData]'; } };
const Parameters = window.URLSearchParams;
window.URLSearchParams = function (from) { return new Parameters(String(from)); };
const send = window.fetch;
window.fetch = (address, options) => send(address, Object.assign({credentials: 'omit'}, options));
"""
NO_FETCH: Final = "delete window.fetch;"
FAILING_FETCH: Final = "window.fetch = () => { throw new TypeError('old'); };"
NO_SCRIPT_WORKS: Final = "document.querySelectorAll = undefined;"


def by_accept(site: Site, fields: Fields) -> Answer:
    """As the tap is answered: to a script with an address, to a form with a redirect; without a claim not at all."""
    if not fields.get("claim"):
        return screens.ended(house(), "again", ask_path=None)
    if site.accepted == "application/json":
        opens = {"open": f"{TICKET}/open", "url": f"{site.base_url}{TICKET}", "fallback": True}
        return msgspec.structs.replace(site.json(opens), headers={"Set-Cookie": "claim=c; Path=/"})
    return Answer(status=303, text="", headers={"Location": f"{TICKET}/open"})


def test_a_browser_of_2016_takes_the_file_by_one_tap(tmp_path: Path) -> None:
    site = Site()
    site.taken = lambda fields: by_accept(site, fields)
    with visited(tmp_path, "phone", site) as page:
        page.add_init_script(OF_2016)
        site.offers(code="needed", code_sent=True)
        site.starts()
        page.goto(site.base_url + PATH)
        page.get_by_label("Code (6 digits)").fill("12 & =+é")
        with page.expect_download():
            page.get_by_role("button", name="Activate this phone").tap()
        expect(page.get_by_role("heading", name="Ready to dial")).to_be_visible()
        assert site.taps == [{"claim": "c" * 39, "code": "12 & =+é"}]
        assert [each["name"] for each in page.context.cookies()] == ["claim"]


@pytest.mark.parametrize("lacking", [NO_FETCH, FAILING_FETCH, NO_SCRIPT_WORKS])
def test_where_a_script_fails_the_browser_sends_the_form(tmp_path: Path, lacking: str) -> None:
    site = Site()
    site.taken = lambda fields: by_accept(site, fields)
    with visited(tmp_path, "phone", site) as page:
        page.add_init_script(lacking)
        site.offers()
        site.starts(launch=FILE)
        page.goto(site.base_url + PATH)
        page.get_by_role("button").tap()
        with page.expect_download() as download:
            page.get_by_role("button", name="Start").tap()
        assert download.value.suggested_filename == "activation.x"
        assert site.taps == [{"claim": "c" * 39}]


def test_what_the_page_does_not_expect_the_browser_asks_for_itself(tmp_path: Path) -> None:
    site = Site()
    broken = [Answer(status=502, text='{"message": "no"}', content_type="application/json")]
    site.taken = lambda fields: broken.pop() if broken else by_accept(site, fields)
    with visited(tmp_path, "phone", site) as page:
        site.offers()
        site.starts(launch=FILE)
        page.goto(site.base_url + PATH)
        page.get_by_role("button").tap()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert site.taps == [{"claim": "c" * 39}] * 2
        assert site.accepted != "application/json"


def test_every_page_fits_a_screen_of_320_px_in_every_language(tmp_path: Path) -> None:
    with chromium(tmp_path, "desktop") as page:
        page.set_viewport_size({"width": 320, "height": 700})
        too_wide = []
        for language in words.languages():
            for name, answer in every_screen(house(language)):
                page.set_content(answer.text or "")
                if page.evaluate("document.documentElement.scrollWidth") > 320:
                    too_wide.append((language, name))
        assert too_wide == []
