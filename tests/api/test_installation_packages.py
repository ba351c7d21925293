"""Packages of our own: announced, uploaded once, never changed, and led to with the steps that a system asks for."""

import base64
import hashlib
import plistlib
import re
from html import unescape
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.common import clock
from functions.common.caller import Caller
from functions.common.errors import Changed
from functions.common.records import Stored
from functions.installation.formats import FORMATS, Ending, ending
from functions.installation.guides import guide
from functions.installation.packages import PACKAGES, PackageFields
from functions.installation.words import words
from tests.api.client import PHONE, Api, Reply
from tests.api.cloud import BUCKETS, Cloud
from tests.api.samples import PACKAGE
from tests.api.test_installation import FACEBOOK, IPHONE, WINDOWS, Visitor
from tests.api.world import House, World, made

CONTENT = b"a package, as far as anybody here can tell"
OF_IOS = {"bundle_identifier": "net.example.softphone", "bundle_version": "5.2.1", "title": "Phone & <more>"}
FILES: dict[Ending, str] = {each: f"softphone-5.2.1.{each}" for each in FORMATS} | {
    "appimage": "softphone-x86_64.AppImage"
}


def announcement(file_name: str, content: bytes = CONTENT, **fields: object) -> dict[str, object]:
    found = ending(file_name)
    assert found is not None
    platform = FORMATS[found].platform
    return {
        "platform": platform,
        "version": "5.2.1",
        "file_name": file_name,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **(OF_IOS if platform == "ios" else {}),
        **fields,
    }


def put(cloud: Cloud, house: House, package_id: str, content: bytes = CONTENT) -> None:
    """The upload, as S3 has it afterwards (the address itself is tried on the embedded AWS)."""
    cloud.s3.put_object(
        Bucket=BUCKETS["BUCKET_PACKAGES"],
        Key=f"{house.tenant}/{package_id}",
        Body=content,
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
    )


def ready(cloud: Cloud, house: House, file_name: str = FILES["apk"], **fields: object) -> str:
    """The id of a package that people can get."""
    id_ = str(made(house.admin.post("/v1/packages", announcement(file_name, CONTENT, **fields)))["id"])
    put(cloud, house, id_)
    reply = house.admin.post(f"/v1/packages/{id_}/complete")
    assert (reply.status, reply.json["state"]) == (200, "ready")
    return id_


