"""Scanners on the deployed system: those that only ask, and real browsers that run the page's scripts and press all
that a script can. None of them costs the person anything. (Two thousand that only ask: tests/api/test_scanners.py.)"""

import itertools
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Error, Page, expect

from infra.system import System
from tests.e2e.chromium import Profile, chromium, needs_chromium
from tests.e2e.web import Answer, Browser, request
from tests.e2e.world import Tenant, World
from tests.programmes.scanners import FORGED
from tests.programmes.user_agents import QUOTED

FORM: Final = "application/x-www-form-urlencoded"
SECRET_WORDS: Final = ("auth_info", "<password", "X-Amz-Signature")
_numbers: Final = itertools.count(100)
# What a script can do without a person's press: each makes one thing of the page act.
ACTS: Final = {
    "document.links": "link => link.click()",
    "document.querySelectorAll('button,[type=submit]')": "button => button.click()",
    "document.forms": "form => form.submit()",
    "[...document.forms]": "form => form.requestSubmit()",
}
A_WHILE: Final = 1000  # milliseconds
FOLLOW: Final = "[...document.links].forEach(link => link.click())"


@dataclass(frozen=True)
class Target:
    """Somebody whose link is scanned."""

    tenant: Tenant
    account: dict[str, Any]
    link: str

    def wrong(self) -> list[str]:
        """What the scanners have cost, and whether the person is served now."""
        id_, username = self.account["id"], self.account["username"]
        api = self.tenant.api
        state = api.get(f"/v1/accounts/{id_}/state")
        found = [] if state["link"]["state"] in ("live", "claimed") else [f"the link is {state['link']['state']}"]
        if api.get(f"/v1/accounts/{id_}").get("attention"):
            found.append("an operator's attention was asked for")
        asked = f"{api.base_url}/registrar/kamailio/lookup?username={username}&realm={self.tenant.domain}"
        server = {"Authorization": f"Bearer {self.tenant.registrar_token}"}
        if request("GET", asked, server).status != 404:
            found.append("there is a credential")
        phone = Browser()
        tapped = phone.submit(phone.open(self.link))
        file = request("GET", tapped.location.removesuffix("/open"), {"User-Agent": "Unknown"})
        if file.status != 200 or username not in file.text or request("GET", asked, server).status != 200:
            found.append(f"the person's phone is not served: {tapped.status}, {file.status}")
        return found


@pytest.fixture(scope="module")
def tenant(system: System) -> Tenant:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    return tenant


@pytest.fixture
def target(tenant: Tenant) -> Target:
    number = f"+1202557{next(_numbers):04}"
    body = {"full_name": "Very Private", "number": number, "group_id": tenant.group_id}
    account = tenant.api.create("/v1/accounts", body)
    return Target(tenant, account, tenant.api.create(f"/v1/accounts/{account['id']}/qr", {})["url"])


def test_what_only_asks_gets_nothing(target: Target) -> None:
    earlier = Browser().open(target.link).form_fields["claim"]
    for agent in QUOTED:
        sent = {"User-Agent": agent.encode().decode("latin-1")}
        form = sent | {"Content-Type": FORM}
        answers = [
            request("HEAD", target.link, sent),
            request("GET", target.link, sent),
            request("POST", f"{target.link}/opened", sent),
            request("POST", target.link, form, b""),
            request("POST", target.link, form, f"claim={FORGED}&touch=1&here=1".encode()),
            request("POST", target.link, form, f"claim={earlier}".encode()),
        ]
        assert [each.status for each in answers[:5]] == [200, 200, 204, 400, 400], agent
        assert answers[5].status in (303, 400), agent
        assert not [each for each in answers if _tells(target, each)], agent
    print(f"{len(QUOTED)} scanners, {6 * len(QUOTED)} requests")
    assert not target.wrong()


@needs_chromium
@pytest.mark.parametrize("profile", ["desktop", "phone"])
def test_a_browser_that_runs_all_scripts_and_presses_all_that_scripts_can(
    target: Target, profile: Profile, tmp_path: Path
) -> None:
    seen: list[str] = []
    files: list[object] = []
    with chromium(tmp_path, profile) as page:
        _open(page, target)
        link = target.tenant.api.get(f"/v1/accounts/{target.account['id']}/state")["link"]
        assert link["state"] == "live"
        there = {things: page.evaluate(f"({things}).length") for things in ACTS}
        for things, act in ACTS.items():
            for number in range(there[things]):
                tab = page.context.new_page()  # an address that is nowhere leaves its tab without a page
                tab.on("download", lambda file: files.append(file))
                _open(tab, target)
                if _leads(tab, f"({act})(({things})[{number}])"):
                    seen.append(tab.content())
                    _leads(tab, FOLLOW)
                tab.close()
    print(f"{profile}: {there}, {len(seen)} pages seen, {len(files)} files")
    assert sum(there.values()) >= 3
    assert not files
    assert not [page for page in seen if any(word in page for word in SECRET_WORDS)]
    assert not target.wrong()


def _open(page: Page, target: Target) -> None:
    """The link's page, when all scripts have run that run by themselves, and its buttons can be pressed."""
    page.goto(target.link)
    page.wait_for_load_state("networkidle")
    expect(page.locator("button:disabled")).to_have_count(0)


def _leads(page: Page, act: str) -> bool:
    """Whether a script's act led to another page within a while, which is there now."""
    with suppress(Error):  # nothing within the while, or an address that is not on this machine
        with page.expect_navigation(timeout=A_WHILE):
            page.evaluate(f"() => {{setTimeout(() => {{{act}}}, 0)}}")
        return True
    return False


def _tells(target: Target, answer: Answer) -> bool:
    """Whether an answer holds something of the person, or of a credential."""
    everything = answer.text + " ".join(answer.headers.values())
    secrets = ("Very Private", *(target.account[name] for name in ("id", "number", "username")), *SECRET_WORDS)
    return any(secret in everything for secret in secrets)
