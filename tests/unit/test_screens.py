"""The pages of the activation link: small, readable by everybody, and harmless to whatever opens them."""

import re
from urllib.parse import unquote

import pytest

from functions.activation import screens, words
from functions.activation.screens import NEUTRAL, House, android_intent, launching
from functions.common.http import Answer
from functions.provisioning.clients import Launch
from functions.tenants.brand import Brand
from tests.unit.screen_samples import (
    CLAIM,
    FILE,
    HOST,
    INSTALL,
    PATH,
    SCHEME,
    TICKET,
    TYPED,
    Element,
    Read,
    a_start,
    an_offer,
    every_screen,
    house,
)

LARGEST = 15_000  # bytes, with everything that a page needs

language = pytest.mark.parametrize("language", words.languages())


def primary(read: Read) -> list[Element]:
    """The full buttons that a person sees without opening anything."""
    return [
        each
        for each in read.elements
        if each.classes == {"button"} and not each.hidden and not each.inside("details") and not each.inside("noscript")
    ]


class TestEveryPage:
    @language
    def test_it_weighs_less_than_15_kb_with_everything(self, language: str) -> None:
        for name, answer in every_screen(house(language)):
            assert len((answer.text or "").encode()) < LARGEST, name

    @language
    def test_nothing_is_loaded_and_only_our_own_script_and_style_are_allowed(self, language: str) -> None:
        for name, answer in every_screen(house(language)):
            read = Read(answer)
            policy = str(answer.headers["Content-Security-Policy"])
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "img-src data:;" in policy, name
            for each in read.elements:
                assert not {key for key in each.attributes if key.startswith("on") or key in ("style", "srcset")}, name
                assert (each.attributes.get("src") or "data:").startswith("data:"), name

    @language
    def test_a_screen_reader_finds_its_way(self, language: str) -> None:
        for name, answer in every_screen(house(language)):
            read = Read(answer)
            html = read.one("html")
            assert html.attributes == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
            for landmark in ("header", "main", "footer"):
                assert len(read.all(landmark)) == 1, name
            assert read.one("h1").inside("main")
            assert read.one("title").words == read.one("h1").words
            assert all("alt" in each.attributes for each in read.all("img"))
            assert all(each.attributes.get("aria-label") for each in read.all("svg"))
            assert all(each.words for each in [*read.all("a"), *read.all("button"), *read.all("summary")]), name
            taps = [each for each in read.all("form") if "data-tap" in each.attributes]
            told = [each for each in read.all("p") if each.attributes.get("role") == "status" and each.inside("form")]
            assert len(told) == len(taps), name  # what comes of a tap is said below its button

    @language
    def test_every_field_has_its_label_and_every_reference_its_target(self, language: str) -> None:
        for name, answer in every_screen(house(language)):
            read = Read(answer)
            ids = [each.attributes["id"] for each in read.elements if "id" in each.attributes]
            assert len(ids) == len(set(ids)), name
            labelled = {each.attributes.get("for") for each in read.all("label")}
            for field in read.all("input"):
                if field.attributes.get("type") != "hidden":
                    assert field.attributes.get("id") in labelled or field.inside("label"), name
                assert {field.attributes.get("aria-describedby")} <= {None, *ids}, name
            assert {each.attributes["data-copy"] for each in read.all("button") if "data-copy" in each.attributes} <= {
                *ids
            }

    @language
    def test_whose_it_is_whom_to_call_and_who_answers_for_the_data(self, language: str) -> None:
        sender = house(language)
        for name, answer in every_screen(sender):
            read = Read(answer)
            assert sender.tenant.strip() in read.one("header").words, name
            footer = read.one("footer")
            assert (sender.brand.controller or "").strip() in footer.words
            for said in (sender.support_phone, sender.support_email):
                assert said is not None
                assert said in footer.words, name
            links = [each.attributes["href"] for each in read.all("a") if each.inside("footer")]
            assert links == ["tel:+41441234567", "mailto:help@example.net", sender.brand.privacy_url]

    def test_digits_and_addresses_keep_their_direction(self) -> None:
        for name, answer in every_screen(house("ar")):
            for each in Read(answer).all("bdi"):
                ours = re.search(r"[+@/]|[0-9y]{5}", each.words)
                assert (each.attributes.get("dir") == "ltr") == bool(ours), (name, each.words)

    def test_names_are_text(self) -> None:
        hostile = "<script>{tenant}{app}</script>\"'&"
        sender = House(hostile, "en", Brand(controller=hostile), hostile, "a'b&c@example.net", hostile)
        for _name, answer in every_screen(sender):
            Read(answer)
            assert (answer.text or "").count("<script") <= 1
            assert "{tenant}" not in (answer.text or "").replace("{tenant}{app}", "")
        started = a_start(app=hostile, launch=TYPED)
        assert hostile in Read(screens.start(sender, started)).one("h1").words

    def test_without_a_logo_no_picture_is_allowed(self) -> None:
        for _name, answer in every_screen(house("en", Brand())):
            assert "img-src" not in str(answer.headers["Content-Security-Policy"])
            assert "<img" not in (answer.text or "")

    def test_a_sender_that_nobody_knows_is_not_named(self) -> None:
        for answer in (screens.ended(NEUTRAL, "unknown", ask_path=None), screens.spell(NEUTRAL)):
            read = Read(answer)
            assert not read.all("header")
            assert read.one("html").attributes["lang"] == "en"
            assert "{" not in read.one("main").words
            assert read.one("footer").words == words.words("en")[1].help_sender

    def test_a_language_that_is_not_here_is_its_base_or_english(self) -> None:
        assert [words.words(each)[0] for each in ("de-CH", "pt-BR", "nl", "en")] == ["de", "pt", "en", "en"]

    def test_forms_lead_here_and_to_the_bucket_alone(self) -> None:
        for name, answer in every_screen(house()):
            read = Read(answer)
            policy = str(answer.headers["Content-Security-Policy"])
            assert re.search(r"form-action 'self'( https://bucket\.example)?;", policy), name
            for each in read.all("form"):
                assert re.fullmatch(rf"{PATH}(/code|/new|/not-me)?|{TICKET}|/go", each.attributes["action"] or ""), name


