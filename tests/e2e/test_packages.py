"""A package's whole way on the embedded AWS: into S3 by a presigned address, and from there onto the phone."""

import plistlib
import re
import secrets
import subprocess
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.installation.formats import FORMATS, Ending
from infra.system import System
from tests.e2e.chromium import chromium, needs_chromium
from tests.e2e.test_readme import SHELL
from tests.e2e.test_rights import acting_as, refused
from tests.e2e.web import ANDROID, Answer, Api, Browser, request
from tests.e2e.world import Tenant, World

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "installation.md"
IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1"
)
CONTENT: Final = secrets.token_bytes(7_000_000)  # more than a function takes, or a gateway


@pytest.fixture(scope="module")
def tenant(system: System) -> Tenant:
    world = World(system)
    made = world.new_tenant()
    world.new_profile(made)
    for download in made.api.get("/v1/downloads")["items"]:
        made.api.call("DELETE", f"/v1/downloads/{download['id']}", expected=204)
    return made


def announced(api: Api, ending: Ending, content: bytes = CONTENT) -> Any:
    platform = FORMATS[ending].platform
    of_ios = {"bundle_identifier": "net.example.phone", "bundle_version": "5.2", "title": "Phone & <more> 🙂"}
    body = {
        "platform": platform,
        "version": "5.2.1",
        "file_name": f"softphone.{ending}",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
        **(of_ios if platform == "ios" else {}),
    }
    return api.create("/v1/packages", body)


def put(package: Any, content: bytes, **headers: str) -> Answer:
    upload = package["upload"]
    return request(upload["method"], upload["url"], upload["headers"] | headers, content)


def led(system: System, tenant: Tenant, package: Any) -> str:
    """A download leads to the package; the installation link of a new person."""
    tenant.api.call("POST", f"/v1/packages/{package['id']}/complete", expected=200)
    tenant.api.create("/v1/downloads", {"platform": package["platform"], "package_id": package["id"]})
    world = World(system)
    return world.links_for(world.new_person(tenant, "Zoë Ünal"), "i")["sms"]


def button(page: str) -> str:
    found = re.search(r'class="button" href="([^"]+)"', page)
    assert found is not None, page
    return unescape(found[1])


@pytest.mark.parametrize("ending", ["apk", "exe"])
def test_a_phone_downloads_the_very_bytes_that_were_uploaded(system: System, tenant: Tenant, ending: Ending) -> None:
    package = announced(tenant.api, ending)
    uploaded = put(package, CONTENT)
    assert uploaded.status == 200, uploaded.text
    link = led(system, tenant, package)
    page = Browser(ANDROID).open(f"{link}?platform={package['platform']}").answer
    assert package["sha256"] in page.text
    address = system.base_url + button(page.text)

    head = request("HEAD", address)
    assert (head.status, head.headers["content-type"]) == (200, FORMATS[ending].media_type)
    assert head.headers["content-length"] == str(len(CONTENT))
    assert "location" not in head.headers

    sent_on = request("GET", address)
    assert sent_on.status == 302
    file = request("GET", sent_on.location)
    assert file.status == 200
    assert file.body == CONTENT
    assert file.headers["content-type"] == FORMATS[ending].media_type
    assert file.headers["content-disposition"] == f'attachment; filename="softphone.{ending}"'
    for changed in (sent_on.location.replace(package["id"], "other"), sent_on.location + "0"):
        assert request("GET", changed).status == 403


@needs_chromium
def test_a_real_browser_shows_the_steps_and_saves_the_file(system: System, tenant: Tenant, tmp_path: Path) -> None:
    package = announced(tenant.api, "apk")
    assert put(package, CONTENT).status == 200
    link = led(system, tenant, package)
    with chromium(tmp_path, "phone") as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(link)
        drawings = page.locator(".steps li svg")
        assert drawings.count() == 3
        box = drawings.first.bounding_box()
        assert box is not None
        assert 60 < box["width"] < 110  # its style sheet is in force
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        with page.expect_download() as saved:
            page.locator("a.button").click()
        assert saved.value.suggested_filename == "softphone.apk"
        assert saved.value.path().read_bytes() == CONTENT
        assert not complaints


