"""Templates: refused before they can do harm, resolved from the most specific, seen before they are saved."""

import sys
from base64 import b64decode
from types import ModuleType

import pytest

from functions.messaging import defaults, qr, rendering, templates
from functions.messaging.gateways import Channel
from functions.messaging.kinds import NEEDED, Kind
from tests.api.client import Api
from tests.api.world import House, World, made

SMS = {"kind": "activation", "channel": "sms", "text": "Activate your phone:\n{link}"}
MAIL = {
    "kind": "activation",
    "channel": "email",
    "subject": "For {full_name}",
    "text": "{link}",
    "html": "<p>{link}</p>",
}

BOTH = {"kind": "combined", "channel": "sms", "text": "Install:\n{installation_link}\nActivate:\n{link}"}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None, int]]:
    """A price list in place of ours: what it was asked. Italy alone has a price."""
    asked: list[tuple[str, str | None, int]] = []

    def estimate(tenant: str, to: str | None, parts: int) -> tuple[str, str] | None:
        asked.append((tenant, to, parts))
        return ("0.1234", "EUR") if to is not None and to.startswith("+39") else None

    prices = ModuleType("functions.messaging.prices")
    prices.estimate = estimate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, prices.__name__, prices)
    return asked


def test_a_template_is_made_changed_and_deleted(house: House) -> None:
    template = made(house.admin.post("/v1/templates", SMS))
    path = f"/v1/templates/{template['id']}"
    assert (template["language"], template["subject"], template["html"]) == ("en", "", None)
    assert house.admin.patch(path, {"text": "Tap:\n{link}"}).json["text"] == "Tap:\n{link}"
    assert house.admin.delete(path).status == 204
    assert made(house.admin.post("/v1/templates", SMS))["id"] != template["id"]


def test_there_is_one_for_each_kind_channel_and_language(house: House) -> None:
    english = made(house.admin.post("/v1/templates", SMS))
    italian = made(house.admin.post("/v1/templates", SMS | {"language": "it"}))
    again = house.admin.post("/v1/templates", SMS)
    assert (again.status, again.code) == (409, "template_exists")
    moved = house.admin.patch(f"/v1/templates/{italian['id']}", {"language": "en"})
    assert (moved.status, moved.code) == (409, "template_exists")
    assert house.admin.delete(f"/v1/templates/{english['id']}").status == 204
    assert house.admin.patch(f"/v1/templates/{italian['id']}", {"language": "en"}).status == 200
    made(house.admin.post("/v1/templates", SMS | {"language": "it"}))


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"text": "Tap\n  {lnik} {link}"}, "text", "line 2, column 3: there is no placeholder {lnik}"),
        ({"text": "{link} {full_name.__class__}"}, "text", "line 1, column 8: there is no placeholder"),
        ({"text": "{link} {0}"}, "text", "line 1, column 8: there is no placeholder"),
        ({"text": "{link} {link!r:>9}"}, "text", "line 1, column 8: there is no placeholder"),
        ({"text": "{link} }"}, "text", "line 1, column 8: a single }"),
        ({"text": "{link} {"}, "text", "line 1, column 8: a single {"),
        ({"text": "Tap here"}, "text", "{link} is missing"),
        ({"text": "{{link}}"}, "text", "{link} is missing"),
        ({"subject": "Hello"}, "subject", "only an e-mail has it"),
        ({"html": "<p>{link}</p>"}, "html", "only an e-mail has it"),
        ({"text": "x" * 1000 + "{link}"}, "text", "it costs 7 SMS parts"),
        ({"channel": "email"}, "subject", "an e-mail needs a subject"),
        ({"channel": "email", "subject": "S", "html": "<p>Hi</p>"}, "html", "{link} is missing"),
        ({"text": ""}, "text", "Expected `str` of length >= 1"),
        ({"text": "{link}\r\nBcc: all"}, "text", "not in the right form. Wanted: "),
        ({"channel": "email", "subject": "A\nB"}, "subject", "not in the right form. Wanted: "),
        ({"kind": "greeting"}, "kind", "Invalid enum value"),
        ({"kind": "combined"}, "text", "{installation_link} is missing: the app could not be installed"),
        (BOTH | {"text": "{installation_link}"}, "text", "{link} is missing"),
        (BOTH | {"channel": "email", "subject": "S", "html": "{link}"}, "html", "{installation_link} is missing"),
        (
            {"text": "{link}\n{installation_link}"},
            "text",
            "line 2, column 1: {installation_link}: only a message of kind combined has it",
        ),
        (
            MAIL | {"kind": "installation", "html": "{link} {installation_link}"},
            "html",
            "line 1, column 8: {installation_link}: only a message of kind combined has it",
        ),
        ({"text": "{link} {qr}"}, "text", "line 1, column 8: {qr}: a picture shows in the HTML of an e-mail alone"),
        (MAIL | {"subject": "{qr}"}, "subject", "line 1, column 1: {qr}: a picture"),
        (MAIL | {"text": "{link}{qr}"}, "text", "line 1, column 7: {qr}: a picture"),
    ],
)
def test_what_could_not_be_sent_is_refused(house: House, change: dict[str, str], field: str, problem: str) -> None:
    refused = house.admin.post("/v1/templates", SMS | change)
    assert refused.status == 400
    assert refused.wrong[field].startswith(problem)


