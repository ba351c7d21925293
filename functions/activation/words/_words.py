"""The shape of one language's words on the activation pages."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Why = Literal[
    "expired",
    "used",
    "superseded",
    "revoked",
    "locked",
    "suspended",
    "unknown",
    "wait",
    "not_on_phone",
    "again",
    "asked_already",
    "codes_asked",
    "not_ready",
    "no_app",
]
What = Literal["not_me", "asked", "code_sent"]


class Said(NamedTuple):
    title: str
    text: str


class Words(NamedTuple):
    """Whole sentences, each with its placeholders: {tenant} the organisation, {controller} who is responsible for
    personal data, {app} the client's name, {phone} and {email} of the help, {number} the test call's, {minutes}.

    They speak of codes by SMS, by e-mail and by a person who reads them out: `…_sms`, `…_email`, `…_operator`."""

    # the page of the link
    title: str
    intro: str  # {tenant}
    intro_unknown: str  # the same, where the organisation is not known
    tap_phone: str
    tap_device: str  # a tablet, or what may be one
    tap_computer: str
    busy: str  # after the tap
    install_hint: str  # before the link `install`
    install: str
    install_message: str  # where no address is known
    in_app: str
    in_app_android: str  # a button
    in_app_ios: str
    address: str  # before the address to copy
    copy: str
    copied: str
    scan: str
    qr: str  # what a screen reader says of the code
    here: str
    not_me: str
    # codes
    code_label: str
    code_needed_sms: str
    code_needed_email: str
    code_needed_operator: str
    send_code_sms: str  # a button
    send_code_email: str  # a button
    send_code_again: str  # a button
    code_sent_sms: str
    code_sent_email: str
    wrong_code: str
    code_over: str
    too_many_codes: str
    # after the tap
    start_title: str
    start_intro: str
    set_up: str  # {app}; the title where there is nothing to tap
    start: str  # {app}; a button
    profile_first: str
    profile: str  # a button
    file_hint: str
    file: str  # a button
    missing: str  # {app}: it is known not to be there
    missing_hint: str  # {app}: it may not be there
    typed_intro: str  # {app}
    typed_server: str
    typed_username: str
    typed_code: str
    scan_app: str  # {app}
    waiting: str  # {app}
    waiting_long: str  # {app}
    fetched: str
    fetched_file: str
    fetched_long: str
    ready: str
    test_call: str  # {number}
    over: Said
    how_far: str  # a link, without script
    # whom to call, and what becomes of the data
    help_phone: str  # {phone}
    help_email: str  # {email}
    help_sender: str  # where neither is known
    privacy: str  # {controller}
    privacy_notice: str
    # the end, and the next step
    ended: Mapping[Why, Said]
    minutes: str  # {minutes}: so that no language has to count
    ask: str  # a button
    sure: Said
    sure_box: str
    sure_button: str
    back: str
    told: Mapping[What, Said]
    # a code that somebody reads out, typed at /go
    spell: Said
    spell_label: str
    spell_button: str
    spell_unknown: str