def test_an_iphone_installs_from_the_manifest(system: System, tenant: Tenant) -> None:
    package = announced(tenant.api, "ipa")
    assert put(package, CONTENT).status == 200
    link = led(system, tenant, package)
    target = button(Browser(IPHONE).open(link).answer.text)
    assert target.startswith("itms-services://?action=download-manifest&url=")
    (manifest,) = parse_qs(urlsplit(target).query)["url"]
    found = request("GET", manifest, {"User-Agent": "itunesstored/1.0"})
    assert (found.status, found.headers["content-type"]) == (200, "application/xml")
    (item,) = plistlib.loads(found.body)["items"]
    assert item["metadata"]["title"] == "Phone & <more> 🙂"
    assert (item["metadata"]["bundle-identifier"], item["metadata"]["bundle-version"]) == ("net.example.phone", "5.2")
    file = request("GET", request("GET", item["assets"][0]["url"]).location)
    assert file.body == CONTENT
    assert file.headers["content-type"] == "application/octet-stream"


def test_other_bytes_another_type_or_length_are_refused(system: System, tenant: Tenant) -> None:
    package = announced(tenant.api, "apk")
    changed = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    other_sum = announced(tenant.api, "apk", changed)["upload"]["headers"]["x-amz-checksum-sha256"]
    refused = put(package, changed)
    assert (refused.status, "BadDigest" in refused.text) == (400, True)
    for answer in (
        put(package, changed, **{"x-amz-checksum-sha256": other_sum}),
        put(package, CONTENT, **{"Content-Type": "text/html"}),
        put(package, CONTENT[:-1]),
        put(package, CONTENT + b"!"),
        request("PUT", package["upload"]["url"], {}, CONTENT),
        request("GET", package["upload"]["url"]),
        request("DELETE", package["upload"]["url"]),
    ):
        assert answer.status == 403, answer.text
    early = tenant.api.call("POST", f"/v1/packages/{package['id']}/complete")
    assert (early.status, early.json["error"]["code"]) == (409, "not_uploaded")
    assert put(package, CONTENT).status == 200
    assert tenant.api.call("POST", f"/v1/packages/{package['id']}/complete", expected=200).json["state"] == "ready"

    bucket = system.outputs["PackagesBucket"]
    assert request("GET", f"{system.base_url}/{bucket}/{tenant.id}/{package['id']}").status == 403
    tenant.api.call("DELETE", f"/v1/packages/{package['id']}", expected=204)
    kept = system.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{tenant.id}/{package['id']}")
    assert kept["KeyCount"] == 0


def test_what_the_public_reaches_puts_and_removes_no_package(system: System) -> None:
    for function in ("Links", "Receipts", "Registrar"):
        packages = acting_as(system, function, "s3")
        assert refused(packages.put_object, Bucket=system.outputs["PackagesBucket"], Key="any", Body=b"x")
        assert refused(packages.delete_object, Bucket=system.outputs["PackagesBucket"], Key="any")


def test_the_document_works_as_pasted(system: System, tmp_path: Path) -> None:
    tenant = World(system).new_tenant()
    folder = tmp_path / ".local"
    folder.mkdir()
    (folder / "env").write_text(f"URL={system.base_url}\nTOKEN={tenant.api.token}\n", encoding="utf-8")
    shell = "\n".join(SHELL.findall(DOCUMENT.read_text(encoding="utf-8")))
    script = "set -eu\n" + shell.replace("curl -s ", "curl -sS --max-time 120 ")
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"state":"ready"' in done.stdout
    assert '"minimum_os":"8.0"' in done.stdout
    assert "<Error>" not in done.stdout
    # The front door's name is the provider's, which trusts no app.
    assert done.stdout.count('"error"') == done.stdout.count('"not_found"') == 2