class TestTheLink:
    @pytest.mark.parametrize(("agent", "device"), [("phone", "phone"), ("tablet", "device")])
    def test_one_button_that_posts_the_signed_claim(self, agent: str, device: str) -> None:
        read = Read(screens.offer(house(), an_offer(agent=agent)))
        [button] = primary(read)
        assert button.words == f"Activate this {device}"
        form = read.one("form")
        assert (form.attributes["method"], form.attributes["action"]) == ("post", PATH)
        assert read.one("input", name="claim").attributes["value"] == CLAIM

    def test_a_preview_has_nothing_to_press_and_no_script(self) -> None:
        answer = screens.offer(house(), an_offer(agent="preview"))
        read = Read(answer)
        assert not read.all("form") + read.all("button") + read.all("script")
        assert [each for each in read.all("a") if not each.inside("footer")] == []

    def test_it_says_where_to_get_the_app(self) -> None:
        read = Read(screens.offer(house(), an_offer()))
        assert [each.words for each in read.all("a", href=INSTALL)] == ["Install the app"]
        without = Read(screens.offer(house(), an_offer(install_url=None)))
        assert words.words("en")[1].install_message in without.one("main").words

    def test_out_of_another_app_s_browser_on_android_by_an_intent(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="in_app")))
        [button] = primary(read)
        assert button.attributes["href"] == (
            f"intent://{'h' * 25}{PATH}#Intent;scheme=https;"
            f"S.browser_fallback_url=https%3A%2F%2F{'h' * 25}%2Fa%2F{'x' * 23};end"
        )
        assert not read.all("form")

    def test_out_of_another_app_s_browser_on_ios_by_words_and_an_address_to_copy(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="in_app", platform="ios")))
        assert read.by_id("address").words == f"{HOST}{PATH}"
        assert "Open in Safari" in read.one("main").words
        [copy] = read.all("button")
        assert copy.hidden  # until there is a script that can copy
        assert not read.all("form") + primary(read)

    def test_a_computer_shows_the_code_for_the_phone_s_camera_and_asks_for_one_of_its_own(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="desktop", platform="windows", code="here")))
        assert read.one("svg").attributes["aria-label"]
        assert not primary(read)
        details = read.one("details")
        assert "open" not in details.attributes
        tap = next(each for each in read.all("form") if "data-tap" in each.attributes)
        fields = {each.attributes["name"] for each in read.all("input") if tap in each.within}
        assert fields == {"claim", "here", "code"}
        assert [each.attributes["action"] for each in read.all("form")] == [f"{PATH}/code", PATH]

    def test_a_computer_that_a_spoken_code_led_here_needs_no_second_one(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="desktop", platform="windows", code="none")))
        [form] = read.all("form")
        assert {each.attributes["name"] for each in read.all("input") if form in each.within} == {"claim", "here"}

    def test_a_client_that_computers_do_not_have_is_not_offered_there(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="desktop", platform="windows", here=False)))
        assert not read.all("form") + read.all("details")

    def test_an_ipad_that_says_it_is_a_mac_finds_its_button_by_script(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="desktop", platform="macos", says_mac=True, code="here")))
        tap = read.by_id("tap")
        form = next(each for each in read.all("form") if tap in each.within)
        assert "hidden" in tap.attributes
        assert {each.attributes["name"] for each in read.all("input") if form in each.within} == {"claim"}
        assert "maxTouchPoints" in read.one("script").words

    def test_where_both_need_a_code_an_ipad_takes_the_computer_s_way_in(self) -> None:
        read = Read(screens.offer(house(), an_offer(agent="desktop", platform="macos", says_mac=True, code="needed")))
        assert not [each for each in read.elements if each.attributes.get("id") == "tap"]
        tap = next(each for each in read.all("form") if "data-tap" in each.attributes)
        assert [each.words for each in read.all("button") if tap in each.within] == ["Activate this device"]
        without = Read(screens.offer(house(), an_offer(agent="desktop", says_mac=True, code="needed", here=False)))
        assert [each.attributes["action"] for each in without.all("form")] == [f"{PATH}/code", PATH]

    def test_a_code_is_asked_for_first_and_typed_then(self) -> None:
        before = Read(screens.offer(house(), an_offer(code="needed")))
        assert [each.words for each in primary(before)] == ["Send me a code by SMS"]
        after = Read(screens.offer(house(), an_offer(code="needed", code_sent=True)))
        assert [each.words for each in primary(after)] == ["Activate this phone"]
        field = after.one("input", name="code").attributes
        assert (field["inputmode"], field["autocomplete"]) == ("numeric", "one-time-code")
        assert "autofocus" in field

    def test_a_code_that_support_reads_out_is_not_asked_for_here(self) -> None:
        read = Read(screens.offer(house(), an_offer(code="needed", code_by="operator")))
        assert [each.words for each in primary(read)] == ["Activate this phone"]
        assert [each.attributes["action"] for each in read.all("form")] == [PATH]

    @pytest.mark.parametrize(
        ("problem", "next_step"),
        [
            ("wrong_code", "Activate this phone"),
            ("code_over", "Send me a new code"),
            ("too_many_codes", "Activate this phone"),
        ],
    )
    def test_what_is_wrong_with_a_code_is_said_at_its_field(self, problem: str, next_step: str) -> None:
        answer = screens.offer(house(), an_offer(code="needed", code_sent=True, problem=problem))
        read = Read(answer)
        assert answer.status == 400
        assert [each.words for each in primary(read)] == [next_step]
        field = read.one("input", name="code").attributes
        told = read.by_id(field["aria-describedby"] or "")
        assert (told.words, told.attributes["role"]) == (getattr(words.words("en")[1], problem), "alert")
        resend = [each for each in read.all("form") if each.attributes["action"] == f"{PATH}/code"]
        assert len(resend) == (0 if problem == "too_many_codes" else 1)

    def test_who_is_not_meant_can_say_so_and_ticks_a_box_first(self) -> None:
        read = Read(screens.offer(house(), an_offer()))
        assert read.one("a", href=f"{PATH}/not-me").words == "This message is not for me"
        asked = Read(screens.sure(house(), PATH, CLAIM))
        assert asked.one("form").attributes["action"] == f"{PATH}/not-me"
        box = asked.one("input", name="sure").attributes
        assert (box["type"], box["value"]) == ("checkbox", "1")
        assert "required" in box
        assert "checked" not in box
        assert asked.one("input", name="claim").attributes["value"] == CLAIM