def test_a_message_with_both_links_and_one_with_a_code_are_saved(house: House) -> None:
    assert made(house.admin.post("/v1/templates", BOTH))["kind"] == "combined"
    html = "<p>{link}</p><p>{qr}</p>"
    assert made(house.admin.post("/v1/templates", MAIL | {"html": html}))["html"] == html


def test_every_fault_of_every_text_is_named(house: House) -> None:
    refused = house.admin.post("/v1/templates", MAIL | {"subject": "{a}", "text": "{b}", "html": "{link} {c}"})
    assert [each["field"] for each in refused.json["error"]["details"]] == ["subject", "text", "html", "text"]


def test_the_most_specific_template_is_taken(world: World, house: House) -> None:
    def taken(*languages: str) -> tuple[str, str]:
        found = templates.resolve(house.tenant, Kind.activation, Channel.sms, *languages)
        return found.level, found.template.language

    assert taken("xx") == ("default", "en")
    assert taken("it") == ("default", "it")
    assert taken("pt-BR", "it") == ("default", "pt")
    made(world.provider.post("/v1/templates", SMS | {"language": "it"}))
    assert taken("it") == ("provider", "it")
    assert taken("de") == ("default", "de")
    made(house.admin.post("/v1/templates", SMS | {"language": "de"}))
    assert taken("it", "de") == ("tenant", "de")
    assert taken("de-CH") == ("tenant", "de")
    made(house.admin.post("/v1/templates", SMS | {"language": "de-CH"}))
    assert taken("de-CH", "de") == ("tenant", "de-CH")


