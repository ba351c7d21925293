"""The installation link leads each device to its package, says it was opened, and gives nothing away."""

import re
from html import unescape

import pytest

from functions.common import agents
from functions.installation import links
from functions.installation.platforms import PLATFORMS
from functions.installation.words import LANGUAGES, words
from tests.api.client import PHONE, Api, Reply
from tests.api.world import House, World, made

ANDROID_7 = "Mozilla/5.0 (Linux; Android 7.1; SM-G930F) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36"
ANDROID_TABLET = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
)
IPHONE_CHROME = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/96.0 Mobile/15E148 Safari/604.1"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
BLACKBERRY = (
    "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+"
)
SYMBIAN = "Mozilla/5.0 (SymbianOS/9.4; Series60/5.0 Nokia5800d-1) AppleWebKit/525 (KHTML, like Gecko) Safari/525"
CUBOT = "Mozilla/5.0 (Linux; Android 8.1.0; CUBOT P20) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36"
KAIOS = "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"
WINDOWS_PHONE = (
    "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 Mobile Safari/537.36"
)
FACEBOOK = "Mozilla/5.0 (iPhone; CPU iPhone OS 14_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS]"
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; SM-A146U; wv) AppleWebKit/537.36 Version/4.0 Chrome/122.0 Mobile Safari/537.36"
)
IMESSAGE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 facebookexternalhit/1.1 Twitterbot/1.0"
PREVIEWS = (
    IMESSAGE,
    "WhatsApp/2.23.20.0 A",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)",
    "python-requests/2.32",
    "curl/8.0",
    "",
)
STORE = {
    "android": "https://play.example.com/app",
    "ios": "itms-apps://apps.example.com/app",
    "windows": "https://dl.example.com/app.exe",
    "macos": "https://dl.example.com/app.dmg",
}


@pytest.mark.parametrize(
    ("agent", "kind", "platform", "version"),
    [
        (PHONE, "phone", "android", None),
        (ANDROID_7, "phone", "android", (7, 1)),
        (ANDROID_TABLET, "tablet", "android", None),
        (IPHONE, "phone", "ios", (26, 0)),
        (IPHONE_CHROME, "phone", "ios", (15, 2)),
        (MAC, "desktop", "macos", None),
        (WINDOWS, "desktop", "windows", None),
        (LINUX, "desktop", "linux", None),
        (BLACKBERRY, "phone", "blackberry", (10, 0, 9, 2372)),
        (SYMBIAN, "phone", "symbian", (9, 4)),
        (CUBOT, "phone", "android", (8, 1, 0)),
        (KAIOS, "desktop", None, None),
        (WINDOWS_PHONE, "desktop", None, None),
        (FACEBOOK, "in_app", "ios", (14, 5)),
        (WEBVIEW, "in_app", "android", None),
        *((agent, "preview", agents.platform(agent), agents.os_version(agent)) for agent in PREVIEWS),
    ],
)
def test_who_a_user_agent_is(agent: str, kind: str, platform: str | None, version: tuple[int, ...] | None) -> None:
    assert (agents.kind(agent), agents.platform(agent), agents.os_version(agent)) == (kind, platform, version)


class Visitor:
    """A person with an installation link."""

    def __init__(self, world: World, house: House, **account: object) -> None:
        self.house, self.account = house, house.account(**account)["id"]
        self.url = links.address(house.tenant, self.account)
        self.path = self.url.removeprefix(f"https://{house.host}")
        self._api = world.anyone.at(house.host)

    def opens(self, agent: str, query: str = "") -> Reply:
        return self._api.at(self.house.host, user_agent=agent).get(self.path + query, headers={"User-Agent": agent})

    def asks(self, agent: str) -> Reply:
        return self._api.at(self.house.host, user_agent=agent).head(self.path, headers={"User-Agent": agent})

    @property
    def clicked(self) -> dict[str, str] | None:
        found: dict[str, str] | None = self.house.csr.get(f"/v1/accounts/{self.account}/state").json[
            "installation_clicked"
        ]
        return found

    @property
    def events(self) -> list[str]:
        items = self.house.csr.get(f"/v1/accounts/{self.account}/history").json["items"]
        return [each["details"]["platform"] for each in items if each["event"] == "installation.clicked"]


def offer(house: House, platform: str, url: str, **fields: object) -> str:
    return str(made(house.admin.post("/v1/downloads", {"platform": platform, "url": url, **fields}))["id"])


@pytest.fixture
def visitor(world: World, house: House) -> Visitor:
    for platform, url in STORE.items():
        offer(house, platform, url)
    return Visitor(world, house)