class TestAfterTheTap:
    def test_one_button_starts_the_client(self) -> None:
        read = Read(screens.start(house(), a_start(platform="ios")))
        [button] = primary(read)
        assert (button.words, button.attributes["href"]) == ("Start Linphone", SCHEME.url)

    def test_what_spends_the_ticket_is_a_form_that_no_crawler_follows(self) -> None:
        for launch in (FILE, Launch(url="zoiper:x", file=True)):
            read = Read(screens.start(house(), a_start(launch=launch)))
            [form] = read.all("form")
            assert (form.attributes["method"], form.attributes["action"]) == ("get", TICKET)
        for _name, answer in every_screen(house()):
            for link in Read(answer).all("a"):
                assert (link.attributes["href"] or "").removeprefix(HOST) != TICKET

    def test_the_file_is_the_second_way(self) -> None:
        read = Read(screens.start(house(), a_start(platform="ios", launch=Launch(url="zoiper:x", file=True))))
        assert [each.words for each in read.all("button")] == ["Download the file"]
        assert [each.words for each in primary(read)] == ["Start Linphone"]

    def test_on_android_a_missing_client_leads_back_to_where_it_is_installed(self) -> None:
        [button] = primary(Read(screens.start(house(), a_start())))
        intent = button.attributes["href"] or ""
        assert intent.startswith(f"intent://{'h' * 25}{TICKET}#Intent;scheme=linphone-config;")
        assert unquote(intent).endswith(f";S.browser_fallback_url={HOST}{TICKET}/open?missing=1;end")
        back = primary(Read(screens.start(house(), a_start(missing=True))))
        assert [each.words for each in back] == ["Install the app", "Start Linphone"]
        assert back[0].attributes["href"] == INSTALL

    def test_on_an_iphone_it_is_said_before_the_button_what_to_install(self) -> None:
        read = Read(screens.start(house(), a_start(platform="ios", profile_path=f"{TICKET}/profile")))
        order = [each.attributes["href"] for each in read.all("a") if not each.inside("footer")]
        assert order[:3] == [INSTALL, f"{TICKET}/profile", SCHEME.url]

    def test_what_is_typed_can_be_selected_and_copied(self) -> None:
        read = Read(screens.start(house("ar"), a_start(launch=TYPED, app="Bria", agent="desktop", platform="windows")))
        assert not primary(read)
        for what, value in TYPED.typed:
            shown = read.by_id(f"typed-{what}")
            assert (shown.words, shown.attributes["dir"]) == (value, "ltr")
            assert read.one("button", data_copy=f"typed-{what}").hidden

    def test_a_screen_reader_hears_how_far_the_phone_has_come(self) -> None:
        read = Read(screens.start(house(), a_start(state="fetched")))
        progress = read.by_id("progress")
        assert progress.attributes["role"] == "status"
        steps = [each for each in read.elements if each.within and each.within[-1] is progress]
        assert [each.attributes["id"] for each in steps if not each.hidden] == ["fetched"]
        assert len(steps) == 6
        assert "+41441234500" in read.by_id("registered").words

    def test_without_script_the_page_says_it_when_it_is_asked_again(self) -> None:
        read = Read(screens.start(house(), a_start()))
        assert read.one("a", href=f"{TICKET}/open").inside("noscript")
        ready = Read(screens.start(house(), a_start(state="registered")))
        assert ready.one("h1").words == "Ready to dial"
        assert "+41441234500" in ready.one("main").words
        assert not primary(ready)

    def test_a_file_that_is_there_may_have_to_be_opened_by_hand(self) -> None:
        said = words.words("en")[1]
        assert Read(screens.start(house(), a_start(launch=FILE))).by_id("fetched").words == said.fetched_file
        assert Read(screens.start(house(), a_start())).by_id("fetched").words == said.fetched