class TestPreview:
    def test_a_draft_with_samples_and_its_cost(self, house: House) -> None:
        shown = house.csr.post("/v1/templates/preview", SMS).json
        assert shown["text"].startswith("Activate your phone:\nhttps://")
        assert shown["level"] is None
        assert shown["segments"] == {
            "encoding": "gsm7",
            "parts": 1,
            "units": len(shown["text"]),
            "per_part": 160,
            "split": [shown["text"]],
            "offenders": [],
        }
        assert (shown["estimated_price"], shown["currency"]) == (None, None)

    def test_every_character_that_triples_the_cost_is_named_with_its_place(self, house: House) -> None:
        text = "Tap “here”\n" + "x" * 100 + " 😀\n{link}"
        shown = house.csr.post("/v1/templates/preview", SMS | {"text": text}).json
        assert (shown["segments"]["encoding"], shown["segments"]["parts"]) == ("ucs2", 3)
        assert shown["segments"]["offenders"] == [
            {"character": "“", "line": 1, "column": 5, "suggestion": '"'},
            {"character": "”", "line": 1, "column": 10, "suggestion": '"'},
            {"character": "😀", "line": 2, "column": 102, "suggestion": None},
        ]
        assert "".join(shown["segments"]["split"]) == shown["text"]
        assert len(shown["segments"]["split"]) == 3

    def test_no_more_than_ten_of_them_are_named(self, house: House) -> None:
        shown = house.csr.post("/v1/templates/preview", SMS | {"text": "абвгдежзиклмн {link}"}).json
        assert "".join(each["character"] for each in shown["segments"]["offenders"]) == "абвгдежзик"

    def test_what_would_be_sent_now(self, house: House) -> None:
        wanted = {"kind": "activation", "channel": "email"}
        shown = house.csr.post("/v1/templates/preview", wanted | {"language": "fr"}).json
        assert (shown["level"], shown["language"], shown["segments"]) == ("default", "fr", None)
        assert "Il est valable 24 heures." in shown["text"]
        made(house.admin.post("/v1/templates", MAIL))
        assert house.csr.post("/v1/templates/preview", wanted).json["level"] == "tenant"

    def test_values_are_cleaned_and_escaped(self, house: House) -> None:
        values = {"full_name": 'Zoë "<b>" & \u202eCo', "link": "https://go/a/1"}
        shown = house.csr.post(
            "/v1/templates/preview", MAIL | {"html": '<a title="{full_name}">{link}</a>', "values": values}
        ).json
        assert shown["subject"] == 'For Zoë "<b>" & Co'
        assert shown["html"] == '<a title="Zoë &quot;&lt;b&gt;&quot; &amp; Co">https://go/a/1</a>'

    def test_an_unknown_value_is_refused(self, house: House) -> None:
        refused = house.csr.post("/v1/templates/preview", SMS | {"values": {"lnik": "x"}})
        assert (refused.status, set(refused.wrong)) == (400, {"values.lnik"})

    def test_the_provider_sees_what_is_shipped(self, world: World) -> None:
        shown = world.provider.post("/v1/templates/preview", {"kind": "installation", "channel": "sms"}).json
        assert shown["level"] == "default"

    @pytest.mark.parametrize("kind", Kind)
    @pytest.mark.parametrize("language", defaults.languages())
    def test_whatever_is_shipped_is_seen(self, house: House, kind: Kind, language: str) -> None:
        for channel in Channel:
            wanted = {"kind": kind, "channel": channel, "language": language}
            shown = house.csr.post("/v1/templates/preview", wanted).json
            assert (shown["level"], shown["language"]) == ("default", language)
            said = " ".join([shown["subject"], shown["text"], shown["html"] or ""])
            assert "{" not in said
            assert all(rendering.PLACEHOLDERS[needed] in said for needed in NEEDED[kind])

    def test_an_e_mail_shows_its_code(self, house: House) -> None:
        wanted = {"kind": "combined", "channel": "email", "language": "it"}
        html = house.csr.post("/v1/templates/preview", wanted).json["html"]
        assert f'alt="{defaults.qr_alt("it")}"' in html
        picture = html.partition('src="data:image/png;base64,')[2].partition('"')[0]
        assert b64decode(picture) == qr.image(rendering.PLACEHOLDERS["installation_link"]).data

    def test_a_code_is_no_value(self, house: House) -> None:
        refused = house.csr.post("/v1/templates/preview", MAIL | {"values": {"qr": "<b>"}})
        assert (refused.status, set(refused.wrong)) == (400, {"values.qr"})


EVERYTHING = "{full_name}|{number}|{tenant}|{link}\nCall {support_phone}\nWrite {support_email}"