def download(house: House, package_id: str, **fields: object) -> Reply:
    platform = house.admin.get(f"/v1/packages/{package_id}").json["platform"]
    return house.admin.post("/v1/downloads", {"platform": platform, "package_id": package_id, **fields})


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def button(page: Reply) -> str:
    found = re.search(r'class="button" href="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


class TestUploading:
    """From the announcement to a package that is ready."""

    def test_the_address_takes_one_file_for_fifteen_minutes(self, house: House) -> None:
        package = made(house.admin.post("/v1/packages", announcement(FILES["apk"])))
        upload = package["upload"]
        assert package["state"] == "awaited"
        assert (upload["method"], clock.read(upload["expires_at"]) > clock.now()) == ("PUT", True)
        assert upload["headers"] == {
            "Content-Type": "application/vnd.android.package-archive",
            "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(CONTENT).digest()).decode(),
        }
        signed = query(upload["url"])
        assert signed["X-Amz-SignedHeaders"] == "content-length;content-type;host;x-amz-checksum-sha256"
        assert (signed["X-Amz-Algorithm"], signed["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "900")
        assert "/eu-west-1/s3/" in signed["X-Amz-Credential"]
        assert urlsplit(upload["url"]).netloc == "packages.s3.eu-west-1.amazonaws.com"
        assert urlsplit(upload["url"]).path == f"/{house.tenant}/{package['id']}"

    @pytest.mark.parametrize("ending", FORMATS)
    def test_each_kind_of_file_has_its_type(self, house: House, ending: Ending) -> None:
        package = made(house.admin.post("/v1/packages", announcement(FILES[ending])))
        assert package["upload"]["headers"]["Content-Type"] == FORMATS[ending].media_type

    def test_a_repeated_announcement_gives_the_same_package_and_a_fresh_address(
        self, cloud: Cloud, house: House
    ) -> None:
        body = announcement(FILES["apk"])
        first = made(house.admin.post("/v1/packages", body, key="once"))
        again = made(house.admin.post("/v1/packages", body, key="once"))
        assert (again["id"], again["upload"]["method"]) == (first["id"], "PUT")
        put(cloud, house, first["id"])
        house.admin.post(f"/v1/packages/{first['id']}/complete")
        assert made(house.admin.post("/v1/packages", body, key="once"))["upload"] is None

    def test_a_package_without_its_file_is_not_completed(self, house: House) -> None:
        id_ = made(house.admin.post("/v1/packages", announcement(FILES["apk"])))["id"]
        reply = house.admin.post(f"/v1/packages/{id_}/complete")
        assert (reply.status, reply.code) == (409, "not_uploaded")
        assert house.admin.get(f"/v1/packages/{id_}").json["state"] == "awaited"

    @pytest.mark.parametrize("content", [CONTENT + b"!", CONTENT[:-1] + b"!", b""])
    def test_other_bytes_are_not_the_package(self, cloud: Cloud, house: House, content: bytes) -> None:
        id_ = made(house.admin.post("/v1/packages", announcement(FILES["apk"])))["id"]
        put(cloud, house, id_, content)
        reply = house.admin.post(f"/v1/packages/{id_}/complete")
        assert (reply.status, reply.code) == (409, "other_file")

    def test_a_file_whose_sum_s3_does_not_know_is_not_the_package(self, cloud: Cloud, house: House) -> None:
        id_ = made(house.admin.post("/v1/packages", announcement(FILES["apk"])))["id"]
        cloud.s3.put_object(
            Bucket=BUCKETS["BUCKET_PACKAGES"], Key=f"{house.tenant}/{id_}", Body=CONTENT, ChecksumAlgorithm="CRC32"
        )
        assert house.admin.post(f"/v1/packages/{id_}/complete").code == "other_file"

    def test_a_ready_package_stays_as_it_is(self, cloud: Cloud, house: House) -> None:
        id_ = ready(cloud, house)
        before = house.admin.get(f"/v1/packages/{id_}").json
        put(cloud, house, id_, b"something else")
        assert house.admin.post(f"/v1/packages/{id_}/complete").json == before
        assert house.admin.request("PATCH", f"/v1/packages/{id_}", {"version": "6"}, elsewhere=True).status == 405
        assert before["sha256"] == hashlib.sha256(CONTENT).hexdigest()

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"platform": "blackberry"}, {"platform"}),
            ({"platform": "ios"}, {"file_name", "bundle_identifier", "bundle_version", "title"}),
            ({"file_name": "app.exe"}, {"file_name"}),
            ({"file_name": "app"}, {"file_name"}),
            ({"file_name": "app.apk.exe"}, {"file_name"}),
            ({"file_name": "../app.apk"}, {"file_name"}),
            ({"file_name": 'a".apk'}, {"file_name"}),
            ({"file_name": "a\r\nX: y.apk"}, {"file_name"}),
            ({"file_name": "ä.apk"}, {"file_name"}),
            ({"file_name": ".apk"}, {"file_name"}),
            ({"file_name": "a" * 100 + ".apk"}, {"file_name"}),
            ({"size": 0}, {"size"}),
            ({"size": -1}, {"size"}),
            ({"size": 2**40}, {"size"}),
            ({"size": "4"}, {"size"}),
            ({"sha256": "0" * 63}, {"sha256"}),
            ({"sha256": "0" * 64 + "\n"}, {"sha256"}),
            ({"sha256": "A" * 64}, {"sha256"}),
            ({"version": "5 2"}, {"version"}),
            ({"version": "<b>"}, {"version"}),
            ({"title": "Phone", "bundle_version": "1"}, {"title", "bundle_version"}),
            ({"state": "ready"}, {"state"}),
            ({"size": 0, "sha256": "", "version": ""}, {"size", "sha256", "version"}),
        ],
    )
    def test_every_wrong_field_is_named(self, house: House, body: dict[str, object], wrong: set[str]) -> None:
        assert house.admin.post("/v1/packages", PACKAGE | body).wrong.keys() == wrong


