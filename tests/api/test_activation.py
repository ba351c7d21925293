"""The activation link, from issue to close: what a person, a scanner, a thief and a SIP server make of it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from functions.common import clock
from tests.api.client import PHONE, Api, Reply
from tests.api.phone import FORM, Phone, desk_link, entries
from tests.api.world import House, World

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
SCANNER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)


@pytest.fixture
def phone(house: House, world: World) -> Phone:
    return Phone(world.anyone.at(house.host))


def look_up(house: House, username: str, algorithm: str = "SHA-256") -> Reply:
    query = {"username": username, "realm": house.domain, "algorithm": algorithm}
    return house.registrar.get("/registrar/kamailio/lookup", query=query)


def tell(house: House, username: str, epoch: int, event: str = "registered") -> Reply:
    body = {"event": event, "username": username, "realm": house.domain, "epoch": epoch, "expires": 600}
    return house.registrar.post("/registrar/kamailio/events", body | {"user_agent": "Linphone", "source": "192.0.2.9"})


def test_tap_fetch_register(house: House, phone: Phone) -> None:
    account = house.account(full_name='Zoë <Ünal> & "O\'Hara" 📞')
    assert look_up(house, account["username"]).status == 404  # nothing to steal before the tap

    ticket = phone.tap(desk_link(house, account["id"]))
    file = phone.fetch(ticket)

    read = entries(file)
    ha1, epoch, number, caller_id, _ = look_up(house, account["username"]).text.split()
    assert (read["auth_info_0/ha1"], read["auth_info_0/algorithm"]) == (ha1, "SHA-256")
    assert (read["auth_info_0/userid"], read["auth_info_0/username"]) == (account["username"], account["number"])
    assert (number, caller_id, epoch) == (account["number"], account["number"], "1")
    assert look_up(house, account["username"], "MD5").text.split()[0] != ha1

    assert tell(house, account["username"], 1).status == 204
    state = house.csr.get(f"/v1/accounts/{account['id']}/state").json
    assert (state["readiness"], state["link"]["state"], state["devices"][0]["registered"]) == ("active", "closed", True)
    assert phone.fetch(ticket).status == 410


def test_every_retry_of_the_same_claim_gets_the_same_file(house: House, phone: Phone) -> None:
    token = desk_link(house, house.account()["id"])
    claim_id = phone.claim_id(token)
    tickets = {phone.press(token, claim_id).headers["location"] for _ in range(3)}
    assert len(tickets) == 1
    ticket = tickets.pop().split("/")[2]
    files = {phone.fetch(ticket).text for _ in range(3)}
    assert len(files) == 1
    assert phone.press(token, claim_id).status == 303  # again after the fetch, within grace
    assert phone.fetch(ticket).text in files


@pytest.mark.parametrize(("agent", "pressed"), [(SCANNER, 400), (MAC, 400), (PHONE, 303), ("curl/8.5.0", 400)])
def test_a_scanner_that_presses_post_changes_nothing_for_the_person(
    house: House, phone: Phone, agent: str, pressed: int
) -> None:
    token = desk_link(house, house.account()["id"])
    scanner = Phone(phone.api.at(house.host, user_agent=agent, source_ip="203.0.113.7"))
    claim_id = phone.claim_id(token)
    for _ in range(3):
        assert scanner.open(token).status == 200
        assert scanner.api.head(f"/a/{token}").status == 200
        answer = scanner.press(token, claim_id)
        assert answer.status == pressed
        assert scanner.api.request("POST", f"/a/{token}", raw="claim=", headers=FORM).status == 400
    assert entries(phone.fetch(phone.tap(token)))["auth_info_0/ha1"]


def test_what_a_tap_leads_to_has_no_address_that_a_crawler_could_fetch(house: House, phone: Phone) -> None:
    ticket = phone.tap(desk_link(house, house.account()["id"]))
    opened = phone.api.get(f"/p/{ticket}/open")
    assert f'href="intent://{house.host}/p/{ticket}#Intent;scheme=linphone-config;' in opened.text
    others = re.findall(r'href="(https?://[^"]+)"', opened.text)
    assert all(other.startswith(f"https://{house.host}/i/") for other in others)  # where the app is


def test_an_ipad_says_that_it_is_a_mac_and_its_touch_points_tell(house: House, phone: Phone) -> None:
    token = desk_link(house, house.account()["id"])
    ipad = Phone(phone.api.at(house.host, user_agent=MAC))
    claim_id = ipad.claim_id(token)
    assert "hidden><form" in ipad.open(token).text
    assert ipad.api.request("POST", f"/a/{token}", raw=f"claim={claim_id}&touch=1", headers=FORM).status == 303


def test_a_later_tap_replaces_an_earlier_one_until_the_first_fetch_decides(house: House, phone: Phone) -> None:
    token = desk_link(house, house.account()["id"])
    first, second = phone.tap(token), phone.tap(token)
    assert phone.fetch(first).status == 410
    assert phone.fetch(second).status == 200
    answer = phone.api.get(f"/a/{token}")
    assert answer.status == 410
    assert "This link has been used" in answer.text


def test_a_claim_id_that_we_did_not_sign_for_this_link_changes_nothing(house: House, phone: Phone) -> None:
    token, other = (desk_link(house, house.account()["id"]) for _ in range(2))
    for forged in ("", "x" * 39, "A" * 39, phone.claim_id(other), "é" * 39):
        assert phone.press(token, forged).status == 400
    crossing = phone.api.request(
        "POST", f"/a/{token}", raw=f"claim={phone.claim_id(token)}", headers=FORM | {"Sec-Fetch-Site": "cross-site"}
    )
    assert crossing.status == 400


def test_pages_disclose_nothing_and_nobody_keeps_them(house: House, phone: Phone) -> None:
    account = house.account(full_name="Very Private")
    token = desk_link(house, account["id"])
    page = phone.open(token)
    for secret in ("Very Private", account["number"], account["username"], account["id"]):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert len(page.text) < 15_000


def test_desktops_see_a_code_and_previews_no_form(house: House, phone: Phone) -> None:
    token = desk_link(house, house.account()["id"])
    desktop = phone.api.at(house.host, user_agent=SCANNER).get(f"/a/{token}").text
    assert "<svg" in desktop
    preview = phone.api.at(house.host, user_agent="WhatsApp/2.23.20.0").get(f"/a/{token}").text
    assert "<form" not in preview


def test_head_of_the_file_costs_nothing_and_mints_nothing(house: House, phone: Phone) -> None:
    account = house.account()
    ticket = phone.tap(desk_link(house, account["id"]))
    for _ in range(30):
        head = phone.api.head(f"/p/{ticket}")
        assert (head.status, head.text) == (200, "")
    assert look_up(house, account["username"]).status == 404
    file = phone.fetch(ticket)
    assert head.headers["content-length"] == str(len(file.text.encode()))
    assert head.headers["content-type"] == file.headers["content-type"]


def test_a_ticket_is_good_for_twenty_fetches(house: House, phone: Phone) -> None:
    ticket = phone.tap(desk_link(house, house.account()["id"]))
    assert [phone.fetch(ticket).status for _ in range(21)] == [200] * 20 + [410]


def test_times(house: House, phone: Phone) -> None:
    """The times in force are the times promised: ticket 300 s, grace 10 min, desk link 15 min."""
    start = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    with clock.frozen(start):
        token = desk_link(house, house.account()["id"])
        untouched = desk_link(house, house.account()["id"])
        claim_id = phone.claim_id(token)
        ticket = phone.press(token, claim_id).headers["location"].split("/")[2]
        clock.tick(timedelta(seconds=299))
        assert phone.fetch(ticket).status == 200
        clock.tick(timedelta(seconds=2))
        assert phone.fetch(ticket).status == 410
        assert phone.press(token, claim_id).status == 303
        assert phone.fetch(ticket).status == 200
        clock.tick(timedelta(seconds=590))
        assert phone.press(token, claim_id).status == 303
        assert phone.fetch(ticket).status == 200
        clock.tick(timedelta(seconds=12))  # grace is over
        assert phone.press(token, claim_id).status == 410
        assert phone.fetch(ticket).status == 410
        assert phone.open(untouched).status == 410  # 15 minutes and 3 seconds


def test_a_new_link_supersedes_the_old_and_the_old_phone_works_until_the_new_one_has_its_file(
    house: House, phone: Phone
) -> None:
    account = house.account()
    first = desk_link(house, account["id"])
    phone.fetch(phone.tap(first))
    old = look_up(house, account["username"]).text
    second = desk_link(house, account["id"])
    assert phone.open(first).status == 410
    assert look_up(house, account["username"]).text == old
    ticket = phone.tap(second)
    assert look_up(house, account["username"]).text == old
    phone.fetch(ticket)
    new = look_up(house, account["username"]).text
    assert new.split()[0] != old.split()[0]
    assert new.split()[1] == "2"
    assert tell(house, account["username"], 1).status == 204  # the old phone, late
    assert house.csr.get(f"/v1/accounts/{account['id']}/state").json["readiness"] == "activating"


@pytest.mark.parametrize("ending", ["disable", "revoke", "reset", "delete", "number"])
def test_every_end_takes_link_ticket_and_look_up_with_it(house: House, phone: Phone, ending: str) -> None:
    account = house.account()
    path = f"/v1/accounts/{account['id']}"
    token = desk_link(house, account["id"])
    ticket = phone.tap(token)
    assert phone.fetch(ticket).status == 200
    link = house.csr.get(f"{path}/links").json[0]["id"]
    match ending:
        case "disable":
            assert house.csr.post(f"{path}/disable").json["standing"] == "disabled"
        case "revoke":
            assert house.csr.post(f"{path}/links/{link}/revoke").status == 204
        case "reset":
            assert house.csr.post(f"{path}/devices/1/reset").status == 204
        case "delete":
            assert house.csr.delete(path).status == 204
        case "number":
            assert house.csr.patch(path, {"number": "+12025550199"}).status == 200
    assert phone.fetch(ticket).status == 410
    assert phone.open(token).status == 410
    assert look_up(house, account["username"]).status == (200 if ending == "number" else 404)


def test_enabling_again_brings_the_same_phone_back(house: House, phone: Phone) -> None:
    account = house.account()
    phone.fetch(phone.tap(desk_link(house, account["id"])))
    before = look_up(house, account["username"]).text
    house.csr.post(f"/v1/accounts/{account['id']}/disable")
    assert look_up(house, account["username"]).status == 404
    house.csr.post(f"/v1/accounts/{account['id']}/enable")
    assert look_up(house, account["username"]).text == before


def test_an_expiry_counts_at_once_whoever_has_noticed(house: House, phone: Phone) -> None:
    with clock.frozen(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)):
        account = house.account(expires_at="2026-11-22T13:00:00Z")
        token = desk_link(house, account["id"])
        ticket = phone.tap(token)
        phone.fetch(ticket)
        clock.tick(timedelta(hours=1))
        assert look_up(house, account["username"]).status == 404
        assert house.csr.get(f"/v1/accounts/{account['id']}").json["standing"] == "expired"
        assert house.csr.post(f"/v1/accounts/{account['id']}/enable").code == "account_expired"
        assert house.csr.patch(f"/v1/accounts/{account['id']}", {"expires_at": None}).json["standing"] == "enabled"
        assert look_up(house, account["username"]).status == 200


def test_a_download_client_gets_a_presigned_file_that_dies_with_its_link(
    house: House, phone: Phone, world: World
) -> None:
    account = house.account(client="privategsm")
    ticket = phone.tap(desk_link(house, account["id"]))
    answer = phone.fetch(ticket)
    assert answer.status == 302
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in answer.headers["location"]
    assert "X-Amz-Expires=60" in answer.headers["location"]
    (stored,) = world.cloud.s3.list_objects_v2(Bucket="files")["Contents"]
    body = world.cloud.s3.get_object(Bucket="files", Key=stored["Key"])
    assert body["ContentType"] == "application/vnd.privategsm.provisioning+xml"
    assert account["username"] in body["Body"].read().decode()
    tell(house, account["username"], 1)
    assert "Contents" not in world.cloud.s3.list_objects_v2(Bucket="files")
    assert world.cloud.rows("nonces") == []


def test_time_closes_what_nobody_closes(house: House, phone: Phone, world: World) -> None:
    with clock.frozen(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)):
        used, unused = house.account(client="privategsm"), house.account()
        phone.fetch(phone.tap(desk_link(house, used["id"])))
        desk_link(house, unused["id"])
        clock.tick(timedelta(minutes=21))
        world.sweep()
        states = [house.csr.get(f"/v1/accounts/{each['id']}/links").json[0]["state"] for each in (used, unused)]
        assert states == ["closed", "expired"]
        assert "Contents" not in world.cloud.s3.list_objects_v2(Bucket="files")
        assert world.cloud.rows("nonces") == []
        clock.tick(timedelta(minutes=16))
        world.sweep()
        assert not [row for row in world.cloud.rows("links") if "due_at" in row]


def test_guessing_is_slowed_for_a_network_and_never_for_a_known_link(house: House, phone: Phone) -> None:
    token = desk_link(house, house.account()["id"])
    statuses = [phone.api.get(f"/a/a{'x' * 20}{n:02d}").status for n in range(12)]
    assert statuses == [404] * 10 + [429] * 2
    assert phone.open(token).status == 200
    elsewhere = phone.api.at(house.host, source_ip="198.51.100.1")
    assert elsewhere.get("/a/axxxxxxxxxxxxxxxxxxxxxx").status == 404


@pytest.mark.parametrize("token", ["a", "%00", "..", "a" * 3000, "aaaaaaaaaaaaaaaaaaaaaa%0d%0a", "ä", "' OR 1=1"])
def test_garbled_tokens_are_unknown(api: Api, token: str) -> None:
    for path in (f"/a/{token}", f"/p/{token}", f"/p/{token}/open", f"/p/{token}/state", f"/i/{token}"):
        assert api.get(path).status == 404


def test_no_token_password_or_ticket_lies_in_any_table(house: House, phone: Phone, world: World) -> None:
    account = house.account()
    token = desk_link(house, account["id"])
    ticket = phone.tap(token)
    file = entries(phone.fetch(ticket))
    tables = (
        "tenants",
        "accounts",
        "history",
        "links",
        "nonces",
        "audit",
        "requests",
        "messages",
        "operators",
        "limits",
    )
    everything = " ".join(str(world.cloud.rows(table)) for table in tables)
    for secret in (token, ticket, file["auth_info_0/ha1"], house.admin.token or "?"):
        assert secret not in everything


def test_a_restore_from_a_back_up_brings_no_link_back(
    house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk_link(house, house.account()["id"])
    ticket = phone.tap(token)
    monkeypatch.setenv("RESTORE_EPOCH", str(clock.epoch() + 1))
    assert phone.open(token).status == 410
    assert phone.fetch(ticket).status == 410
    monkeypatch.setenv("RESTORE_EPOCH", "0")
    assert phone.fetch(ticket).status == 200


def test_a_number_leads_to_an_account_only_while_that_may_be_called(house: House) -> None:
    account = house.account()
    query = {"realm": house.domain, "number": account["number"]}
    found = house.registrar.get("/registrar/kamailio/number", query=query)
    assert found.text.split()[:2] == [account["username"], account["id"]]
    house.csr.post(f"/v1/accounts/{account['id']}/disable")
    assert house.registrar.get("/registrar/kamailio/number", query=query).status == 404


def test_a_registrars_token_reaches_its_own_domains_and_nothing_else(house: House, world: World) -> None:
    stranger = world.house("Another Ltd")
    query = {"realm": house.domain, "username": house.account()["username"]}
    assert stranger.registrar.get("/registrar/kamailio/lookup", query=query).status == 403
    assert house.registrar.get("/v1/accounts").status == 403
    assert house.csr.get("/registrar/kamailio/lookup", query=query).status == 403
