"""The fakes do what providers do, so that what is proven against them is worth something."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.fakes.listener import Listener, listening
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_KEY, API_SECRET
from tests.fakes.wire import HttpRequest

HTTP = urllib3.PoolManager(retries=False, timeout=10)


@pytest.fixture(scope="module")
def running() -> Iterator[Fakes]:
    with Fakes() as fakes:
        yield fakes
    HTTP.clear()


@pytest.fixture
def fakes(running: Fakes) -> Fakes:
    running.reset()
    return running


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def sms(fakes: Fakes, suffix: str, callback: str | None = None, **more: str) -> dict[str, Any]:
    """What Vonage's fake answers to one message."""
    fields = {"from": "ACME", "to": f"4179000{suffix}", "text": "hello", "client-ref": "m-1.1", **more}
    if callback is not None:
        fields["callback"] = callback
    fields = {"api_key": API_KEY, "api_secret": API_SECRET, **fields}
    answer = HTTP.request_encode_body("POST", f"{fakes.base_url}/vonage/sms/json", fields, encode_multipart=False)
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def operate(fakes: Fakes, what: str, **fields: object) -> Any:
    answer = HTTP.request("POST", f"{fakes.base_url}/operator/{what}", json=fields)
    assert answer.status == 200, answer.data
    return answer.json()


def statuses(heard: list[HttpRequest]) -> list[str]:
    return [json.loads(request.body)["status"] for request in heard]


# Receipts


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        ("0001", ["delivered"]),
        ("4711", ["delivered"]),
        ("0002", ["failed"]),
        ("0003", ["buffered", "expired"]),
        ("0004", []),
        ("0005", ["delivered"]),
        ("0006", ["delivered", "buffered", "accepted"]),
        ("0007", ["delivered", "delivered"]),
    ],
)
def test_the_last_digits_choose_the_receipts(
    fakes: Fakes, listener: Listener, suffix: str, expected: list[str]
) -> None:
    sms(fakes, suffix, listener.url)
    assert fakes.wait_until(lambda: len(fakes.sms[0].reports) == len(expected))
    assert fakes.courier.settled()
    assert statuses(listener.heard) == expected
    assert [report.answered for report in fakes.sms[0].reports] == [200] * len(expected)


