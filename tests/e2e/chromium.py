"""A real Chromium (Debian's package), without screen, as a phone's browser or a desktop's.

It runs every script, keeps its profile in a folder of the test's, and reaches nothing but this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypedDict

import pytest
from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.e2e.web import ANDROID, PATIENCE

Profile = Literal["phone", "desktop"]

DESKTOP: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
PROGRAM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="needs chromium: apt-get install --no-install-recommends chromium"
)

_QUIET: Final = (
    "--no-sandbox",  # as root it does not start with one
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give it too little
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


class _Look(TypedDict):
    user_agent: str
    viewport: ViewportSize
    has_touch: bool
    is_mobile: bool
    device_scale_factor: float


_LOOKS: Final[dict[Profile, _Look]] = {
    "phone": {
        "user_agent": ANDROID,
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 3,
    },
    "desktop": {
        "user_agent": DESKTOP,
        "viewport": {"width": 1280, "height": 800},
        "has_touch": False,
        "is_mobile": False,
        "device_scale_factor": 1,
    },
}


@contextmanager
def chromium(folder: Path, profile: Profile) -> Iterator[Page]:
    """An empty tab of a fresh browser, which ends with the block. `folder` holds its profile.

    Cookies live as long as the block; `page.context.new_page()` opens another tab of the same browser. What is waited
    for has as long as a cold function needs."""
    home = folder / profile
    home.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            home / "data",
            executable_path=PROGRAM,
            args=list(_QUIET),
            env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            downloads_path=home / "downloads",
            **_LOOKS[profile],
        )
        browser.set_default_timeout(PATIENCE * 1000)
        try:
            yield browser.pages[0]
        finally:
            browser.close()
