"""The inbox shows what came, and lets the person at it break a provider; nobody else's page can."""

import json
import smtplib
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
import urllib3

from tests.fakes import aspsms, clickatell
from tests.fakes.inbox import LOCAL_PARTS, SIMULATOR, SUFFIXES
from tests.fakes.listener import Listener, listening
from tests.fakes.provider import Provider
from tests.fakes.records import Recorded
from tests.fakes.server import Fakes
from tests.fakes.vonage import API_KEY, API_SECRET

HTTP = urllib3.PoolManager(retries=False, timeout=10)
JSON = (("Content-Type", "application/json"), ("Host", "127.0.0.1:8080"))


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


def sms(fakes: Fakes, suffix: str, callback: str | None = None) -> str:
    """Status of what Vonage's fake answers to one message."""
    fields = {"from": "ACME", "to": f"4179000{suffix}", "text": "hello", "client-ref": "m-1.1"}
    fields |= {"api_key": API_KEY, "api_secret": API_SECRET}
    fields |= {} if callback is None else {"callback": callback}
    url = f"{fakes.base_url}/vonage/sms/json"
    answer = HTTP.request_encode_body("POST", url, fields, encode_multipart=False)
    return str(answer.json()["messages"][0]["status"]) if answer.status == 200 else str(answer.status)


def mail(fakes: Fakes, provider: str = "smtp", **fields: Any) -> Recorded:
    return fakes.records.add(
        Recorded(
            id=0,
            revision=0,
            channel="email",
            provider=provider,
            at="2026-11-22T14:00:00.000Z",
            to="ok@example.org",
            sender="csr@example.net",
            text="hello",
            provider_ids=("0100-1",),
            **fields,
        )
    )


def inbox(fakes: Fakes, path: str, query: Mapping[str, object] = {}) -> tuple[int, dict[str, str], bytes]:
    """As the front door asks it."""
    asked = {name: [str(value)] for name, value in query.items()}
    status, headers, body = fakes.inbox_handler("GET", path, asked, (), b"")
    return status, dict(headers), body


def feed(fakes: Fakes, **query: object) -> dict[str, Any]:
    status, headers, body = inbox(fakes, "/inbox/messages", query)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = json.loads(body)
    return found


def post(fakes: Fakes, what: str, **fields: object) -> tuple[int, bytes]:
    """As the page does it."""
    body = json.dumps(fields).encode()
    status, _, answer = fakes.inbox_handler("POST", f"/inbox/{what}", {}, JSON, body)
    return status, answer


def changed(fakes: Fakes, what: str, **fields: object) -> dict[str, Any]:
    """The providers' state after a change that was done."""
    status, answer = post(fakes, what, **fields)
    assert status == 200, answer
    found: dict[str, Any] = json.loads(answer)
    return found


