"""Templates: refused before they can do harm, resolved from the most specific, seen before they are saved."""

import pytest

from functions.messaging import templates
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from tests.api.world import House, World, made

SMS = {"kind": "activation", "channel": "sms", "text": "Activate your phone:\n{link}"}
MAIL = {
    "kind": "activation",
    "channel": "email",
    "subject": "For {full_name}",
    "text": "{link}",
    "html": "<p>{link}</p>",
}


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
        ({"text": "{link}\r\nBcc: all"}, "text", "Expected `str` matching"),
        ({"channel": "email", "subject": "A\nB"}, "subject", "Expected `str` matching"),
        ({"kind": "greeting"}, "kind", "Invalid enum value"),
    ],
)
def test_what_could_not_be_sent_is_refused(house: House, change: dict[str, str], field: str, problem: str) -> None:
    refused = house.admin.post("/v1/templates", SMS | change)
    assert refused.status == 400
    assert refused.wrong[field].startswith(problem)


def test_every_fault_of_every_text_is_named(house: House) -> None:
    refused = house.admin.post("/v1/templates", MAIL | {"subject": "{a}", "text": "{b}", "html": "{link} {c}"})
    assert [each["field"] for each in refused.json["error"]["details"]] == ["subject", "text", "html", "text"]


def test_the_most_specific_template_is_taken(world: World, house: House) -> None:
    def taken(*languages: str) -> tuple[str, str]:
        found = templates.resolve(house.tenant, Kind.activation, Channel.sms, *languages)
        return found.level, found.template.language

    assert taken("it") == ("default", "en")
    made(world.provider.post("/v1/templates", SMS | {"language": "it"}))
    assert taken("it") == ("provider", "it")
    assert taken("de") == ("default", "en")
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
            "offender": None,
        }

    def test_one_character_that_triples_the_cost_is_named(self, house: House) -> None:
        shown = house.csr.post("/v1/templates/preview", SMS | {"text": "Tap “here” " + "x" * 100 + "\n{link}"}).json
        assert (shown["segments"]["encoding"], shown["segments"]["parts"]) == ("ucs2", 3)
        assert shown["segments"]["offender"] == "“"

    def test_what_would_be_sent_now(self, house: House) -> None:
        wanted = {"kind": "activation", "channel": "email"}
        shown = house.csr.post("/v1/templates/preview", wanted | {"language": "fr"}).json
        assert (shown["level"], shown["language"], shown["segments"]) == ("default", "en", None)
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
