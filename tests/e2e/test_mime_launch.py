"""A tap in a real browser starts a real client: Chromium downloads the file, the desktop knows by its type which
program takes it, and that program registers.

What is installed is what docs/handlers/freedesktop holds, and what it starts is examples/reference_client."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Download, Page

from examples.reference_client.phone import USER_AGENT
from infra.build import ROOT
from infra.system import System
from tests.e2e.chromium import chromium, needs_chromium
from tests.e2e.second_stack import needs_second_stack
from tests.e2e.sip import wait_until
from tests.e2e.site import ok, site
from tests.e2e.web import PATIENCE, request
from tests.e2e.world import Person

_NEEDED: Final = {"gio": "libglib2.0-bin", "update-mime-database": "shared-mime-info"}  # Debian's names
_HANDLER: Final = ROOT / "docs" / "handlers" / "freedesktop"
_PROGRAM: Final = "dialready-reference-client"  # as the handler calls it

pytestmark = [
    needs_chromium,
    needs_second_stack,
    pytest.mark.skipif(
        not all(map(shutil.which, _NEEDED)),
        reason=f"needs {', '.join(_NEEDED)}: apt-get install --no-install-recommends {' '.join(_NEEDED.values())}",
    ),
]

NAME: Final = 'Zoë "Zed" \\ Ünal & <Söhne> 😀 שלום'


def test_a_tap_in_chromium_starts_the_client_that_takes_the_file_and_it_registers(
    system: System, tmp_path: Path
) -> None:
    with site(system, tmp_path, "SHA-256") as here, _desktop(tmp_path, here.certificates.authority) as desktop:
        here.tenant.api.call("PATCH", "/v1/tenant", {"client": "privategsm"}, expected=200)
        person = here.world.new_person(here.tenant, NAME, security_model="end-to-site")
        link = here.world.links_for(person, "a")["sms"]
        with chromium(tmp_path, "phone") as page:
            download = _tapped_until_a_download(page, link)
            ok(
                download.suggested_filename == "activation.privategsm",
                "the phone has a file",
                download.suggested_filename,
            )
            file = tmp_path / download.suggested_filename
            download.save_as(file)

        desktop.open(file)
        ok(wait_until(lambda: f"name {NAME}" in desktop.said()), "its type starts the client", desktop.said())
        ok(wait_until(lambda: "registered" in desktop.said()), "which registers", desktop.said())
        contact = here.registrar.contact(person.number, here.tenant.domain) or ""
        ok(USER_AGENT in contact and "transport=TLS" in contact, "the SIP server knows it, over TLS", contact)
        ok(
            wait_until(lambda: here.world.state_of(person)["readiness"] == "active"),
            "the account is active",
            here.world.state_of(person),
        )
        state = here.world.state_of(person)
        ok(state["link"]["state"] == "closed", "its link has closed", state["link"])
        ok(state["devices"][0]["user_agent"] == USER_AGENT, "its device is the client", state["devices"])
        ok(request("GET", link).status == 410, "and the link is dead")
        _ended(desktop, person, lambda: here.registrar.contact(person.number, here.tenant.domain))


def _tapped_until_a_download(page: Page, link: str) -> Download:
    """What a person does: taps the one button there is, and on the next page the link that starts the client."""
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.goto(link)
    page.get_by_role("button").tap()
    _until(page, lambda: bool(downloads) or "/p/" in page.url)
    if not downloads:
        page.locator(".button").first.tap()
        _until(page, lambda: bool(downloads))
    return downloads[0]


def _until(page: Page, holds: Callable[[], bool]) -> None:
    """Waits as the browser does, which tells us nothing while we wait by ourselves."""
    for _ in range(int(PATIENCE * 20)):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"nothing more happened at {page.url}: {page.inner_text('body')}")


def _ended(desktop: "_Desktop", person: Person, contact: Callable[[], str | None]) -> None:
    desktop.end()
    ok(wait_until(lambda: contact() is None), f"ended, {person.full_name}'s client says good-bye", desktop.said())


@dataclass(frozen=True)
class _Desktop:
    """A person's own desktop settings, in a folder of the test's."""

    folder: Path
    environment: dict[str, str]

    def open(self, file: Path) -> None:
        """As a file manager does it, and a browser with its downloads."""
        subprocess.run(["gio", "open", file], env=self.environment, check=True, capture_output=True, timeout=60)

    def said(self) -> list[str]:
        """What the client has said, line by line."""
        log = self.folder / "client.log"
        return log.read_text().splitlines() if log.exists() else []

    def end(self) -> None:
        """Ends the client, if it was started."""
        started = self.folder / "client.pid"
        if started.exists():
            subprocess.run(["kill", started.read_text().strip()], check=False, capture_output=True)
            started.unlink()


@contextmanager
def _desktop(folder: Path, authority: Path) -> Iterator[_Desktop]:
    """With our handler installed, and the reference client under the name by which the handler calls it."""
    home = folder / "desktop"
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / _PROGRAM
    program.write_text(
        "#!/bin/sh\n"
        f"echo $$ > {shlex.quote(str(home / 'client.pid'))}\n"
        f"cd {shlex.quote(str(ROOT / 'examples'))}\n"
        f'exec {shlex.quote(sys.executable)} -m reference_client --authorities {shlex.quote(str(authority))} "$@" '
        f"> {shlex.quote(str(home / 'client.log'))} 2>&1\n"
    )
    program.chmod(0o755)
    environment = {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    subprocess.run([_HANDLER / "install.sh"], env=environment, check=True, capture_output=True, timeout=60)
    desktop = _Desktop(home, environment)
    try:
        yield desktop
    finally:
        desktop.end()