def test_the_address_is_short_always_the_same_and_kept_nowhere(world: World, visitor: Visitor) -> None:
    assert len(visitor.url) < 60
    assert re.fullmatch(r"/i/[A-Za-z0-9]{23}", visitor.path)
    assert links.address(visitor.house.tenant, visitor.account) == visitor.url
    assert visitor.path.removeprefix("/i/") not in str(world.cloud.rows("installation"))


@pytest.mark.parametrize(
    ("agent", "platform"),
    [(PHONE, "android"), (ANDROID_TABLET, "android"), (IPHONE, "ios"), (FACEBOOK, "ios"), (WEBVIEW, "android")],
)
def test_a_phone_is_led_to_its_package(visitor: Visitor, agent: str, platform: str) -> None:
    reply = visitor.opens(agent)
    assert (reply.status, reply.headers["location"]) == (302, STORE[platform])
    assert visitor.clicked is not None
    assert visitor.clicked["platform"] == platform


def test_the_history_says_on_which_system_and_to_which_download(world: World, house: House) -> None:
    first = offer(house, "android", "https://own.example/old", minimum_os="5")
    visitor = Visitor(world, house)
    visitor.opens(ANDROID_7)
    second = offer(house, "android", "https://own.example/old-too", minimum_os="7")
    visitor.opens(ANDROID_7)
    visitor.opens(ANDROID_7)
    visitor.opens(WINDOWS)
    items = house.csr.get(f"/v1/accounts/{visitor.account}/history").json["items"]
    clicks = [each["details"] for each in reversed(items) if each["event"] == "installation.clicked"]
    assert clicks == [
        {"platform": "android", "os_version": "7.1", "download": first},
        {"platform": "android", "os_version": "7.1", "download": second},
        {"platform": "windows", "os_version": None, "download": None},
    ]
    assert visitor.clicked is not None
    assert visitor.clicked["platform"] == "windows"
    assert visitor.clicked["download_id"] is None


@pytest.mark.parametrize("agent", [MAC, WINDOWS, LINUX, KAIOS, WINDOWS_PHONE])
def test_a_desktop_and_an_unknown_device_see_every_choice_and_a_code(visitor: Visitor, agent: str) -> None:
    reply = visitor.opens(agent)
    assert reply.status == 200
    assert re.findall(r'href="([^"]*)"', reply.text) == [f"?platform={platform}" for platform in STORE]
    assert reply.text.count("<svg") == 1
    assert "Example Ltd" in reply.text
    assert visitor.opens(agent, "?platform=windows").headers["location"] == STORE["windows"]


def test_the_page_is_small_self_contained_and_says_who_it_is_for(visitor: Visitor) -> None:
    reply = visitor.opens(WINDOWS)
    assert len(reply.text.encode()) < 15_000
    assert '<html lang="en" dir="ltr">' in reply.text
    assert "width=device-width" in reply.text
    assert not re.search(r'(?:src|action)=|@import|url\(|style="| on[a-z]+="', reply.text)
    assert "http" not in re.sub(r"<svg.*?</svg>", "", reply.text).replace("http-equiv", "")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["referrer-policy"] == "same-origin"
    assert "noindex" in reply.headers["x-robots-tag"]
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("de", "Wählen"),
        ("it", "Scelga"),
        ("fr-FR", "Choisissez"),
        ("es", "Elija"),
        ("pt-BR", "Escolha"),
        ("ar", "اختيار"),
        ("xx", "Choose"),
    ],
)
def test_the_page_speaks_the_person_s_language(world: World, visitor: Visitor, language: str, word: str) -> None:
    visitor.house.csr.patch(f"/v1/accounts/{visitor.account}", {"language": language})
    page = visitor.opens(WINDOWS).text
    assert word in page
    assert f'lang="{language[:2] if word != "Choose" else "en"}"' in page


def test_a_tenant_s_name_cannot_break_the_page(world: World, house: House) -> None:
    offer(house, "android", STORE["android"])
    house.admin.patch("/v1/tenant", {"name": '<img src=x onerror=alert(1)>"{0}'})
    page = Visitor(world, house).opens(WINDOWS).text
    assert "<img" not in page
    assert "&lt;img" in page


def test_opening_counts_once_and_says_when_and_on_what(visitor: Visitor) -> None:
    assert visitor.clicked is None
    visitor.opens(IPHONE)
    first = visitor.clicked
    assert first is not None
    visitor.opens(IPHONE)
    assert visitor.clicked == first
    visitor.opens(PHONE)
    assert visitor.events == ["android", "ios"]
    visitor.opens(PHONE)
    assert visitor.events == ["android", "ios"]


