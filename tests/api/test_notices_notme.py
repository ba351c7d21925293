"""The page behind a notice's "this was not me"."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.activation.notme_words import WORDS
from functions.common import clock
from functions.messaging import defaults
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.test_notices import NOON
from tests.api.told import Told, link_in, told
from tests.api.world import made


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture(name="told")
def told_fixture(post: Post) -> Told:
    return told(post)


def notified(told: Told, **fields: object) -> tuple[dict[str, Any], str]:
    """Somebody whose phone was activated, and the token of the page that the notice names."""
    account = told.person("0001", "activation", **fields)
    told.activated(account)
    return account, link_in(told.mails()[-1], "n")


def seen(told: Told, account: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = told.post.house.csr.get(f"/v1/accounts/{account['id']}").json
    return found


def lookup(told: Told, account: dict[str, Any]) -> int:
    query = {"username": account["username"], "realm": told.post.house.domain, "algorithm": "SHA-256"}
    return told.post.house.registrar.get("/registrar/kamailio/lookup", query=query).status


def test_looking_changes_nothing_and_tells_nothing(told: Told) -> None:
    account, token = notified(told)
    before = told.rows()
    for _ in range(3):
        assert told.page(token).status == told.page(token, verb="HEAD").status == 200
    assert told.page(token, verb="HEAD").text == ""
    assert told.rows() == before
    page = told.page(token).text
    assert not any(word in page for word in (account["number"], account["full_name"], account["number"][-4:]))
    assert "<script" not in page


def test_the_last_digits_of_the_number_block_the_phone_and_call_an_operator(told: Told) -> None:
    account, token = notified(told)
    assert lookup(told, account) == 200
    done = told.page(token, account["number"][-4:])
    assert (done.status, "The phone is blocked" in done.text) == (200, True)
    after = seen(told, account)
    assert (after["standing"], after["attention"]) == ("disabled", "not_me")
    assert lookup(told, account) == 404
    entries = told.post.house.admin.get("/v1/audit", query={"day": NOON.date().isoformat()}).json["items"]
    [by] = [each for each in entries if each["action"] == "account.disable"]
    assert (by["operator_id"], by["operator_name"]) == ("system", "not me")
    assert told.page(token, account["number"][-4:]).status == 200  # repeatable


def test_it_takes_the_digits_as_people_write_them(told: Told) -> None:
    account, token = notified(told)
    written = f"+{account['number'][-4]}%20-{account['number'][-3:]}"
    assert told.page(token, written).status == 200
    assert seen(told, account)["standing"] == "disabled"


@pytest.mark.parametrize("code", ["", "12", "abcd", "%E9%E9", "12345678", "&" * 30])
def test_what_presses_buttons_without_knowing_them_changes_nothing(told: Told, code: str) -> None:
    account, token = notified(told)
    for _ in range(7):  # and does not use up the person's tries
        assert told.page(token, code).status == 400
    assert seen(told, account)["standing"] == "enabled"
    assert told.page(token, account["number"][-4:]).status == 200


def test_five_wrong_tries_an_hour_and_no_more(told: Told) -> None:
    account, token = notified(told)
    wrong = "0000" if not account["number"].endswith("0000") else "1111"
    assert [told.page(token, wrong).status for _ in range(6)] == [400] * 5 + [429]
    refused = told.page(token, account["number"][-4:])
    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert seen(told, account)["standing"] == "enabled"
    clock.tick(timedelta(minutes=61))
    assert told.page(token, account["number"][-4:]).status == 200
    assert seen(told, account)["standing"] == "disabled"


def test_a_phone_that_came_after_it_is_let_alone(told: Told) -> None:
    account, token = notified(told)
    clock.tick(timedelta(minutes=5))
    made(told.post.house.csr.post(f"/v1/accounts/{account['id']}/links", {"channels": ["sms"]}))
    told.post.world.pump()
    told.activate(link_in(told.texts(account["mobile"])[-1], "a"))
    told.registers(account, epoch=2)
    assert told.page(token, account["number"][-4:]).status == 200
    after = seen(told, account)
    assert (after["standing"], after["attention"]) == ("enabled", "not_me")


def test_unknown_tokens_are_guesses(told: Told) -> None:
    _, token = notified(told)
    statuses = [told.page(f"a{number:022d}").status for number in range(12)]
    assert statuses[:10] == [404] * 10
    assert statuses[-1] == 429
    assert told.page(token).status == 200  # a known one is never refused for its network


def test_of_a_deleted_account_there_is_nothing_left_to_block(told: Told) -> None:
    account, token = notified(told)
    assert told.post.house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
    assert told.page(token).status == told.page(token, account["number"][-4:]).status == 410


def test_it_speaks_the_person_s_language(told: Told) -> None:
    _, token = notified(told, language="ar")
    page = told.page(token)
    assert '<html lang="ar" dir="rtl">' in page.text
    assert WORDS["ar"].button in page.text
    assert '<label for="digits-code">' in page.text


def test_there_are_the_languages_that_messages_have() -> None:
    assert set(WORDS) == set(defaults.languages())
    for language, words in WORDS.items():
        assert ("{tenant}" in words.intro, "{count}" in words.digits) == (True, True)
        assert all(words)
        assert language == "en" or not set(words) & set(WORDS["en"])