class TestVersions:
    """Several packages of one platform, and what leads to them."""

    def test_they_come_newest_first_page_by_page(self, house: House) -> None:
        wanted = [
            made(house.admin.post("/v1/packages", announcement(FILES["apk"], version=f"5.{n}")))["id"] for n in range(5)
        ][::-1]
        made(house.admin.post("/v1/packages", announcement(FILES["exe"])))
        for limit in (1, 2, 4, 5, 50):
            found, cursor = [], ""
            while cursor is not None:
                more = f"&cursor={cursor}" if cursor else ""
                body = house.admin.get(f"/v1/packages?platform=android&limit={limit}{more}").json
                found += [each["id"] for each in body["items"]]
                cursor = body["cursor"]
            assert sorted(found) == sorted(wanted)
        times = [each["created_at"] for each in house.admin.get("/v1/packages").json["items"]]
        assert len(times) == 6
        assert all(newer >= older for newer, older in pairwise(times))

    @pytest.mark.parametrize("cursor", ["x", "%F0", "eHh4", base64.urlsafe_b64encode(b"2026-01-01|").decode()])
    def test_a_cursor_of_another_list_is_refused(self, house: House, cursor: str) -> None:
        assert house.admin.get(f"/v1/packages?cursor={cursor}").wrong.keys() == {"cursor"}

    def test_a_download_leads_to_one_thing_that_is_there(self, cloud: Cloud, world: World, house: House) -> None:
        android, windows = ready(cloud, house), ready(cloud, house, FILES["exe"])
        awaited = made(house.admin.post("/v1/packages", announcement(FILES["apk"])))["id"]
        stranger = world.house("Stranger Ltd")
        for body, wrong in (
            ({}, {"url"}),
            ({"url": "https://a.example", "package_id": android}, {"package_id"}),
            ({"package_id": windows}, {"package_id"}),
            ({"package_id": awaited}, {"package_id"}),
            ({"package_id": "0" * 14}, {"package_id"}),
            ({"url": "x", "client": "nokia"}, {"url", "client"}),
        ):
            assert house.admin.post("/v1/downloads", {"platform": "android", **body}).wrong.keys() == wrong
        body = {"platform": "android", "package_id": android}
        assert stranger.admin.post("/v1/downloads", body).wrong.keys() == {"package_id"}
        id_ = made(house.admin.post("/v1/downloads", body))["id"]
        assert house.admin.patch(f"/v1/downloads/{id_}", {"url": "https://a.example"}).status == 400
        assert house.admin.patch(f"/v1/downloads/{id_}", {"platform": "ios"}).wrong.keys() == {"package_id"}
        change = {"url": "https://a.example", "package_id": None}
        assert house.admin.patch(f"/v1/downloads/{id_}", change).json["url"] == "https://a.example"

    def test_a_package_goes_with_its_bytes_and_not_while_a_download_leads_to_it(
        self, cloud: Cloud, house: House
    ) -> None:
        id_ = ready(cloud, house)
        leading = made(download(house, id_))["id"]
        refused = house.admin.delete(f"/v1/packages/{id_}")
        assert refused.status == 409
        assert leading in refused.text
        house.admin.delete(f"/v1/downloads/{leading}")
        assert house.admin.delete(f"/v1/packages/{id_}").status == 204
        assert "Contents" not in cloud.s3.list_objects_v2(Bucket=BUCKETS["BUCKET_PACKAGES"])
        assert house.admin.get(f"/v1/packages/{id_}").status == 404

    def test_a_package_is_not_deleted_under_a_download_that_is_being_made(self, cloud: Cloud, house: House) -> None:
        id_ = ready(cloud, house)
        admin = Caller(tenant=house.tenant, operator="o", name="o", role="admin")

        def look(package: Stored[PackageFields]) -> None:  # nothing leads to it at this moment, but in the next
            made(download(house, package.id))

        with pytest.raises(Changed):
            PACKAGES.delete(admin, id_, look)
        assert house.admin.get(f"/v1/packages/{id_}").status == 200

    def test_a_tenant_with_packages_is_not_deleted(self, world: World) -> None:
        tenant = made(world.provider.post("/v1/tenants", {"name": "Another Ltd"}))["id"]
        admin = Api(token=world.token(tenant, "admin"))
        made(admin.post("/v1/packages", PACKAGE))
        assert world.provider.delete(f"/v1/tenants/{tenant}").status == 409


