"""One shape for every error, every wrong field at once, and nothing that a user sends gives a 500."""

import pytest

from tests.api.client import Api, Reply
from tests.api.world import House, made

HOSTILE = {
    "emoji": "🧑‍💻 Zoë",
    "right to left": "محمد بن سلمان",
    "right-to-left override": "evil\u202egnp.exe",
    "combining": "Z̴̢͍a̸l̵g̶o̷",
    "markup": "<script>alert(1)</script>",
    "quotes": 'O\'Brien "Bob" \\ `x` ${y} {{z}} %s %00',
    "formula": '=HYPERLINK("http://example.net")',
    "sql": "Robert'); DROP TABLE accounts;--",
    "astral": "𝕬𝖉𝖆 𠜎𠜱",
    "no-break": "Jean\u00a0Luc\u2009Fine",
    "separator": "a|b|c",
}
CONTROL = {
    "CR LF": "Ada\r\nBcc: everyone@example.net",
    "line feed at the end": "Ada\n",
    "NUL": "Ada\u0000",
    "tab": "Ada\tLovelace",
    "escape": "\u001b[31mAda",
    "C1": "Ada\u0085",
    "line separator": "Ada\u2028",
    "non-character": "Ada\uffff",
}


def shape(reply: Reply) -> dict[str, str]:
    """The error of an answer, after checking that it has our shape and no more."""
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json.keys() == {"error", "request_id"}
    assert reply.json["request_id"]
    error: dict[str, str] = reply.json["error"]
    assert error.keys() <= {"code", "message", "field", "details"}
    assert error["code"]
    assert error["message"]
    return error


def test_all_wrong_fields_are_named_at_once(house: House) -> None:
    reply = house.admin.post(
        "/v1/profiles",
        {
            "domain": 7,
            "proxy_port": 99_999,
            "codecs": ["opus", "mp3"],
            "pin_policy": {"attempts": 0, "colour": "red"},
            "link_policy": {"lifetime_minutes": 1},
            "sound": "loud",
        },
    )
    assert reply.status == 400
    assert shape(reply)["code"] == "invalid"
    assert reply.wrong.keys() == {
        "name",
        "domain",
        "proxy_port",
        "codecs[1]",
        "pin_policy.attempts",
        "pin_policy.colour",
        "link_policy.lifetime_minutes",
        "sound",
    }
    assert reply.wrong["name"] == "required"
    assert reply.wrong["sound"] == "unknown field"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "nonsense",
        "[]",
        "null",
        "7",
        '"text"',
        '{"name":"a",}',
        "\ufeff{}",
        '{"name":"\\ud800"}',
        "{}{}",
        "\x00",
    ],
)
def test_a_body_that_is_not_our_json_is_refused(house: House, raw: str) -> None:
    reply = house.admin.post("/v1/groups", raw=raw, headers={"Content-Type": "application/json"})
    assert reply.status == 400
    assert shape(reply)["code"] == "invalid"


def test_deeply_nested_json_is_refused(house: House) -> None:
    raw = '{"name":' + "[" * 20_000 + "]" * 20_000 + "}"
    reply = house.admin.post("/v1/groups", raw=raw, headers={"Content-Type": "application/json"})
    assert reply.status == 400
    shape(reply)


def test_a_body_over_64_kb_is_refused(house: House) -> None:
    reply = house.admin.post("/v1/groups", {"name": "a" * 65_536})
    assert reply.status == 413
    assert shape(reply)["code"] == "too_large"


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_another_media_type_is_refused(house: House, media: str) -> None:
    reply = house.admin.post("/v1/groups", raw='{"name":"a"}', headers={"Content-Type": media})
    assert reply.status == 415
    assert shape(reply)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_however_it_is_spelt(house: House, media: str) -> None:
    assert house.admin.post("/v1/groups", raw='{"name":"a"}', headers={"Content-Type": media}).status == 201


