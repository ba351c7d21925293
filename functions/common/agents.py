"""What a User-Agent says about who asks. Anyone may write one: it chooses what a page shows, and may cost a caller
something (a desktop's tap is refused, a preview's visit is not counted), but never proves anything.

Facts: the logs that projects published of what scanners and previews sent them, and the vendors' own pages."""

import re
from typing import Final, Literal

Kind = Literal["phone", "tablet", "desktop", "preview", "in_app"]
Platform = Literal["android", "ios", "windows", "macos", "linux", "blackberry", "symbian"]
Version = tuple[int, ...]

# What opens a link because a message holds it: chats that draw a preview, mail scanners, crawlers, HTTP libraries.
# Each is a part of the User-Agent in lower case. iMessage's preview comes from the sender's own phone and names
# facebookexternalhit and Twitterbot.
PREVIEWS: Final = (
    "bot/",
    "bot;",
    "bot-",
    "bot ",
    "crawl",
    "spider",
    "slurp",
    "preview",  # SkypeUriPreview, BingPreview, Google Web Preview
    "facebookexternalhit",
    "facebookcatalog",
    "meta-external",
    "whatsapp/",
    "slack-imgproxy",
    "googleimageproxy",
    "google-safety",
    "google-inspectiontool",
    "google-read-aloud",
    "googleother",
    "apis-google",
    "headlesschrome",
    "phantomjs",
    "microsoft office",  # looks up what it shows, and is no browser
    "ms-office",
    "ms outlook",
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "zscaler",
    "sophos",
    "trendmicro",
    "trend micro",
    "symantec",
    "fireeye",
    "forcepoint",
    "netcraft",
    "urlscan",
    "virustotal",
    "embedly",
    "iframely",
    "opengraph",
    "metainspector",
    "monitor",
    "python-requests",
    "aiohttp",
    "httpx",
    "scrapy",
)
# Programs that say what they are at the beginning.
PROGRAMS: Final = (
    "curl",
    "wget",
    "libwww",
    "lwp",
    "python",
    "go-http",
    "java",
    "okhttp",
    "apache-httpclient",
    "axios",
    "node",
    "ruby",
    "php",
    "guzzle",
    "postman",
    "insomnia",
)
# Browsers inside another app: they may refuse to start a client or to keep a download.
IN_APP: Final = (
    "[fb",  # Facebook, Messenger
    "fban/",
    "fbav/",
    "fb_iab",
    "instagram",
    " line/",
    "micromessenger",  # WeChat
    "kakaotalk",
    "snapchat",
    "pinterest/",
    "twitter for",
    "linkedinapp",
    "musical_ly",
    "bytedance",
    "tiktok",
    " trill",
    " gsa/",  # the Google app on iOS
    "barcelona",  # Threads
    "zalo",
    "; wv)",  # Android's WebView
)
_BROWSERS_OF_IOS: Final = ("safari/", "crios", "fxios", "edgios")  # there only browsers name Safari
_CUBOT: Final = "cubot"  # makes phones

# First match wins. What no package exists for (Windows Phone, KaiOS, Tizen, ChromeOS, televisions) is nobody's
# platform.
_PLATFORMS: Final[tuple[tuple[re.Pattern[str], Platform | None], ...]] = (
    (re.compile(r"Windows Phone|KAIOS|Tizen|Web0S|CrOS|PlayStation|Nintendo|Xbox"), None),
    (re.compile(r"BlackBerry|\bBB10\b|PlayBook"), "blackberry"),  # before Android: some call themselves both
    (re.compile(r"Symbian|SymbOS|Series ?60|\bS60\b"), "symbian"),
    (re.compile(r"Android"), "android"),
    (re.compile(r"iPhone|iPad|iPod"), "ios"),
    (re.compile(r"Windows NT|Win64|WOW64"), "windows"),
    (
        re.compile(r"Macintosh|Mac OS X"),
        "macos",
    ),  # an iPad says this too, byte for byte: a script asks for touch points
    (re.compile(r"X11|Linux (?:x86_64|i686|aarch64)|Ubuntu|Fedora"), "linux"),
)
_HANDHELD: Final = frozenset({"android", "ios", "blackberry", "symbian"})
_TABLET: Final = re.compile(r"iPad|PlayBook|Tablet|Android(?!.*Mobile)")

_VERSIONS: Final = {
    "android": re.compile(r"Android (\d+(?:\.\d+)*)"),
    "ios": re.compile(r"(?:iPhone )?OS (\d+(?:_\d+)*) like Mac OS X"),
    "macos": re.compile(r"Mac OS X (\d+(?:[._]\d+)*)"),
    "windows": re.compile(r"Windows NT (\d+\.\d+)"),
    "blackberry": re.compile(r"(?:BB10.*Version|BlackBerry\d+)/(\d+(?:\.\d+)*)"),
    "symbian": re.compile(r"SymbianOS/(\d+(?:\.\d+)*)"),
}
_SAFARI: Final = re.compile(r"Version/(\d+(?:\.\d+)*) Mobile")
# The last version that browsers tell; every later one says the same, to be less recognisable.
_FROZEN: Final[dict[Platform, Version]] = {"android": (10,), "ios": (18, 6), "macos": (10, 15, 7), "windows": (10, 0)}
_WINDOWS: Final = {"6.1": (7,), "6.2": (8,), "6.3": (8, 1)}  # NT's own numbering


def kind(user_agent: str) -> Kind:
    """Who asks. An empty User-Agent is a program; an unknown device is a desktop, to which every choice is shown."""
    agent = user_agent.lower().replace(_CUBOT, "")
    if not agent.strip() or agent.startswith(PROGRAMS) or agent.endswith("bot") or _any(PREVIEWS, agent):
        return "preview"
    if _any(IN_APP, agent) or (_on_ios(agent) and not _any(_BROWSERS_OF_IOS, agent)):
        return "in_app"
    if platform(user_agent) not in _HANDHELD:
        return "desktop"
    return "tablet" if _TABLET.search(user_agent) else "phone"


def draws_previews(user_agent: str) -> bool:
    """Whether it is one that opens links because a message holds them; a mere program is none."""
    return _any(PREVIEWS, user_agent.lower().replace(_CUBOT, ""))


def platform(user_agent: str) -> Platform | None:
    """Which packages run there; None for a device that we have none for, or do not know."""
    return next((name for pattern, name in _PLATFORMS if pattern.search(user_agent)), None)


def os_version(user_agent: str) -> Version | None:
    """The operating system's version, when it is told truly; None when it may be any later one."""
    name = platform(user_agent)
    found = _VERSIONS[name].search(user_agent) if name in _VERSIONS else None
    if name is None or found is None:
        return None
    version = tuple(int(part) for part in re.split(r"[._]", found[1]))
    if name == "windows" and found[1] in _WINDOWS:
        return _WINDOWS[found[1]]
    if name == "ios" and (safari := _SAFARI.search(user_agent)):
        return max(version, tuple(int(part) for part in safari[1].split(".")))  # Safari's is iOS's own since iOS 5
    frozen = _FROZEN.get(name)
    return None if frozen is not None and version >= frozen else version


def _any(words: tuple[str, ...], agent: str) -> bool:
    return any(word in agent for word in words)


def _on_ios(agent: str) -> bool:
    return "applewebkit" in agent and ("iphone" in agent or "ipad" in agent or "ipod" in agent)