class TestDelivery:
    """What the person meets."""

    def test_a_phone_sees_the_steps_and_is_led_to_the_very_file(self, cloud: Cloud, world: World, house: House) -> None:
        id_ = ready(cloud, house)
        leading = made(download(house, id_))["id"]
        visitor = Visitor(world, house)
        page = visitor.opens(PHONE)
        assert page.status == 200
        assert page.text.count("<svg") == 3
        assert hashlib.sha256(CONTENT).hexdigest() in page.text
        assert "5.2.1" in page.text
        assert button(page) == f"{visitor.path}/file?package={id_}"
        assert visitor.clicked is not None
        assert visitor.clicked["download_id"] == leading
        reply = world.anyone.get(button(page))
        assert reply.status == 302
        assert reply.headers["referrer-policy"] == "no-referrer"
        to = reply.headers["location"]
        assert to.startswith(f"https://packages.s3.eu-west-1.amazonaws.com/{house.tenant}/{id_}?")
        assert query(to)["response-content-type"] == "application/vnd.android.package-archive"
        assert query(to)["response-content-disposition"] == f'attachment; filename="{FILES["apk"]}"'

    def test_head_of_the_file_tells_type_and_length_without_a_redirect(
        self, cloud: Cloud, world: World, house: House
    ) -> None:
        id_ = ready(cloud, house)
        made(download(house, id_))
        reply = world.anyone.head(f"{Visitor(world, house).path}/file?package={id_}")
        assert (reply.status, reply.text) == (200, "")
        assert reply.headers["content-type"] == "application/vnd.android.package-archive"
        assert reply.headers["content-length"] == str(len(CONTENT))

    def test_an_iphone_installs_by_the_manifest(self, cloud: Cloud, world: World, house: House) -> None:
        id_ = ready(cloud, house, FILES["ipa"])
        made(download(house, id_))
        visitor = Visitor(world, house)
        target = button(visitor.opens(IPHONE))
        assert target.startswith("itms-services://?action=download-manifest&url=https%3A%2F%2F")
        manifest_url = query(target)["url"]
        assert manifest_url == f"{visitor.url}/manifest.plist?package={id_}"
        path = manifest_url.removeprefix(f"https://{house.host}")
        reply = world.anyone.get(path, headers={"User-Agent": "itunesstored/1.0"})
        assert (reply.status, reply.headers["content-type"]) == (200, "application/xml")
        (item,) = plistlib.loads(reply.text.encode())["items"]
        assert item["metadata"] == {
            "kind": "software",
            "bundle-identifier": OF_IOS["bundle_identifier"],
            "bundle-version": OF_IOS["bundle_version"],
            "title": OF_IOS["title"],
        }
        assert item["assets"] == [{"kind": "software-package", "url": f"{visitor.url}/file?package={id_}"}]
        file = world.anyone.get(item["assets"][0]["url"].removeprefix(f"https://{house.host}"))
        assert query(file.headers["location"])["response-content-type"] == "application/octet-stream"
        assert (world.anyone.head(path).status, world.anyone.head(path).text) == (200, "")

    def test_only_packages_of_ios_have_a_manifest(self, cloud: Cloud, world: World, house: House) -> None:
        id_ = ready(cloud, house)
        made(download(house, id_))
        assert world.anyone.get(f"{Visitor(world, house).path}/manifest.plist?package={id_}").status == 404

    @pytest.mark.parametrize("ending", ["msix", "msi", "exe", "dmg", "pkg", "deb", "appimage"])
    def test_a_desktop_sees_its_steps_once_it_has_chosen(
        self, cloud: Cloud, world: World, house: House, ending: Ending
    ) -> None:
        id_ = ready(cloud, house, FILES[ending])
        platform = FORMATS[ending].platform
        made(download(house, id_))
        visitor = Visitor(world, house)
        assert f"?platform={platform}" in visitor.opens(WINDOWS).text
        page = visitor.opens(WINDOWS, f"?platform={platform}")
        assert button(page) == f"{visitor.path}/file?package={id_}"
        said = [unescape(each) for each in re.findall(r"<li><svg.*?</svg><p>(.*?)</p></li>", page.text)]
        assert said == list(words("en")[1].steps[guide(ending)])

    def test_the_steps_are_in_the_person_s_language_and_hold_whatever_the_tenant_is_called(
        self, cloud: Cloud, world: World, house: House
    ) -> None:
        house.admin.patch("/v1/tenant", {"name": "<b>\u202eÄ & {0} {platform}"})
        made(download(house, ready(cloud, house)))
        page = Visitor(world, house, language="ar").opens(PHONE)
        assert '<html lang="ar" dir="rtl">' in page.text
        assert "&lt;b&gt;" in page.text
        assert words("ar")[1].next in page.text

    def test_in_another_app_s_browser_it_says_how_to_leave_it(self, cloud: Cloud, world: World, house: House) -> None:
        made(download(house, ready(cloud, house, FILES["ipa"])))
        visitor = Visitor(world, house)
        said = words("en")[1].other_browser
        assert said in visitor.opens(FACEBOOK).text
        assert said not in visitor.opens(IPHONE).text

    def test_an_older_phone_gets_the_last_package_that_fits(self, cloud: Cloud, world: World, house: House) -> None:
        old, new = ready(cloud, house, version="4.9"), ready(cloud, house)
        made(download(house, old, minimum_os="6"))
        made(download(house, new, minimum_os="9"))
        visitor = Visitor(world, house)
        android = "Mozilla/5.0 (Linux; Android {}; Pixel) AppleWebKit/537.36 Chrome/90.0 Mobile Safari/537.36"
        assert new in button(visitor.opens(PHONE))
        assert old in button(visitor.opens(android.format("7.1")))
        assert words("en")[1].too_old in visitor.opens(android.format("5.0")).text

    def test_the_provider_s_packages_are_for_everybody(self, cloud: Cloud, world: World, house: House) -> None:
        id_ = made(world.provider.post("/v1/packages", announcement(FILES["apk"])))["id"]
        cloud.s3.put_object(
            Bucket=BUCKETS["BUCKET_PACKAGES"], Key=f"provider/{id_}", Body=CONTENT, ChecksumAlgorithm="SHA256"
        )
        assert world.provider.post(f"/v1/packages/{id_}/complete").json["state"] == "ready"
        made(world.provider.post("/v1/downloads", {"platform": "android", "package_id": id_}))
        target = button(Visitor(world, house).opens(PHONE))
        assert f"/provider/{id_}?" in world.anyone.get(target).headers["location"]

    def test_nobody_gets_a_package_that_no_download_leads_him_to(
        self, cloud: Cloud, world: World, house: House
    ) -> None:
        stranger = world.house("Stranger Ltd")
        theirs = ready(cloud, stranger)
        made(download(stranger, theirs))
        other_group = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
        elsewhere, idle = ready(cloud, house), ready(cloud, house)
        made(download(house, elsewhere, group_id=other_group))
        visitor = Visitor(world, house)
        for id_ in (theirs, elsewhere, idle, "0" * 14):
            reply = world.anyone.get(f"{visitor.path}/file?package={id_}")
            assert (reply.status, reply.headers["location"]) == (302, visitor.path)
            assert world.anyone.head(f"{visitor.path}/file?package={id_}").status == 404
            assert world.anyone.get(f"{visitor.path}/manifest.plist?package={id_}").status == 404
            assert visitor.clicked is None

    @pytest.mark.parametrize("wanted", ["", "?package=", "?package=../x", "?package=a%0d%0aLocation:%20x"])
    def test_a_package_that_is_no_id_is_refused(self, world: World, house: House, wanted: str) -> None:
        visitor = Visitor(world, house)
        for page in ("file", "manifest.plist"):
            assert world.anyone.get(f"{visitor.path}/{page}{wanted}").status == 400

    def test_an_unknown_link_has_no_files_and_guessing_ends(self, cloud: Cloud, world: World, house: House) -> None:
        id_ = ready(cloud, house)
        made(download(house, id_))
        answers = [world.anyone.get(f"/i/a{n:022d}/file?package={id_}").status for n in range(6)]
        answers += [world.anyone.get(f"/i/b{n:022d}/manifest.plist?package={id_}").status for n in range(6)]
        assert answers[:10] == [404] * 10
        assert answers[-1] == 429
        assert world.anyone.get(f"{Visitor(world, house).path}/file?package={id_}").status == 302

    def test_without_a_live_hostname_an_iphone_is_not_sent_to_a_manifest(
        self, cloud: Cloud, world: World, house: House
    ) -> None:
        made(download(house, ready(cloud, house, FILES["ipa"])))
        visitor = Visitor(world, house)
        (host,) = house.admin.get("/v1/hostnames").json["items"]
        house.admin.delete(f"/v1/hostnames/{host['id']}")
        page = visitor.opens(IPHONE)
        assert page.status == 200
        assert "itms-services" not in page.text