def shown(state: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(provider for provider in state["providers"] if provider["name"] == name)
    return found


# The feed


def test_the_feed_tells_each_message_and_each_change(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0004", listener.url)
    first = feed(fakes)
    assert [message["to"] for message in first["messages"]] == ["41790000004"]
    assert feed(fakes, after=first["next"])["messages"] == []
    fakes.vonage.trigger(fakes.sms[0].id, "delivered").wait()
    [changed] = feed(fakes, after=first["next"], wait=10)["messages"]
    assert [report["status"] for report in changed["reports"]] == ["delivered"]


def test_the_feed_is_searched_by_recipient(fakes: Fakes) -> None:
    for suffix in ("0001", "0002", "1234"):
        sms(fakes, suffix)
    assert [message["to"] for message in feed(fakes, to="+41 79 000 00")["messages"]] == ["41790000001", "41790000002"]
    assert [message["to"] for message in feed(fakes, last=1)["messages"]] == ["41790001234"]


def test_a_mail_that_was_sent_is_in_the_feed(fakes: Fakes) -> None:
    with smtplib.SMTP("127.0.0.1", fakes.smtp_port) as client:
        client.sendmail(
            "csr@example.net",
            "ok@example.org",
            b"From: csr@example.net\r\nSubject: Hello\r\nX-DialReady-Reference: m-1.1\r\n\r\nTap\r\n",
        )
    [found] = feed(fakes, to="OK@")["messages"]
    assert (found["to"], found["subject"], found["text"].strip()) == ("ok@example.org", "Hello", "Tap")
    assert (found["html"], found["reference"]) == (None, "m-1.1")


def test_after_a_reset_the_feed_is_another(fakes: Fakes) -> None:
    sms(fakes, "0001")
    before = feed(fakes)
    fakes.reset()
    after = feed(fakes, after=before["next"], wait=10)
    assert after["messages"] == []
    assert after["generation"] != before["generation"]


# The page


class Page(HTMLParser):
    """Every element's name and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_the_page_runs_its_own_script_and_nothing_else(fakes: Fakes) -> None:
    status, headers, body = inbox(fakes, "/inbox")
    page = Page()
    page.feed(body.decode())
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    names = [name for name, _ in page.elements]
    assert (names.count("script"), names.count("style"), names.count("link"), names.count("img")) == (1, 1, 0, 0)
    for _, attributes in page.elements:
        assert not {"src", "href", "style"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)


def test_a_mail_is_shown_in_a_cage(fakes: Fakes) -> None:
    html = "<script>alert(1)</script><a href='https://go.example/a/abc'>tap</a>"
    number = mail(fakes, html=html).id
    status, headers, body = inbox(fakes, f"/inbox/mail/{number}")
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert "sandbox allow-popups allow-popups-to-escape-sandbox;" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert b'<base target="_blank">' in body


def test_the_page_names_everybody_who_behaves_in_his_own_way(fakes: Fakes) -> None:
    _, _, body = inbox(fakes, "/inbox")
    for who in (*SUFFIXES, *LOCAL_PARTS, *SIMULATOR):
        assert f"<dt>{who}</dt>" in body.decode()


# Who may change something


@pytest.mark.parametrize("path", ["/inbox", "/inbox/messages", "/inbox/providers", "/inbox/mail/1"])
def test_what_is_read_takes_no_post(fakes: Fakes, path: str) -> None:
    status, headers, _ = fakes.inbox_handler("POST", path, {}, JSON, b"{}")
    assert (status, dict(headers)["Allow"]) == (405, "GET, HEAD")


def test_what_changes_takes_no_get(fakes: Fakes) -> None:
    status, headers, _ = inbox(fakes, "/inbox/receipts/hold")
    assert (status, headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "application/json", "Origin": "http://127.0.0.1:8080"}, 200),
        ({"Content-Type": "application/json", "Origin": "https://127.0.0.1:8080"}, 200),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain; application/json"}, 415),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://127.0.0.1:8081"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://example.net"}, 403),
        ({"Content-Type": "application/json", "Origin": ""}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_no_other_page_can_change_anything(fakes: Fakes, headers: dict[str, str], expected: int) -> None:
    body = json.dumps({"name": "vonage", "dead": True}).encode()
    sent = {"Host": "127.0.0.1:8080", **headers}.items()
    status, _, _ = fakes.inbox_handler("POST", "/inbox/provider", {}, sent, body)
    assert status == expected
    assert fakes.vonage.dead is (expected == 200)


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("provider", {"name": "vonage", "credit": "-1"}),
        ("provider", {"name": "vonage", "credit": "NaN"}),
        ("provider", {"name": "orange", "credit": "1.5"}),
        ("provider", {"name": "vonage", "per_second": 0}),
        ("provider", {"name": "vonage", "throttled_calls": -1}),
        ("provider", {"name": "vonage", "colour": "red"}),
        ("provider", {"dead": True}),
        ("report", {"id": "1", "status": "delivered"}),
        ("receipts/release", {"newest_first": "yes"}),
    ],
)
def test_what_makes_no_sense_is_refused(fakes: Fakes, what: str, fields: dict[str, object]) -> None:
    before = fakes.control.state()
    assert post(fakes, what, **fields)[0] == 400
    assert fakes.control.state() == before


def test_who_is_not_there_is_not_found(fakes: Fakes) -> None:
    assert post(fakes, "provider", name="nobody", dead=True)[0] == 404
    assert post(fakes, "provider", name="oauth", dead=True)[0] == 404
    assert post(fakes, "report", id=9, status="delivered")[0] == 404
    assert post(fakes, "replay", id=9)[0] == 404


# Providers


def named(fakes: Fakes) -> list[Provider]:
    return [provider for provider in fakes.providers.values() if provider.TITLE]


def test_every_sms_provider_is_shown(fakes: Fakes) -> None:
    state = changed(fakes, "receipts/release")
    names = {"aspsms", "aws-sms", "clickatell", "clickatell-http", "orange", "orange-contact", "vonage"}
    assert {provider["name"] for provider in state["providers"]} == {*names, "vonage-messages"}
    assert {name for name, known in state["statuses"].items() if not known} == {"orange-contact"}
    assert len({provider["title"] for provider in state["providers"]}) == len(names) + 1


def test_credit_is_set_and_emptied_at_every_provider(fakes: Fakes) -> None:
    for provider in named(fakes):
        for amount in ("250", "0"):
            state = changed(fakes, "provider", name=provider.NAME, credit=amount)
            assert shown(state, provider.NAME)["credit"] == amount


def test_without_credit_a_provider_takes_nothing(fakes: Fakes) -> None:
    assert sms(fakes, "1234") == "0"
    state = changed(fakes, "provider", name="vonage", credit="0")
    assert sms(fakes, "1234") == "9"
    assert shown(state, "vonage")["taken"] == 1


def test_a_provider_can_be_slow_unwilling_and_gone(fakes: Fakes) -> None:
    changed(fakes, "provider", name="vonage", per_second=1, throttled_calls=1)
    assert [sms(fakes, "1234"), sms(fakes, "1234")] == ["0", "1"]
    state = changed(fakes, "provider", name="vonage", per_second=None)
    assert (shown(state, "vonage")["throttled"], shown(state, "vonage")["per_second"]) == (1, None)
    assert [sms(fakes, "0013"), sms(fakes, "0013")] == ["1", "0"]
    changed(fakes, "provider", name="vonage", dead=True)
    assert sms(fakes, "1234") == "500"
    changed(fakes, "provider", name="vonage", dead=False)
    assert sms(fakes, "1234") == "0"


# Receipts


def heard(listener: Listener, count: int) -> list[str]:
    return [json.loads(request.body)["status"] for request in listener.wait_for(count)]


def test_receipts_are_held_back_counted_and_let_go_newest_first(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0004", listener.url)
    assert changed(fakes, "receipts/hold")["holding"] is True
    for status in ("buffered", "expired"):
        state = changed(fakes, "report", id=fakes.sms[0].id, status=status)
    assert (state["held"], listener.heard) == (2, [])
    state = changed(fakes, "receipts/release", newest_first=True)
    assert (state["holding"], state["held"]) == (False, 0)
    assert heard(listener, 2) == ["expired", "buffered"]


def test_any_status_of_the_provider_is_reported_and_said_again(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0004", listener.url)
    number = fakes.sms[0].id
    for status in fakes.vonage.STATUSES:
        changed(fakes, "report", id=number, status=status)
    assert heard(listener, 7) == [*fakes.vonage.STATUSES]
    changed(fakes, "replay", id=number)
    assert heard(listener, 14) == [*fakes.vonage.STATUSES] * 2


def test_a_word_of_another_provider_is_refused(fakes: Fakes, listener: Listener) -> None:
    sms(fakes, "0004", listener.url)
    assert post(fakes, "report", id=fakes.sms[0].id, status="DEVICE_ACK")[0] == 400
    assert listener.heard == []


def one_at_clickatell(fakes: Fakes) -> int:
    HTTP.request(
        "POST",
        f"{fakes.base_url}/clickatell/v1/message",
        headers={"Authorization": clickatell.API_KEY},
        json={"messages": [{"to": "41790000004", "content": "hello", "channel": "sms"}]},
    )
    return fakes.sms[-1].id


def test_reports_go_to_the_address_in_the_portal(fakes: Fakes, listener: Listener) -> None:
    fakes.providers["clickatell"].set_receipt_url(listener.url)
    number = one_at_clickatell(fakes)
    statuses = fakes.providers["clickatell"].STATUSES
    for status in statuses:
        changed(fakes, "report", id=number, status=status)
    reports = [json.loads(request.body) for request in listener.wait_for(len(statuses))]
    assert [report["event"]["messageStatusUpdate"][0]["status"] for report in reports] == [*statuses]


def test_statuses_that_are_numbers_are_shown_with_their_meaning(fakes: Fakes, listener: Listener) -> None:
    urls = dict.fromkeys(aspsms.URLS, f"{listener.url}?status=<DST>")
    login = {"UserName": aspsms.USER_KEY, "Password": aspsms.PASSWORD, "Originator": "ACME"}
    message = {"MessageText": "hello", "Recipients": ["+41790000004:m1"], **urls}
    HTTP.request("POST", f"{fakes.base_url}/aspsms/SendTextSMS", json={**login, **message})
    state = changed(fakes, "report", id=fakes.sms[0].id, status="2")
    assert {"status": "2", "meaning": "Not delivered"} in state["statuses"]["aspsms"]
    assert [request.query["status"] for request in listener.wait_for(1)] == ["2"]


def test_the_events_of_end_user_messaging_are_published(fakes: Fakes) -> None:
    heard: list[str] = []
    fakes.aws_sms.publish = heard.append
    number = recorded_at_aws(fakes)
    for status in fakes.aws_sms.STATUSES:
        changed(fakes, "report", id=number, status=status)
    changed(fakes, "replay", id=number)
    assert [json.loads(event)["eventType"] for event in heard] == [*fakes.aws_sms.STATUSES] * 2


def recorded_at_aws(fakes: Fakes) -> int:
    message = Recorded(
        id=0,
        revision=0,
        channel="sms",
        provider="aws-sms",
        at="2026-11-22T14:00:00.000Z",
        to="+41790000004",
        sender="ACME",
        text="hello",
        provider_ids=("aws-1",),
    )
    return fakes.records.add(message).id


def test_who_asked_for_no_receipt_gets_none_and_the_operator_is_told(fakes: Fakes) -> None:
    sms(fakes, "0004")
    assert post(fakes, "replay", id=fakes.sms[0].id)[0] == 409
    assert post(fakes, "report", id=one_at_clickatell(fakes), status="DEVICE_ACK")[0] == 409
    assert post(fakes, "report", id=mail(fakes).id, status="Bounce")[0] == 409


def test_a_mail_through_ses_bounces_is_complained_of_and_all_that_again(fakes: Fakes) -> None:
    number = mail(fakes, "ses").id
    assert post(fakes, "report", id=number, status="Bounce")[0] == 409  # nobody would hear it
    heard: list[str] = []
    fakes.watch_ses("http://127.0.0.1:1", heard.append)
    for status in ("Bounce", "Transient bounce", "Complaint", "Delivery"):
        changed(fakes, "report", id=number, status=status)
    changed(fakes, "replay", id=number)
    assert heard[4:] == heard[:4]
    events = [json.loads(event) for event in heard[:4]]
    assert [event["eventType"] for event in events] == ["Bounce", "Bounce", "Complaint", "Delivery"]
    assert [event["bounce"]["bounceType"] for event in events[:2]] == ["Permanent", "Transient"]
    assert {event["mail"]["messageId"] for event in events} == {"0100-1"}
    assert post(fakes, "report", id=number, status="Open")[0] == 400