def test_a_verb_that_an_address_does_not_take(house: House) -> None:
    for verb in ("PUT", "DELETE", "OPTIONS"):
        for elsewhere in (False, True):
            reply = house.admin.request(verb, "/v1/groups", elsewhere=elsewhere)
            assert reply.status == 405
            assert shape(reply)["code"] == "method_not_allowed"
            assert set(reply.headers["allow"].replace(" ", "").split(",")) == {"GET", "POST"}
    assert house.admin.request("PUT", f"/v1/groups/{house.group}", elsewhere=True).status == 405
    assert house.admin.request("PUT", "/v1/groups/", elsewhere=True).status == 404
    fixed = house.admin.request("OPTIONS", "/v1/templates/preview", elsewhere=True)  # and not a template's id
    assert (fixed.status, fixed.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v2/groups", "/v1/groups/x/y/z", "/favicon.ico", "/.git/config"]
)
def test_an_address_with_nothing_behind_it(api: Api, path: str) -> None:
    for verb in ("GET", "POST", "DELETE"):
        reply = api.request(verb, path)
        assert reply.status == 404
        assert shape(reply)["code"] == "not_found"


@pytest.mark.parametrize("id_", ["a%2Fb", "..", "a.b", "é", "a" * 65, "a b", "a|b", "%00", "a\n"])
def test_an_id_that_cannot_be_one_is_not_there(house: House, id_: str) -> None:
    reply = house.admin.get(f"/v1/groups/{id_}")
    assert reply.status == 404
    assert shape(reply)["code"] == "not_found"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=", "cursor=abc", "colour=red", "limit=1.5"]
)
def test_a_query_that_makes_no_sense(house: House, query: str) -> None:
    reply = house.admin.get(f"/v1/groups?{query}")
    assert reply.status == 400
    assert shape(reply)["code"] == "invalid"
    assert set(reply.wrong) <= {"limit", "cursor", "colour"}


@pytest.mark.parametrize("name", CONTROL.values(), ids=CONTROL)
def test_control_characters_are_refused(house: House, name: str) -> None:
    body = {"name": name, "customer_service_phone": "+390212345\n", "customer_service_email": "a@example.net\r\nx"}
    reply = house.admin.post("/v1/profiles", body | {"domain": house.domain})
    assert reply.status == 400
    assert reply.wrong.keys() == {"name", "customer_service_phone", "customer_service_email"}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_any_other_unicode_survives(house: House, name: str) -> None:
    group = made(house.admin.post("/v1/groups", {"name": name}))
    assert house.admin.get(f"/v1/groups/{group['id']}").json["name"] == name
    assert name in [each["name"] for each in house.admin.get("/v1/groups").json["items"]]


@pytest.mark.parametrize("name", ["", " ", "\u00a0", "a" * 201])
def test_a_name_is_something_and_not_endless(house: House, name: str) -> None:
    assert house.admin.post("/v1/groups", {"name": name}).wrong.keys() == {"name"}


def test_a_token_is_not_taken_from_anywhere_else(house: House, api: Api) -> None:
    token = house.admin.token
    for headers in (
        {"Authorization": f"Basic {token}"},
        {"Authorization": f"bearer{token}"},
        {"X-Api-Key": f"{token}"},
    ):
        assert api.get("/v1/groups", headers=headers).status == 401
    assert api.get(f"/v1/groups?access_token={token}").status == 401


def test_an_error_shows_nothing_of_what_was_sent(house: House) -> None:
    secret = "hunter2hunter2"
    reply = house.admin.post("/v1/groups", {"name": 5, "password": secret, "it_contact": f"{secret} @"})
    assert reply.status == 400
    assert secret not in reply.text


def test_answers_are_not_kept_by_anybody(house: House) -> None:
    for path in ("/v1/groups", f"/v1/groups/{house.group}", "/healthz"):
        reply = house.admin.get(path)
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