class TestTheEnd:
    @pytest.mark.parametrize(
        ("why", "status"),
        [
            ("expired", 410),
            ("used", 410),
            ("superseded", 410),
            ("revoked", 410),
            ("locked", 410),
            ("suspended", 410),
            ("unknown", 404),
            ("wait", 429),
            ("not_on_phone", 400),
            ("again", 400),
        ],
    )
    def test_it_says_what_is_wrong_and_the_next_step(self, why: words.Why, status: int) -> None:
        answer = screens.ended(house(), why, ask_path=None)
        read = Read(answer)
        assert answer.status == status
        assert read.one("h1").words == words.words("en")[1].ended[why].title
        assert words.words("en")[1].ended[why].text in read.one("main").words
        assert not read.all("form")

    def test_a_new_link_can_be_asked_for(self) -> None:
        read = Read(screens.ended(house(), "expired", ask_path=f"{PATH}/new"))
        assert (read.one("form").attributes["action"], read.one("button").words) == (
            f"{PATH}/new",
            "Ask for a new link",
        )

    @pytest.mark.parametrize(
        "answer",
        [
            screens.ended(NEUTRAL, "wait", ask_path=None, retry_after=61),
            screens.spell(NEUTRAL, problem="wait", retry_after=61),
        ],
    )
    def test_how_long_to_wait_is_said_to_people_and_programs(self, answer: Answer) -> None:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "61")
        assert "Minutes to wait: 2" in Read(answer).one("main").words

    def test_a_code_that_is_read_out_is_typed_without_help_from_the_keyboard(self) -> None:
        read = Read(screens.spell(house()))
        field = read.one("input", name="code").attributes
        assert (field["autocapitalize"], field["autocomplete"], field["spellcheck"]) == ("characters", "off", "false")
        assert read.one("form").attributes["action"] == "/go"
        assert screens.spell(house(), problem="unknown").status == 404