@pytest.mark.parametrize("agent", PREVIEWS)
def test_previews_and_scanners_do_not_count(visitor: Visitor, agent: str) -> None:
    assert visitor.opens(agent).status in (200, 302)
    assert visitor.clicked is None


def test_head_answers_alike_and_does_not_count(visitor: Visitor) -> None:
    for agent in (IPHONE, WINDOWS):
        asked = visitor.asks(agent)
        assert asked.text == ""
        assert visitor.clicked is None
    for agent in (IPHONE, WINDOWS):
        opened = visitor.opens(agent)
        assert (opened.status, opened.headers.get("location")) == (
            visitor.asks(agent).status,
            visitor.asks(agent).headers.get("location"),
        )


def test_parameters_that_chats_append_do_no_harm(visitor: Visitor) -> None:
    assert visitor.opens(IPHONE, "?fbclid=abc&utm_source=x").status == 302


def test_the_most_specific_package_wins(world: World, house: House) -> None:
    made(world.provider.post("/v1/downloads", {"platform": "android", "url": "https://provider.example/app"}))
    visitor = Visitor(world, house, client="linphone")
    assert visitor.opens(PHONE).headers["location"] == "https://provider.example/app"
    offer(house, "android", "https://other.example/pgsm", client="privategsm")
    assert visitor.opens(PHONE).headers["location"] == "https://provider.example/app"
    offer(house, "android", "https://own.example/any")
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/any"
    offer(house, "android", "https://own.example/e2s", security_model="end-to-site")
    offer(house, "android", "https://own.example/e2e", security_model="end-to-end")
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/e2s"
    offer(house, "android", "https://own.example/linphone", client="linphone")
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/linphone"
    offer(house, "android", "https://own.example/group", group_id=house.group)
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/group"
    house.admin.patch(f"/v1/profiles/{house.profile}", {"security_model": "end-to-end"})
    other = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
    elsewhere = Visitor(world, house, client="privategsm", group_id=other)
    assert elsewhere.opens(PHONE).headers["location"] == "https://other.example/pgsm"


def test_an_old_system_gets_the_package_that_still_runs_on_it(world: World, house: House) -> None:
    offer(house, "android", "https://own.example/new", minimum_os="8.0")
    visitor = Visitor(world, house)
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/new"
    assert visitor.opens(ANDROID_7).status == 200
    offer(house, "android", "https://own.example/old", minimum_os="5")
    assert visitor.opens(ANDROID_7).headers["location"] == "https://own.example/old"
    assert visitor.opens(PHONE).headers["location"] == "https://own.example/new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_system_too_old_for_every_package_is_told_so_and_whom_to_call(
    world: World, house: House, language: str
) -> None:
    support = {"customer_service_phone": "+39 02 1234567", "customer_service_email": "help@example.net"}
    house.admin.patch(f"/v1/profiles/{house.profile}", support)
    for minimum in ("9", "8.0", "11"):
        offer(house, "android", f"https://own.example/{minimum}", minimum_os=minimum)
    visitor = Visitor(world, house, language=language)
    page = visitor.opens(ANDROID_7)
    text = words(language)[1]
    assert page.status == 200
    assert text.too_old in unescape(page.text)
    assert "Android 8.0" in page.text
    assert "tel:+39021234567" in page.text
    assert "help@example.net" in page.text
    assert "location" not in page.headers
    assert visitor.clicked is not None
    assert visitor.clicked["os_version"] == "7.1"
    assert visitor.clicked["download_id"] is None


def test_an_old_system_without_support_to_call_is_sent_back_to_the_sender(world: World, house: House) -> None:
    offer(house, "android", "https://own.example/new", minimum_os="8.0")
    assert "ask those who sent you the message" in Visitor(world, house).opens(ANDROID_7).text


def test_a_device_without_a_package_is_told_so(world: World, house: House) -> None:
    visitor = Visitor(world, house)
    assert "no package yet" in visitor.opens(PHONE).text
    offer(house, "ios", STORE["ios"])
    page = visitor.opens(PHONE)
    assert page.status == 200
    assert "no package for this device (Android)" in page.text


def test_the_page_says_whom_to_call(world: World, house: House) -> None:
    support = {"customer_service_phone": "+39 02 1234567", "customer_service_email": "help@example.net"}
    house.admin.patch(f"/v1/profiles/{house.profile}", support)
    page = Visitor(world, house).opens(WINDOWS).text
    assert "tel:+39021234567" in page
    assert "help@example.net" in page


