"""After the tap: the button that starts the client, the file as a second way, and how far the phone has come."""

from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from functions.activation.screens import scripts
from functions.activation.screens.intents import android_intent, launching
from functions.activation.screens.shell import (
    House,
    button,
    copyable,
    fill,
    install,
    left_to_right,
    name,
    paragraph,
    submit,
    whole,
)
from functions.activation.words import Words
from functions.common import agents
from functions.common.http import Answer
from functions.common.page import escape, qr_svg
from functions.provisioning.clients import Launch

__all__ = ["Started", "android_intent", "launching", "start"]

Progress = Literal["waiting", "fetched", "registered"]

_TYPED: Final = {"server": "typed_server", "username": "typed_username", "code": "typed_code"}


class Started(NamedTuple):
    """A tap that was taken: how the client is started, and how far it has come."""

    launch: Launch
    ticket_path: str  # /p/{ticket}
    platform: agents.Platform | None
    agent: agents.Kind
    install_url: str | None
    app: str  # the client's name
    profile_path: str | None = None  # an Apple configuration profile to install first
    page_url: str | None = None  # the whole address of /p/{ticket}/open, to come back to from a client that is missing
    missing: bool = False  # so it came back
    state: Progress = "waiting"
    form_action: tuple[str, ...] = ("'self'",)  # with the host where a download ends


def start(house: House, started: Started) -> Answer:
    said = house.words
    launch = launching(started.launch, started.platform, started.page_url)
    if started.state == "registered":
        return whole(house, said.ready, _test_call(house))
    title = said.start_title if launch.url else said.set_up.format(app=started.app)
    how_far = f'<noscript><p><a href="{escape(started.ticket_path)}/open">{escape(said.how_far)}</a></p></noscript>'
    body = (
        f'<div id="steps">{_steps(said, started, launch)}</div>{_progress(house, started, launch)}{how_far}'
        f'<div id="helps">{_helps(said, started, launch)}</div>'
    )
    script = scripts.page(scripts.COPY if launch.typed else "", scripts.PROGRESS)
    return whole(house, title, body, form_action=started.form_action, script=script)


def _steps(said: Words, started: Started, launch: Launch) -> str:
    """What to do, in this order."""
    app, steps = name(started.app), ""
    if started.missing:
        steps += paragraph(said.missing, "warning", app=app)
        if started.install_url is not None:
            steps += button(started.install_url, said.install)
    elif launch.url is None or _may_show_an_error(launch, started.platform):
        steps += install(said, started.install_url)
    if started.profile_path is not None:
        steps += paragraph(said.profile_first) + button(started.profile_path, said.profile, quiet=True)
    if launch.url is not None:
        steps += paragraph(said.start_intro) + _starting(said, started, launch)
    if launch.typed:
        steps += paragraph(said.typed_intro, app=app) + _typed(said, launch)
    return steps


def _starting(said: Words, started: Started, launch: Launch) -> str:
    """What spends the ticket is a form, not a link: whatever follows a page's links does not take the file."""
    label = said.start.format(app=started.app)
    if _is_ticket(launch.url, started):
        return _file_form(started, label)
    return button(launch.url or "", label)


def _helps(said: Words, started: Started, launch: Launch) -> str:
    """For when nothing happens."""
    app, helps = name(started.app), ""
    if not (started.missing or launch.url is None or _may_show_an_error(launch, started.platform)):
        helps += paragraph(said.missing_hint, "note", app=app)
        if started.install_url is not None:
            helps += f'<p><a href="{escape(started.install_url)}">{escape(said.install)}</a></p>'
    if launch.file and not _is_ticket(launch.url, started):
        helps += paragraph(said.file_hint, "note") + _file_form(started, said.file, quiet=True)
    if launch.scan is not None and started.agent == "desktop":
        code = qr_svg(launch.scan, said.qr)
        helps += f"<details><summary>{fill(said.scan_app, app=app)}</summary>{code}</details>"
    return helps


def _file_form(started: Started, label: str, *, quiet: bool = False) -> str:
    return f'<form method="get" action="{escape(started.ticket_path)}">{submit(label, quiet=quiet)}</form>'


def _is_ticket(url: str | None, started: Started) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme in ("http", "https") and parts.path == started.ticket_path


def _may_show_an_error(launch: Launch, platform: agents.Platform | None) -> bool:
    """iOS says that an address is not valid where no app takes it; so what to do before is said before."""
    return platform == "ios" and launch.url is not None and not launch.fallback


def _typed(said: Words, launch: Launch) -> str:
    rows = (
        f"<dt>{escape(getattr(said, _TYPED[what]))}</dt><dd>{copyable(f'typed-{what}', value, said)}</dd>"
        for what, value in launch.typed
    )
    return f'<dl class="box">{"".join(rows)}</dl>'


def _progress(house: House, started: Started, launch: Launch) -> str:
    """Every state's words; all but one are hidden. A screen reader says each as it appears."""
    said, app = house.words, name(started.app)
    downloaded = _is_ticket(launch.url, started)
    states = {
        "waiting": fill(said.waiting, app=app),
        "waiting_long": fill(said.waiting_long, app=app),
        "fetched": fill(said.fetched_file if downloaded else said.fetched),
        "fetched_long": fill(said.fetched_long),
        "registered": f"<h2>{escape(said.ready)}</h2>{_test_call(house)}",
        "ended": f"<h2>{escape(said.over.title)}</h2>{paragraph(said.over.text)}",
    }
    shown = (
        f'<div id="{state}"{"" if state == started.state else " hidden"}>{text}</div>' for state, text in states.items()
    )
    return f'<div id="progress" role="status">{"".join(shown)}</div>'


def _test_call(house: House) -> str:
    return paragraph(house.words.test_call, number=left_to_right(house.test_call)) if house.test_call else ""
