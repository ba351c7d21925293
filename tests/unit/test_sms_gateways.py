"""What holds for every SMS gateway, against its fake at the wire. What one provider says in a way of its own is in its
kind's file."""

import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from functions.messaging.gateways import (
    Channel,
    Outcome,
    ReceiptStatus,
    Trouble,
    gateway,
    poll_of,
    probe_of,
)
from functions.messaging.gateways._transport import LIMITS, Limits, Request, Response
from tests.fakes.gateways import sms_bodies
from tests.fakes.server import Fakes
from tests.fakes.wire import HttpReply, HttpRequest
from tests.unit.gateways import (
    REFERENCE,
    Sms,
    forget_everything,
    overheard,
)
from tests.unit.sms_contract import (
    CHECKS_NO_NUMBER,
    IDS_OF_ANY_FORM,
    IN_UNICODE,
    KINDS,
    NAMED_BY_US,
    OVER_HTTP,
    OVER_HTTP_PROBED,
    POLLED,
    PROBED,
    RATES,
    TAKES_NO_REFERENCE,
    TAKES_NO_SENDER,
    TELLS_NO_ADDRESS,
    nowhere,
    of,
)

NOT_LONG = Limits(connect=0.5, read=0.1, total=0.2)

REFUSALS = {
    "0010": (Outcome.rejected_recipient, None),
    "0011": (Outcome.rejected_config, Trouble.credit),
    "0012": (Outcome.rejected_config, Trouble.sender),
    "0013": (Outcome.not_sent_transient, None),
    "0014": (Outcome.not_sent_transient, None),
    "0022": (Outcome.unknown, None),  # HTTP 500: nobody knows
}
REFUSED_OTHERWISE = {
    ("orange_contact", "0012"): (Outcome.rejected_config, Trouble.credentials),
    ("orange_contact", "0014"): (Outcome.unknown, None),
    ("orange_contact_light", "0010"): (Outcome.accepted, None),
    ("orange_contact_light", "0012"): (Outcome.accepted, None),
    ("orange_contact_light", "0014"): (Outcome.unknown, None),
}