class TestPreviewForAnAccount:
    def test_its_own_values_are_shown_and_never_its_link(self, house: House) -> None:
        account = house.account(full_name="Zoë Example")
        change = {"customer_service_phone": "+12025550177"}
        assert house.admin.patch(f"/v1/profiles/{house.profile}", change).status == 200
        wanted = SMS | {"text": EVERYTHING, "account_id": account["id"]}
        shown = house.csr.post("/v1/templates/preview", wanted).json["text"]
        assert shown == (
            f"Zoë Example|{account['number']}|Example Ltd|{rendering.PLACEHOLDERS['link']}\nCall +12025550177"
        )

    def test_what_is_given_goes_before_what_the_account_has(self, house: House) -> None:
        wanted = SMS | {"text": "{full_name} {number} {link}", "account_id": house.account()["id"]}
        shown = house.csr.post("/v1/templates/preview", wanted | {"values": {"number": "+12025550111"}}).json
        assert shown["text"].startswith("A Person +12025550111 https://")

    def test_its_language_is_taken(self, house: House) -> None:
        wanted = {"kind": "activation", "channel": "sms"}

        def taken(account: dict[str, object], **more: str) -> object:
            body = wanted | {"account_id": account["id"]} | more
            return house.csr.post("/v1/templates/preview", body).json["language"]

        assert house.admin.patch(f"/v1/groups/{house.group}", {"language": "es"}).status == 200
        assert taken(house.account()) == "es"
        assert taken(house.account(language="de-CH")) == "de"
        assert taken(house.account(language="de-CH"), language="fr") == "fr"

    def test_without_a_profile_there_is_nobody_to_call(self, world: World, house: House) -> None:
        account = house.account()
        assert house.admin.patch(f"/v1/profiles/{house.profile}", {"default": False}).status == 200
        wanted = SMS | {"text": EVERYTHING, "account_id": account["id"]}
        assert "Call" not in house.csr.post("/v1/templates/preview", wanted).json["text"]

    def test_an_account_that_is_not_seen_is_refused(self, world: World, house: House) -> None:
        account = house.account()["id"]
        elsewhere = made(house.admin.post("/v1/groups", {"name": "Elsewhere"}))["id"]
        blind = Api(token=world.token(house.tenant, "csr", groups=[elsewhere]))
        for api, id_ in ((blind, account), (world.house().csr, account), (house.csr, "a0"), (world.provider, account)):
            refused = api.post("/v1/templates/preview", SMS | {"account_id": id_})
            assert (refused.status, refused.wrong) == (400, {"account_id": "There is no account with this id."})


class TestPrice:
    """What the price list says is told."""

    def test_it_is_that_of_all_parts_to_the_number_s_country(
        self, house: House, asked: list[tuple[str, str | None, int]]
    ) -> None:
        wanted = SMS | {"text": "x" * 200 + "{link}", "to": "+39 02 1234567"}
        shown = house.csr.post("/v1/templates/preview", wanted).json
        assert (shown["estimated_price"], shown["currency"]) == ("0.1234", "EUR")
        assert asked == [(house.tenant, "+39021234567", 2)]

    def test_an_account_s_mobile_is_such_a_number(self, house: House, asked: list[tuple[str, str | None, int]]) -> None:
        account = house.account(mobile="+12025550188")["id"]
        shown = house.csr.post("/v1/templates/preview", SMS | {"account_id": account}).json
        assert (shown["estimated_price"], shown["currency"]) == (None, None)
        shown = house.csr.post("/v1/templates/preview", SMS | {"account_id": account, "to": "+39021234567"}).json
        assert shown["estimated_price"] == "0.1234"
        assert [to for _, to, _ in asked] == ["+12025550188", "+39021234567"]

    def test_an_e_mail_has_none(self, house: House, asked: list[tuple[str, str | None, int]]) -> None:
        shown = house.csr.post("/v1/templates/preview", MAIL | {"to": "+39021234567"}).json
        assert (shown["estimated_price"], asked) == (None, [])

    def test_what_is_no_number_is_refused(self, house: House) -> None:
        refused = house.csr.post("/v1/templates/preview", SMS | {"to": "02 1234567"})
        assert (refused.status, set(refused.wrong)) == (400, {"to"})