def test_a_receipt_can_be_there_before_the_answer(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0005", listener.url)
    assert statuses(listener.heard) == ["delivered"]


def test_each_part_has_its_own_receipt(fakes: Fakes, listener: Listener) -> None:
    answer = sms(fakes, "0001", listener.url, text="a" * 161)
    ids = [part["message-id"] for part in answer["messages"]]
    assert [json.loads(request.body)["messageId"] for request in listener.wait_for(2)] == ids


def test_a_receipt_that_nobody_took_comes_again(fakes: Fakes, listener: Listener) -> None:
    listener.status = 500
    sms(fakes, "0001", listener.url)
    assert len(listener.wait_for(2)) == 2
    listener.status = 200
    assert fakes.courier.settled()
    answered = [report.answered for report in fakes.sms[0].reports]
    assert answered[-1] == 200
    assert set(answered[:-1]) == {500}


def test_an_operator_holds_receipts_back_and_lets_them_go_the_wrong_way_round(fakes: Fakes, listener: Listener) -> None:
    operate(fakes, "receipts/hold")
    sms(fakes, "0003", listener.url)
    assert listener.heard == []
    operate(fakes, "receipts/release", newest_first=True)
    assert statuses(listener.wait_for(2)) == ["expired", "buffered"]


def test_an_operator_reports_and_repeats_what_he_likes(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0004", listener.url)
    number = fakes.sms[0].id
    operate(fakes, "report", id=number, status="rejected")
    first = listener.wait_for(1)
    operate(fakes, "replay", id=number)
    second = listener.wait_for(2)
    assert statuses(second) == ["rejected", "rejected"]
    assert second[1].body == first[0].body


def test_an_operator_sets_credit_and_the_signature(fakes: Fakes, listener: Listener) -> None:
    operate(fakes, "vonage/account", balance="0.05", signature_secret="hush", receipt_method="GET")
    assert sms(fakes, "0001", listener.url)["messages"][0]["remaining-balance"] == "0.01670000"
    assert sms(fakes, "0001", listener.url)["messages"][0]["status"] == "9"
    [receipt] = listener.wait_for(1)
    assert receipt.method == "GET"
    assert re.fullmatch(r"[0-9a-f]{32}", receipt.query["sig"])
    assert len(fakes.sms) == 1


def test_an_operator_reads_what_was_recorded(fakes: Fakes) -> None:
    sms(fakes, "0001")
    sms(fakes, "0002")
    answer = HTTP.request("GET", f"{fakes.base_url}/operator/messages?to=0002").json()
    assert [message["to"] for message in answer] == ["41790000002"]


# Vonage's refusals


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"api_secret": "wrong"}, "4", "Bad Credentials"),
        ({"api_key": "nobody"}, "4", "Bad Credentials"),
        ({"to": ""}, "2", "Missing to param"),
        ({"text": ""}, "2", "Missing text param"),
        ({"to": "+41790000001"}, "3", "Invalid value for parameter: to"),
        ({"from": "Twelve Lette"}, "15", "Illegal Sender Address - rejected"),
        ({"type": "binary"}, "3", "Invalid value for parameter: type"),
        ({"client-ref": "x" * 41}, "3", "Invalid value for parameter: client-ref"),
        ({"text": "x" * 3201}, "12", "Message Too Long"),
        ({"callback": "https://" + "x" * 100}, "23", "Invalid Callback Url"),
    ],
)
def test_a_bad_request_is_refused_with_http_200(fakes: Fakes, change: dict[str, str], status: str, text: str) -> None:
    assert sms(fakes, "0001", **change)["messages"] == [{"status": status, "error-text": text}]
    assert fakes.sms == []


def test_characters_that_the_wrong_encoding_loses_are_lost(fakes: Fakes) -> None:
    sms(fakes, "0001", text="bientôt 👋")
    assert fakes.sms[0].text == "bient?t ?"


def test_nothing_else_is_there(fakes: Fakes) -> None:
    for path in ("/", "/vonage", "/vonage/sms/xml", "/operator/none", "/inbox/none", "/inbox/mail/1"):
        assert HTTP.request("GET", f"{fakes.base_url}{path}").status == 404


# From one run to the next


def test_messages_and_the_authority_outlive_the_process(tmp_path: Path) -> None:
    with listening() as listener, Fakes(tmp_path) as fakes:
        authority = fakes.smtp_ca
        sms(fakes, "0001", listener.url, text="👋 <b>", type="unicode")
        assert fakes.wait_until(lambda: len(fakes.sms[0].reports) == 1)
        before, generation = fakes.sms, fakes.records.generation
    with (tmp_path / "messages.jsonl").open("ab") as file:
        file.write(b'{"id": 2, "chan')  # a crash in the midst of a line
    with Fakes(tmp_path) as fakes:
        assert fakes.sms == before
        assert fakes.smtp_ca == authority
        sms(fakes, "0001")
        assert fakes.records.generation == generation
        assert [message.id for message in fakes.sms] == [before[0].id, before[0].id + 1]


def test_a_port_that_is_taken_is_an_error_at_the_start() -> None:
    with Fakes() as fakes:
        for ports in ({"port": int(fakes.base_url.rpartition(":")[2])}, {"smtp_port": fakes.smtp_port}):
            other = Fakes()
            with pytest.raises(OSError, match="in use"):
                other.start(**ports)


def test_a_form_in_a_form_stays_one_field(fakes: Fakes, listener: Listener) -> None:
    operate(fakes, "vonage/account", receipt_method="POST")
    sms(fakes, "0001", listener.url, **{"client-ref": "a&b=c"})
    [receipt] = listener.wait_for(1)
    assert urlencode({"client-ref": "a&b=c"}).encode() in receipt.body
