"""The shell of all pages: nothing runs in it, and nothing is loaded by it, that we did not write."""

import re

from functions.common.page import escape, page, qr_svg


def test_the_direction_follows_the_language() -> None:
    assert '<html lang="ar-EG" dir="rtl">' in (page("t", "", "ar-EG").text or "")
    assert '<html lang="en" dir="ltr">' in (page("t", "", "en").text or "")


def test_a_page_without_script_allows_none_and_its_forms_lead_nowhere() -> None:
    policy = str(page("t", "<p>x</p>", "en").headers["Content-Security-Policy"])
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy


def test_a_page_s_own_script_and_style_are_allowed_by_their_hash_alone() -> None:
    made = page("t", "", "en", script="a()", style="p { color: red }", form_action=("'self'", "https://b.example"))
    policy = str(made.headers["Content-Security-Policy"])
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    assert "form-action 'self' https://b.example;" in policy
    assert "unsafe" not in policy


def test_a_title_is_text() -> None:
    assert "<title>&lt;b&gt;&amp;&quot;</title>" in (page('<b>&"', "", "en").text or "")


def test_escaped_text_cannot_leave_its_attribute() -> None:
    assert escape("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"


def test_a_qr_code_is_dark_on_light_and_has_words_for_those_who_do_not_see_it() -> None:
    svg = qr_svg("https://go.example.net/a/a0123456789012345678901", 'the "link"')
    assert svg.startswith('<svg role="img" aria-label="the &quot;link&quot;" ')
    assert 'fill="#fff"' in svg
    assert 'stroke="#000"' in svg
    assert "style=" not in svg


def test_pictures_are_allowed_where_there_is_one_and_only_as_data() -> None:
    with_one = page("t", '<img src="data:image/png;base64,AAAA" alt="">', "en").headers["Content-Security-Policy"]
    without = page("t", f"<p>{escape('<img src=x>')}</p>", "en").headers["Content-Security-Policy"]
    assert "img-src data:;" in with_one
    assert "img-src" not in without


def test_a_page_s_own_colours_come_after_the_usual_ones() -> None:
    made = page("t", "", "en", style=":root { --act: #e2001a }").text or ""
    assert made.rindex(":root{--act:#e2001a}") > made.rindex("--act:#7db4ff")