@pytest.fixture
def asked(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> list[HttpRequest]:
    """Every request that reached the fakes."""
    heard: list[HttpRequest] = []
    answer = fakes.answer

    def listen(request: HttpRequest) -> HttpReply:
        heard.append(request)
        return answer(request)

    monkeypatch.setattr(fakes, "answer", listen)
    return heard


# What it is


def test_every_kind_has_a_fake(fakes: Fakes) -> None:
    assert sorted(sms_bodies(fakes)) == KINDS


def test_each_goes_as_fast_as_its_provider_says() -> None:
    assert {kind: gateway(kind).RATE for kind in RATES} == RATES
    assert all(gateway(kind).RATE > 0 for kind in KINDS)


@of(KINDS)
def test_it_is_a_gateway_for_sms_and_can_be_asked_what_it_can(sms: Sms) -> None:
    assert sms.module.CHANNEL is Channel.sms
    assert (poll_of(sms.module) is not None) is (sms.kind in POLLED)
    assert (probe_of(sms.module) is not None) is (sms.kind in PROBED)


# Sending


@of(KINDS)
def test_an_accepted_message_is_recorded_once_as_it_was_written(sms: Sms, fakes: Fakes) -> None:
    answer = sms.send(text="Grüße {x}, @€ & = + %41")
    [recorded] = fakes.sms
    assert (recorded.text, recorded.to.removeprefix("+")) == ("Grüße {x}, @€ & = + %41", "12025550001")
    assert recorded.encoding == ("ucs2" if sms.kind in IN_UNICODE else "gsm7")
    ours = (None,) if sms.kind in TAKES_NO_REFERENCE else (REFERENCE, *answer.provider_ids)
    assert recorded.reference in ours
    assert answer.outcome is Outcome.accepted
    assert answer.provider_ids in (recorded.provider_ids, (recorded.reference,))
    assert (answer.refused_parts, answer.trouble, answer.throttled, answer.suppress) == (0, None, False, False)


@of(KINDS)
@pytest.mark.parametrize("text", ["bientôt", "Здравствуйте", '👋🏽 <b>&amp;"\\\nand a line', "مرحبا"])
def test_text_beyond_gsm_arrives_whole(sms: Sms, fakes: Fakes, text: str) -> None:
    assert sms.send(text=text).outcome is Outcome.accepted
    assert [(recorded.text, recorded.encoding) for recorded in fakes.sms] == [(text, "ucs2")]


@of(KINDS)
def test_half_a_character_is_lost_and_the_rest_is_sent(sms: Sms, fakes: Fakes) -> None:
    assert sms.send(text="a\ud83db").outcome is Outcome.accepted
    assert [recorded.text for recorded in fakes.sms] == ["a?b"]


@of(KINDS)
def test_several_parts_are_one_message(sms: Sms, fakes: Fakes) -> None:
    answer = sms.send(text="a" * 400)
    [recorded] = fakes.sms
    assert (recorded.text, recorded.parts) == ("a" * 400, 3)
    assert answer.provider_ids in (recorded.provider_ids, (recorded.reference,))


@of(KINDS)
def test_a_messages_own_sender_goes_before_the_settings(sms: Sms, fakes: Fakes) -> None:
    sms.send(sender="OTHER")
    assert [recorded.sender for recorded in fakes.sms] == ["" if sms.kind in TAKES_NO_SENDER else "OTHER"]


@of(KINDS)
@pytest.mark.parametrize("suffix", REFUSALS)
def test_a_refusal_sends_nothing_and_is_understood(sms: Sms, fakes: Fakes, suffix: str) -> None:
    answer = sms.send(suffix)
    expected = REFUSED_OTHERWISE.get((sms.kind, suffix), REFUSALS[suffix])
    assert (answer.outcome, answer.trouble) == expected
    assert answer.throttled or suffix != "0013"
    assert answer.outcome is Outcome.not_sent_transient or not answer.throttled
    accepted = answer.outcome is Outcome.accepted
    assert bool(answer.words and answer.code) or accepted
    assert len(fakes.sms) == accepted


@of([kind for kind in KINDS if kind not in CHECKS_NO_NUMBER])
def test_a_number_that_is_none_is_refused_for_good(sms: Sms, fakes: Fakes) -> None:
    assert sms.send(to="+123").outcome is Outcome.rejected_recipient
    assert fakes.sms == []


@of(KINDS)
@pytest.mark.parametrize("suffix", ["0020", "0021", "0023", "0024"])
def test_a_lost_answer_is_unknown_and_the_message_was_sent_once(sms: Sms, fakes: Fakes, suffix: str) -> None:
    sms.send()  # has its token; what is left is the sending
    answer = sms.send(suffix, limits=NOT_LONG if suffix in ("0020", "0024") else LIMITS)
    certain = suffix == "0023" and sms.kind in IDS_OF_ANY_FORM
    assert answer.outcome is (Outcome.accepted if certain else Outcome.unknown)
    assert bool(answer.provider_ids) is (certain or sms.kind in NAMED_BY_US)
    assert fakes.wait_until(lambda: len(fakes.sms) >= 2)
    assert [recorded.to[-4:] for recorded in fakes.sms] == ["0001", suffix]
    if sms.kind in NAMED_BY_US:
        assert [receipt.status for receipt in sms.poll(to=suffix)] == [ReceiptStatus.delivered]


@of(KINDS)
def test_a_throttled_number_is_taken_after_some_calls(sms: Sms, fakes: Fakes) -> None:
    answers = [sms.send("0013") for _ in range(3)]
    assert [(answer.outcome, answer.throttled) for answer in answers] == [
        (Outcome.not_sent_transient, True),
        (Outcome.not_sent_transient, True),
        (Outcome.accepted, False),
    ]
    assert len(fakes.sms) == 1


@of(KINDS)
def test_more_than_the_account_may_send_in_a_second_is_throttled_and_nothing_worse(sms: Sms, fakes: Fakes) -> None:
    sms.provider.per_second = 1
    first, second = sms.send(), sms.send()
    assert (first.outcome, first.throttled) == (Outcome.accepted, False)
    assert (second.outcome, second.throttled, second.trouble) == (Outcome.not_sent_transient, True, None)
    assert sms.provider.throttled == len(fakes.sms) == 1


@of(KINDS)
def test_credit_that_ends_is_our_accounts_trouble(sms: Sms, fakes: Fakes) -> None:
    before = sms.provider.get_credit()
    sms.send()
    sms.provider.set_credit(str(before - sms.provider.get_credit()))  # of one message
    answers = [sms.send(), sms.send()]
    assert [(answer.outcome, answer.trouble) for answer in answers] == [
        (Outcome.accepted, None),
        (Outcome.rejected_config, Trouble.credit),
    ]
    assert len(fakes.sms) == 2


@of(OVER_HTTP)
def test_wrong_credentials_are_our_fault(sms: Sms, fakes: Fakes) -> None:
    assert sms.send().outcome is Outcome.accepted  # other credentials are another login
    answer = sms.with_secrets("wrong").send()
    assert (answer.outcome, answer.trouble) == (Outcome.rejected_config, Trouble.credentials)
    assert len(fakes.sms) == 1


@of(KINDS)
def test_a_provider_that_is_down_is_not_guessed_about(sms: Sms, fakes: Fakes) -> None:
    sms.send()
    sms.provider.dead = True
    assert sms.send().outcome is Outcome.unknown
    forget_everything()
    assert sms.send().outcome in (Outcome.unknown, Outcome.not_sent_transient)  # there may be no login
    assert len(fakes.sms) == 1


@of(KINDS)
@pytest.mark.parametrize("where", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_where_nobody_listens_nothing_was_taken(
    sms: Sms, fakes: Fakes, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    gone = nowhere(sms, fakes, monkeypatch, where)
    answer = gone.send(limits=NOT_LONG)
    assert (answer.outcome, answer.provider_ids) == (Outcome.not_sent_transient, ())
    assert answer.words or answer.code


@of(OVER_HTTP)
def test_another_address_of_theirs_is_our_fault(sms: Sms, fakes: Fakes) -> None:
    elsewhere = sms.moved(fakes, f"{fakes.base_url}/{sms.provider.NAME}/elsewhere")
    answer = elsewhere.send()
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "http-404", Trouble.other)
    if sms.kind in PROBED and sms.kind not in TELLS_NO_ADDRESS:
        health = elsewhere.probe()
        assert (health.works, health.code, health.trouble) == (False, "http-404", Trouble.other)


@of(OVER_HTTP)
def test_credentials_do_not_travel_in_clear(
    sms: Sms, asked: list[HttpRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALLOW_HTTP")
    answer = sms.send()
    assert (answer.outcome, answer.code, answer.trouble) == (Outcome.rejected_config, "plain-http", Trouble.other)
    if sms.kind in PROBED:
        health = sms.probe()
        assert (health.works, health.code, health.trouble) == (False, "plain-http", Trouble.other)
    if sms.kind in POLLED:
        assert sms.poll(("0" * 32,)) == []
    assert asked == []


# Secrets

CANARY = "c4nary/+&=%~"


def forms_of(secret: str) -> set[str]:
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}


def travelled(request: Request, secrets: list[str]) -> list[str]:
    """The secrets of a request in the forms in which they are in it."""
    login = request.headers.get("Authorization", "").split(" ")[-1]
    there = f"{request.url} {request.body.decode()}"
    forms = [form for each in secrets for form in sorted(forms_of(each)) if form in there]
    return [login, *forms] if login else forms


def with_words(body: bytes, said: str) -> bytes:
    """A refusal that says this, too, wherever it says something to people."""

    def told(value: object) -> object:
        match value:
            case dict():
                return {name: told(inner) for name, inner in value.items()}
            case list():
                return [told(inner) for inner in value]
            case str() if " " in value:
                return f"{said} {value}"
            case _:
                return value

    try:
        return json.dumps(told(json.loads(body))).encode()
    except ValueError:
        return body.replace(b", ", f", {said} ".encode(), 1)


@of(OVER_HTTP)
@pytest.mark.parametrize("right", [True, False])
def test_what_a_provider_echoes_holds_no_secret(sms: Sms, right: bool) -> None:
    told: list[str] = []
    mine = sms if right else sms.with_secrets(CANARY)
    known = [value for value in msgspec.structs.asdict(mine.secrets).values() if type(value) is str]

    def echo(request: Request, reply: Response) -> Response:
        told.extend(travelled(request, known))
        return reply._replace(body=with_words(reply.body, " ".join(told))) if reply.status >= 400 or told else reply

    with overheard(echo):
        answer = mine.send("0011")
    assert answer.outcome is Outcome.rejected_config
    assert told
    assert answer.words is not None
    assert "[withheld]" in answer.words
    logins = [form for form in told if form not in known]
    for secret in (*known, *logins):
        assert not any(form in repr(answer) for form in forms_of(secret))


@of(OVER_HTTP_PROBED)
def test_what_a_probe_hears_holds_no_secret(sms: Sms) -> None:
    mine = sms.with_secrets(CANARY)

    def echo(request: Request, reply: Response) -> Response:
        return reply._replace(body=with_words(reply.body, " ".join(travelled(request, [CANARY]))))

    with overheard(echo) as heard:
        health = mine.probe()
    assert heard
    assert health.trouble is Trouble.credentials
    assert not any(form in repr(health) for form in forms_of(CANARY))


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_do_not_show_themselves(kind: str) -> None:
    secrets = gateway(kind).Secrets
    assert CANARY not in repr(secrets(**dict.fromkeys(secrets.__struct_fields__, CANARY)))


# Settings


@of(KINDS)
def test_settings_and_secrets_that_cannot_work_are_refused(sms: Sms) -> None:
    for right in (sms.settings, sms.secrets):
        given = msgspec.to_builtins(right)
        assert msgspec.convert(given, type(right)) == right
        for change in [{"surprise": "x"}, *wrong(right)]:
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(given | change, type(right))


def wrong(right: msgspec.Struct) -> Iterator[dict[str, str]]:
    for name, value in msgspec.structs.asdict(right).items():
        if type(value) is str:
            yield {name: f"{value}\n"}
        if type(value) is str and value.startswith("http"):
            yield {name: value.replace("http", "ftp", 1)}
            yield {name: f"{value}?x=1"}
            yield {name: value.replace("//", "//user@")}