class TestLaunching:
    def test_an_intent_keeps_the_address_and_knows_the_way_back(self) -> None:
        made = android_intent("linphone-config://go.example.net/p/T", "https://go.example.net/p/T/open?missing=1")
        assert made == (
            "intent://go.example.net/p/T#Intent;scheme=linphone-config;"
            "S.browser_fallback_url=https%3A%2F%2Fgo.example.net%2Fp%2FT%2Fopen%3Fmissing%3D1;end"
        )

    def test_an_address_without_slashes_stays_one(self) -> None:
        assert android_intent("csc:1:2@C", "x").startswith("intent:1:2@C#Intent;scheme=csc;")

    @pytest.mark.parametrize("platform", ["ios", "windows", "macos", "linux", "blackberry", None])
    def test_only_android_has_intents(self, platform: str) -> None:
        assert launching(SCHEME, platform, "https://x") is SCHEME  # type: ignore[arg-type]

    @pytest.mark.parametrize("launch", [FILE, TYPED, Launch(url="intent:x;end"), Launch(url="zoiper:x", fallback=True)])
    def test_what_leads_somewhere_already_stays_as_it_is(self, launch: Launch) -> None:
        assert launching(launch, "android", "https://x") is launch

    def test_it_says_that_it_leads_somewhere_useful(self) -> None:
        made = launching(SCHEME, "android", f"{HOST}{TICKET}/open")
        assert (made.fallback, made.scan) == (True, SCHEME.scan)
        assert launching(made, "android", f"{HOST}{TICKET}/open") is made
