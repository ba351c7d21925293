"""What people are told unasked: that a phone was activated, reset, or that their contacts are others now."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from functions.accounts import people
from functions.common import clock
from functions.common.transaction import commit
from functions.messaging import notices, outbox
from functions.messaging.gateways import Channel
from functions.messaging.kinds import Kind
from functions.messaging.models import Message
from tests.api.post import Post, fakes_fixture, post_fixture, running_fixture  # noqa: F401 - fixtures
from tests.api.told import MAIL, Told, link_in, told
from tests.api.world import changed, made

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
MOBILE, OTHER = "+41790000001", "+41790000003"


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture(name="told")
def told_fixture(post: Post) -> Told:
    return told(post)


class TestActivated:
    def test_whose_link_came_by_sms_is_told_by_mail_once(self, told: Told) -> None:
        account = told.person("0001", "activation", language="it", time_zone="Europe/Rome")
        told.activated(account)
        for _ in range(3):
            clock.tick(timedelta(minutes=5))
            told.registers(account)
            told.later()
        [mail] = told.mails()
        assert account["number"] in mail.subject
        assert "2026-11-22 13:00 (Europe/Rome)" in mail.text
        assert "Dispositivo: Android" in mail.text
        assert f"https://{told.post.house.host}/n/" in mail.text
        assert told.kinds(account) == [("activation", "sms", "sent"), ("activated", "email", "sent")]
        assert len(told.texts(MOBILE)) == 1

    def test_whose_link_came_both_ways_is_told_by_mail(self, told: Told) -> None:
        wanted = [{"kind": "activation", "channel": channel} for channel in Channel]
        account = told.post.house.account(mobile=MOBILE, email=MAIL, messages=wanted)
        told.activated(account)
        assert ("activated", "email", "sent") in told.kinds(account)

    def test_whose_link_came_by_mail_is_told_by_sms(self, told: Told) -> None:
        wanted = [{"kind": "activation", "channel": "email"}]
        account = told.post.house.account(mobile=MOBILE, email=MAIL, messages=wanted)
        told.post.world.pump()
        told.activate(link_in(told.mails()[0], "a"))
        told.registers(account)
        told.later()
        [sms] = told.texts(MOBILE)
        assert link_in(sms, "n")
        assert len(told.mails()) == 1

    def test_who_has_one_address_is_told_there(self, told: Told) -> None:
        account = told.person("0001", "activation", email=None)
        told.activated(account)
        assert link_in(told.texts(MOBILE)[-1], "n")

    def test_a_link_that_closes_by_time_alone_tells_nobody(self, told: Told) -> None:
        account = told.person("0001", "activation")
        told.post.world.pump()
        told.activate(link_in(told.texts(MOBILE)[0], "a"))
        clock.tick(timedelta(hours=2))
        told.later()
        told.later()
        assert told.post.link(account)["state"] == "closed"
        assert told.mails() == []
        told.registers(account)  # a thief who waits does not go unnoticed
        told.registers(account)
        told.later()
        assert len(told.mails()) == 1

    def test_it_goes_at_night_and_to_a_disabled_account_and_takes_the_other_channel(self, told: Told) -> None:
        quiet = {"message_policy": {"quiet_hours": {"start": "21:00", "end": "08:00"}}}
        assert told.post.house.admin.patch(f"/v1/profiles/{told.post.house.profile}", quiet).status == 200
        with clock.frozen(NIGHT):
            account = told.post.house.account(
                mobile=MOBILE,
                email="reject@example.net",
                messages=[{"kind": "activation", "channel": "sms"}],
                at_once=True,
            )
            clock.tick(timedelta(seconds=1))
            told.post.world.pump()
            told.activate(link_in(told.texts(MOBILE)[0], "a"))
            told.registers(account)
            assert told.post.house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200
            told.later()
        assert told.kinds(account)[1:] == [("activated", "email", "failed"), ("activated", "sms", "sent")]

    def test_without_a_mail_server_it_goes_by_sms_at_once(self, post: Post) -> None:
        told = Told(post)
        account = told.person("0001", "activation")
        told.activated(account)
        assert told.kinds(account)[1:] == [("activated", "email", "failed"), ("activated", "sms", "sent")]

    def test_its_page_s_token_opens_no_link_and_stands_nowhere(self, told: Told) -> None:
        account = told.person("0001", "activation")
        told.activated(account)
        token = link_in(told.mails()[0], "n")
        assert told.post.world.anyone.at(told.post.house.host).get(f"/a/{token}").status == 404
        assert told.page(token).status == 200
        assert told.page(link_in(told.texts(MOBILE)[0], "a")).status == 404
        assert token not in told.rows()


class TestReset:
    def test_a_reset_is_told(self, told: Told) -> None:
        account = told.person("0001", "activation")
        told.activated(account)
        path = f"/v1/accounts/{account['id']}/devices/1/reset"
        assert told.post.house.csr.post(path).status == 204
        told.post.world.pump()
        assert told.mails()[-1].subject == f"Your phone with the number {account['number']} was signed out"
        assert told.post.house.csr.post(path).status == 204  # there was nothing to reset
        told.post.world.pump()
        assert [kind for kind, _, _ in told.kinds(account)] == ["activation", "activated", "reset"]

    def test_so_is_the_revoking_of_a_link_that_was_fetched(self, told: Told) -> None:
        account = told.person("0001", "activation")
        told.post.world.pump()
        told.activate(link_in(told.texts(MOBILE)[0], "a"))
        link = told.post.link(account)["id"]
        assert told.post.house.csr.post(f"/v1/accounts/{account['id']}/links/{link}/revoke").status == 204
        told.post.world.pump()
        assert told.kinds(account)[-1] == ("reset", "email", "sent")

    def test_but_not_that_of_one_that_nobody_fetched(self, told: Told) -> None:
        account = told.person("0001", "activation")
        link = told.post.link(account)["id"]
        assert told.post.house.csr.post(f"/v1/accounts/{account['id']}/links/{link}/revoke").status == 204
        assert [kind for kind, _, _ in told.kinds(account)] == ["activation"]

    @pytest.mark.parametrize("misuse", [True, False])
    def test_a_new_link_after_misuse_tells_of_the_reset(self, told: Told, misuse: bool) -> None:
        account = told.person("0001", "activation")
        told.activated(account)
        clock.tick(timedelta(minutes=5))
        wanted = {"channels": ["sms"], "misuse": misuse}
        made(told.post.house.csr.post(f"/v1/accounts/{account['id']}/links", wanted))
        told.post.world.pump()
        assert ("reset", "email", "sent") in told.kinds(account) if misuse else len(told.kinds(account)) == 3

    def test_three_in_an_hour_are_enough(self, told: Told) -> None:
        account = told.person("0001")
        found = people.get(told.post.house.tenant, account["id"])
        for number in range(4):
            composed = notices.compose(found, Kind.reset, f"reset|1|{number}")
            commit([each.step for each in composed])
            outbox.enqueue([each.key for each in composed])
            told.post.world.pump()
            clock.tick(timedelta(minutes=1))
        assert [state for _, _, state in told.kinds(account)] == ["sent"] * 3 + ["cancelled"]
        assert told.post.messages(account)[0]["reason"].startswith("3 of the kind reset went to this address")
        assert len(told.mails()) == 3


class TestChanged:
    def change(self, told: Told, account: dict[str, object], **fields: object) -> None:
        changed(told.post.house.csr.patch(f"/v1/accounts/{account['id']}", fields))
        told.post.world.pump()

    def test_the_old_mobile_is_told_and_then_forgotten(self, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
        account = told.person("0001", full_name="Zoë Somebody")
        self.change(told, account, mobile=OTHER, full_name="Someone Else")
        [sms] = told.texts(MOBILE)
        assert "was changed" in sms.text
        assert not any(word in sms.text for word in ("Zoë", "Someone", account["number"], OTHER, "/a/"))
        assert told.kinds(account) == [("changed", "sms", "sent")]
        assert (told.texts(OTHER), told.mails()) == ([], [])
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert message.former is None
        assert MOBILE.lstrip("+") not in told.rows() + capsys.readouterr().out

    def test_the_old_address_stands_nowhere_while_it_waits(self, told: Told) -> None:
        account = told.person("0001")
        changed(told.post.house.csr.patch(f"/v1/accounts/{account['id']}", {"email": "new@example.net"}))
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert message.former is not None
        assert (MAIL in told.rows(), "new@example.net" in told.rows()) == (False, True)
        self.moved_elsewhere_it_does_not_open(message)
        told.post.world.pump()
        [mail] = told.mails()
        assert mail.text.startswith("Hello,\r\n")
        assert told.mails("new@example.net") == []

    def moved_elsewhere_it_does_not_open(self, message: Message) -> None:
        elsewhere = Message(pk="t|other", sk=message.sk, tenant=message.tenant, account_id="other")
        elsewhere.former = message.former
        with pytest.raises(Exception, match="InvalidCiphertext"):
            notices.former_address(elsewhere)

    def test_both_are_told_of_their_own_going(self, told: Told) -> None:
        account = told.person("0001")
        self.change(told, account, mobile=OTHER, email="new@example.net")
        assert sorted(told.kinds(account)) == [("changed", "email", "sent"), ("changed", "sms", "sent")]
        assert (len(told.texts(MOBILE)), len(told.mails())) == (1, 1)

    def test_a_new_number_is_told_to_the_addresses_that_stay(self, told: Told) -> None:
        account = told.person("0001")
        self.change(told, account, number="+12025550987", email="new@example.net")
        assert (len(told.texts(MOBILE)), len(told.mails()), told.mails("new@example.net")) == (1, 1, [])

    def test_each_change_is_told_and_the_old_one_never_twice(self, told: Told) -> None:
        account = told.person("0001")
        self.change(told, account, mobile=OTHER)
        self.change(told, account, mobile="+41790000004", description="moved")
        self.change(told, account, description="nothing of it")
        assert (len(told.texts(MOBILE)), len(told.texts(OTHER)), told.texts("+41790000004")) == (1, 1, [])

    def test_disabling_at_once_does_not_silence_it(self, told: Told) -> None:
        account = told.person("0001")
        changed(told.post.house.csr.patch(f"/v1/accounts/{account['id']}", {"mobile": OTHER}))
        assert told.post.house.csr.post(f"/v1/accounts/{account['id']}/disable").status == 200
        told.post.world.pump()
        assert len(told.texts(MOBILE)) == 1

    def test_of_a_deleted_account_nothing_is_told_or_kept(self, told: Told) -> None:
        account = told.person("0001")
        changed(told.post.house.csr.patch(f"/v1/accounts/{account['id']}", {"mobile": OTHER}))
        assert told.post.house.csr.delete(f"/v1/accounts/{account['id']}").status == 204
        told.post.world.pump()
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert (message.state, told.texts(MOBILE)) == ("cancelled", [])
        assert message.former is None

    def test_an_old_number_that_is_dead_says_nothing_of_the_new_one(self, told: Told) -> None:
        account = told.person("0010")  # refused by the provider
        self.change(told, account, mobile=OTHER)
        assert told.kinds(account) == [("changed", "sms", "failed")]  # and not by mail: it is nobody else's
        now = told.post.house.csr.get(f"/v1/accounts/{account['id']}").json
        assert (now["mobile"], now["mobile_problem"]) == (OTHER, None)
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert message.former is None

    def test_what_nobody_knows_of_is_not_sent_again_and_the_address_goes(self, told: Told) -> None:
        account = told.person("0023")  # the provider's answer breaks off
        self.change(told, account, mobile=OTHER)
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert (message.state, message.former is not None) == ("unknown", True)
        for _ in range(4):
            clock.tick(timedelta(minutes=31))
            told.later()
        [message] = outbox.all_of(told.post.house.tenant, account["id"])
        assert (message.state, len(told.texts("+41790000023"))) == ("unknown", 1)
        assert message.former is None

    def test_a_trial_tenant_keeps_the_text_and_not_the_address(self, told: Told) -> None:
        house = told.post.house
        assert told.post.world.provider.patch(f"/v1/tenants/{house.tenant}", {"trial": True}).status == 200
        account = told.person("0001")
        self.change(told, account, mobile=OTHER)
        [message] = told.post.messages(account)
        assert message["state"] == "kept"
        shown = house.csr.get(f"/v1/messages/{message['id']}/text").json
        assert (shown["to"], "was changed" in shown["text"]) == ("(the former address, which is kept nowhere)", True)
        assert MOBILE.lstrip("+") not in told.rows()


class TestCodes:
    def link(self, told: Told, suffix: str = "0001", **fields: object) -> tuple[dict[str, object], str]:
        account = told.person(suffix, "activation", **fields)
        told.post.world.pump()
        return account, told.post.link(account)["id"]

    def send(self, told: Told, account: dict[str, object], link_id: str, came_by: set[Channel]) -> str:
        """A code is made, and its message sent; its digits."""
        from functions.activation import codes, links

        link = links.find(told.post.house.tenant, str(account["id"]), link_id)
        assert link is not None
        code = codes.make(link, "page")
        found = people.get(told.post.house.tenant, str(account["id"]))
        composed = notices.compose(found, Kind.code, f"{link_id}|code|{code.number}", link_id=link_id, avoid=came_by)
        commit([code.step, *(each.step for each in composed)])
        outbox.enqueue([each.key for each in composed])
        return code.digits

    def test_it_goes_by_the_other_channel_and_stands_nowhere(
        self, told: Told, capsys: pytest.CaptureFixture[str]
    ) -> None:
        account, link_id = self.link(told)
        digits = self.send(told, account, link_id, {Channel.sms})
        told.post.world.pump()
        [mail] = told.mails()
        assert f"\n{digits}\r\n" in mail.text
        assert "It is valid for 10 minutes." in mail.text
        assert "/a/" not in mail.text
        assert digits not in told.rows()
        assert digits not in capsys.readouterr().out
        assert len(told.texts(MOBILE)) == 1  # the link alone

    def test_when_it_fails_it_does_not_follow_the_link(self, told: Told) -> None:
        account, link_id = self.link(told, email="reject@example.net")
        self.send(told, account, link_id, {Channel.sms})
        told.later()
        assert told.kinds(account)[1:] == [("code", "email", "failed")]

    def test_after_ten_minutes_nobody_waits_for_it(self, told: Told) -> None:
        account, link_id = self.link(told)
        self.send(told, account, link_id, {Channel.sms})
        clock.tick(timedelta(minutes=11))
        told.post.world.pump()
        assert told.kinds(account)[1:] == [("code", "email", "cancelled")]
        assert told.mails() == []

    def test_it_begins_no_link_s_life_and_ends_with_the_link(self, told: Told) -> None:
        account, link_id = self.link(told)
        self.send(told, account, link_id, {Channel.sms})
        assert told.post.house.csr.post(f"/v1/accounts/{account['id']}/links/{link_id}/revoke").status == 204
        told.post.world.pump()
        assert ("code", "email", "cancelled") in told.kinds(account)

    @pytest.mark.parametrize(
        ("came_by", "mobile", "email", "channel"),
        [
            ({"sms"}, MOBILE, MAIL, Channel.email),
            ({"email"}, MOBILE, MAIL, Channel.sms),
            ({"sms", "email"}, MOBILE, MAIL, Channel.sms),
            (set(), MOBILE, MAIL, Channel.sms),
            ({"sms"}, MOBILE, None, None),
            ({"email"}, None, MAIL, None),
        ],
    )
    def test_which_channel_it_takes(
        self, told: Told, came_by: set[Channel], mobile: str | None, email: str | None, channel: Channel | None
    ) -> None:
        account = told.post.house.account(mobile=mobile, email=email)
        found = people.get(told.post.house.tenant, account["id"])
        assert notices.code_channel(found, came_by) == channel
        composed = notices.compose(found, Kind.code, "cause", link_id="l", avoid=came_by)
        assert [each.step.item.attribute_values["channel"] for each in composed] == ([channel] if channel else [])


class TestWhatOperatorsMayAskFor:
    @pytest.mark.parametrize("kind", ["code", "reminder", "activated", "reset", "changed"])
    def test_nothing_of_it(self, told: Told, kind: str) -> None:
        house, account = told.post.house, told.person("0001")
        wanted = {"kind": kind, "channel": "sms"}
        refused = house.csr.post(f"/v1/accounts/{account['id']}/messages", wanted)
        assert (refused.status, set(refused.wrong)) == (400, {"kind"})
        body = {"full_name": "A B", "number": "+12025550345", "group_id": house.group, "messages": [wanted]}
        assert house.csr.post("/v1/accounts", body).status == 400

    def test_but_they_may_say_it_in_their_own_words(self, told: Told) -> None:
        house = told.post.house
        made(house.admin.post("/v1/templates", {"kind": "reset", "channel": "email", "subject": "Out", "text": "Bye"}))
        account = told.person("0001", "activation")
        told.activated(account)
        assert house.csr.post(f"/v1/accounts/{account['id']}/devices/1/reset").status == 204
        told.post.world.pump()
        assert told.mails()[-1].text.strip() == "Bye"

    @pytest.mark.parametrize(
        ("kind", "text", "problem"),
        [
            ("code", "Your code", "{code} is missing"),
            ("code", "{code} {link}", "line 1, column 8: {link}: only a message of kind"),
            ("code", "{code} https://example.net", "a code goes without a link"),
            ("activated", "{number}", "{not_me} is missing"),
            ("activation", "{link} {code}", "line 1, column 8: {code}: only a message of kind code has it"),
            ("reminder", "{link} {not_me}", "line 1, column 8: {not_me}: only a message of kind activated has it"),
            ("changed", "{full_name}", "line 1, column 1: {full_name}: the message may go to an address"),
            ("changed", "{number}", "line 1, column 1: {number}: the message may go to an address"),
        ],
    )
    def test_as_long_as_it_makes_sense(self, told: Told, kind: str, text: str, problem: str) -> None:
        refused = told.post.house.admin.post("/v1/templates", {"kind": kind, "channel": "sms", "text": text})
        assert refused.status == 400
        assert refused.wrong["text"].startswith(problem)


class TestReminders:
    def test_the_same_link_once_more_in_the_same_quiet_hours(self, told: Told) -> None:
        quiet = {"message_policy": {"quiet_hours": {"start": "21:00", "end": "08:00"}}}
        assert told.post.house.admin.patch(f"/v1/profiles/{told.post.house.profile}", quiet).status == 200
        account = told.person("0001", "activation", time_zone="UTC")
        told.post.world.pump()
        with clock.frozen(NIGHT):
            sent = outbox.all_of(told.post.house.tenant, account["id"])
            link_id = told.post.link(account)["id"]
            plan = notices.plan_of(sent, link_id)
            found = people.get(told.post.house.tenant, account["id"])
            composed = notices.compose(found, Kind.reminder, f"{link_id}|1", link_id=link_id, plan=plan)
            commit([each.step for each in composed])
            outbox.enqueue([each.key for each in composed])
            told.post.world.pump()
            assert told.kinds(account)[1:] == [("reminder", "sms", "queued")]
            clock.tick(timedelta(hours=9, minutes=2))
            told.later()
        first, again = told.texts(MOBILE)
        assert link_in(first, "a") == link_in(again, "a")
        assert "is not active yet" in again.text


class TestResending:
    """What operators may send once more, of links that must not take every way."""

    def send(self, told: Told, account: dict[str, object], channel: str) -> tuple[int, set[str]]:
        wanted = {"kind": "activation", "channel": channel}
        reply = told.post.house.csr.post(f"/v1/accounts/{account['id']}/messages", wanted)
        return reply.status, set(reply.wrong) if reply.status == 400 else set()

    def policy(self, told: Told, kind: str) -> None:
        change = {"link_policy": {"kind": kind}}
        assert told.post.house.admin.patch(f"/v1/profiles/{told.post.house.profile}", change).status == 200

    def test_a_link_whose_code_goes_by_mail_does_not_follow_it(self, told: Told) -> None:
        self.policy(told, "code")
        account = told.person("0001", "activation")
        assert self.send(told, account, "email") == (400, {"channel"})
        assert self.send(told, account, "sms") == (201, set())

    def test_a_link_that_needs_no_tap_never_goes_by_mail(self, told: Told) -> None:
        self.policy(told, "direct")
        account = told.person("0001", "activation")
        assert self.send(told, account, "email") == (400, {"channel"})
        assert self.send(told, account, "sms") == (201, set())

    def test_neither_goes_by_mail_when_the_sms_fails(self, told: Told) -> None:
        self.policy(told, "direct")
        account = told.person("0010", "activation")
        self.send(told, account, "sms")
        told.post.world.pump()
        assert {channel for _, channel, _ in told.kinds(account)} == {"sms"}

    def test_a_link_that_was_shown_at_the_desk_is_not_sent(self, told: Told) -> None:
        account = told.person("0001")
        made(told.post.house.csr.post(f"/v1/accounts/{account['id']}/qr"))
        assert self.send(told, account, "sms") == (409, set())
