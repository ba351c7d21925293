"""The pages beside the way: a link that leads nowhere, a message for somebody else, a code that is read out."""

from typing import Final, Literal

from functions.activation.screens import scripts
from functions.activation.screens.shell import (
    House,
    claim_field,
    code_field,
    described,
    form,
    paragraph,
    submit,
    whole,
    wrong,
)
from functions.activation.words import What, Why, Words
from functions.common.http import Answer
from functions.common.page import escape

_STATUS: Final[dict[Why, int]] = {  # else Gone
    "unknown": 404,
    "wait": 429,
    "asked_already": 429,
    "codes_asked": 429,
    "not_on_phone": 400,
    "again": 400,
    "not_ready": 503,
    "no_app": 200,
}

_SPELT: Final = 'maxlength="16" autocomplete="off" autocapitalize="characters" spellcheck="false"'


def ended(
    house: House, why: Why, *, ask_path: str | None, retry_after: int | None = None, seen: bool = False
) -> Answer:
    """Why this link leads nowhere, and the next step. `seen`: the page tells when it is before somebody's eyes."""
    said = house.words
    title, text = said.ended[why]
    body = paragraph(text) + _minutes(said, retry_after)
    if ask_path is not None:
        body += form(ask_path, submit(said.ask))
    carried = [scripts.PRESS] if ask_path is not None else []
    carried += [scripts.OPENED, scripts.SEEN] if seen else []
    script = scripts.page(*carried) if carried else ""
    return whole(house, title, body, status=_STATUS.get(why, 410), script=script, headers=_headers(retry_after))


def sure(house: House, path: str, claim_id: str) -> Answer:
    """Before *this message is not for me* stops the link: nobody ticks a box by accident."""
    said = house.words
    box = f'<label class="tick"><input type="checkbox" name="sure" value="1" required>{escape(said.sure_box)}</label>'
    body = (
        paragraph(said.sure.text)
        + form(f"{path}/not-me", claim_field(claim_id), box, submit(said.sure_button))
        + f'<p><a href="{escape(path)}">{escape(said.back)}</a></p>'
    )
    return whole(house, said.sure.title, body, script=scripts.page(scripts.PRESS))


def told(house: House, what: What) -> Answer:
    title, text = house.words.told[what]
    return whole(house, title, paragraph(text))


def spell(house: House, *, problem: Literal["unknown", "wait"] | None = None, retry_after: int | None = None) -> Answer:
    """Where a code is typed that somebody reads out."""
    said = house.words
    status, explained, marks = 200, "", ""
    match problem:
        case "unknown":
            status, explained, marks = 404, wrong("go", said.spell_unknown), described("go") + " autofocus"
        case "wait":
            status, explained = 429, wrong("go", said.ended["wait"].text) + _minutes(said, retry_after)
    field = code_field("go", said.spell_label, f"{_SPELT}{marks}")
    body = paragraph(said.spell.text) + explained + form("/go", field, submit(said.spell_button))
    headers = _headers(retry_after)
    return whole(house, said.spell.title, body, status=status, script=scripts.page(scripts.PRESS), headers=headers)


def _minutes(said: Words, seconds: int | None) -> str:
    return paragraph(said.minutes, minutes=str(-(-seconds // 60))) if seconds else ""


def _headers(retry_after: int | None) -> dict[str, str | list[str]]:
    return {"Retry-After": str(retry_after)} if retry_after else {}