def test_an_unknown_link_and_a_deleted_account_s_are_the_same_404(world: World, visitor: Visitor, api: Api) -> None:
    visitor.house.csr.delete(f"/v1/accounts/{visitor.account}")
    gone, unknown = visitor.opens(PHONE), api.get("/i/" + "a" * 23)
    assert gone.status == unknown.status == 404
    assert gone.text == unknown.text
    assert gone.headers["content-type"].startswith("text/html")


def test_a_network_that_guesses_is_told_to_wait_but_a_known_link_always_opens(visitor: Visitor, api: Api) -> None:
    answers = [api.get(f"/i/a{n:022d}") for n in range(12)]
    assert [each.status for each in answers[:10]] == [404] * 10
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert visitor.opens(PHONE).status == 302


MANIFEST = "itms-services://?action=download-manifest&url="


@pytest.mark.parametrize(
    ("platform", "url"),
    [
        *((platform, "https://dl.example.com/app?a=b&c=d") for platform in PLATFORMS),
        ("ios", "itms-apps://apps.example.com/app/id1"),
        ("ios", MANIFEST + "https://dl.example.com/app.plist"),
        ("ios", MANIFEST + "https%3A%2F%2Fdl.example.com%2Fapp.plist%3Fa%3Db"),
        ("android", "market://details?id=net.example.app"),
    ],
)
def test_a_download_is_an_https_address_or_one_of_its_platform_s_store(house: House, platform: str, url: str) -> None:
    assert made(house.admin.post("/v1/downloads", {"platform": platform, "url": url}))["url"] == url


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "url",
    [
        "http://dl.example.com/app",
        "HTTPS://dl.example.com/app",
        "javascript:alert(1)",
        "javascript://dl.example.com/%0aalert(1)",
        "data:text/html,x",
        "intent://dl.example.com#Intent;end",
        "file:///etc/passwd",
        "//dl.example.com/app",
        "dl.example.com/app",
        "ftp://x",
        "https://",
        "https:///app",
        "https://:443/app",
        "https://dl.example.com:port/app",
        "https://[dl.example.com/app",
        "https://play.example.com@dl.example.com/app",
        "https://user:word@dl.example.com/app",
        "https://dl.example.com/a b",
        "https://dl.example.com/\r\nX: y",
        "https://ä.example",
        "https://dl.example.com/\\app",
        "",
    ],
)
def test_any_other_address_is_refused(house: House, platform: str, url: str) -> None:
    assert house.admin.post("/v1/downloads", {"platform": platform, "url": url}).wrong.keys() == {"url"}


@pytest.mark.parametrize(
    ("platform", "url", "allowed"),
    [
        ("android", "itms-apps://apps.example.com/app", "https:// or market://"),
        ("windows", "market://details?id=x", "https://"),
        ("ios", "market://details?id=x", "https:// or itms-apps:// or itms-services://"),
        ("ios", "itms-services://", "itms-services://?action=download-manifest&url="),
        ("ios", MANIFEST + "http://dl.example.com/app.plist", "itms-services://?action=download-manifest&url="),
        ("ios", "itms-services://?action=other&url=https://dl.example.com/a", "itms-services://?action=download"),
        ("ios", MANIFEST + "https:///app.plist", "no host"),
    ],
)
def test_a_refusal_says_what_is_allowed(house: House, platform: str, url: str, allowed: str) -> None:
    assert allowed in house.admin.post("/v1/downloads", {"platform": platform, "url": url}).wrong["url"]


@pytest.mark.parametrize(
    "query",
    [
        "?platform=https://evil.example",
        "?url=https://evil.example",
        "?next=//evil.example&platform=android",
        "?platform=%0d%0aLocation:x",
    ],
)
def test_nothing_that_a_visitor_sends_becomes_an_address(visitor: Visitor, query: str) -> None:
    assert visitor.opens(PHONE, query).headers.get("location") in (STORE["android"], None)


def test_the_address_is_known_once_a_message_has_made_it_so(world: World, house: House) -> None:
    account = house.account()["id"]
    before = world.cloud.rows("installation")
    assert links.known_address(house.tenant, account) is None
    assert world.cloud.rows("installation") == before
    assert links.known_address(house.tenant, account) is None
    assert links.address(house.tenant, account) == links.known_address(house.tenant, account)
    other = house.account()["id"]
    assert links.known_address(house.tenant, other) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("platform", "kaios"),
        ("minimum_os", "v8"),
        ("client", "nokia"),
        ("group_id", "0" * 14),
        ("security_model", "none"),
    ],
)
def test_what_a_download_cannot_be_for(house: House, field: str, value: str) -> None:
    body = {"platform": "ios", "url": STORE["ios"], field: value}
    assert house.admin.post("/v1/downloads", body).wrong.keys() == {field}
