"""What a message is about."""

from enum import StrEnum
from typing import Final, Literal


class Kind(StrEnum):
    """The messages that people are sent."""

    installation = "installation"  # where the client package is
    activation = "activation"  # where the prepared provisioning file is
    combined = "combined"  # both in one message: install, then activate
    code = "code"  # the six digits that a tap needs beside the link; never with a link
    reminder = "reminder"  # the same activation link once more
    activated = "activated"  # a phone has just registered; who was it not says so at the link in it
    reset = "reset"  # the phone can register no more
    changed = "changed"  # the account's number, mobile or e-mail is another one


AskedFor = Literal["installation", "activation", "combined"]
"""What operators may ask for; the others come of what happens."""

# The placeholders that a text of a kind must have: without them it would lead nowhere.
NEEDED: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.installation: ("link",),  # the installation link
    Kind.activation: ("link",),  # the activation link
    Kind.combined: ("link", "installation_link"),  # the activation link, and the one that comes before it
    Kind.code: ("code",),
    Kind.reminder: ("link",),
    Kind.activated: ("not_me",),
    Kind.reset: (),
    Kind.changed: (),
}

# Placeholders that only these kinds have.
ONLY_IN: Final[dict[str, frozenset[Kind]]] = {
    "link": frozenset({Kind.installation, Kind.activation, Kind.combined, Kind.reminder}),
    "installation_link": frozenset({Kind.combined}),
    "code": frozenset({Kind.code}),
    "expires": frozenset({Kind.installation, Kind.activation, Kind.combined, Kind.code, Kind.reminder}),
    "not_me": frozenset({Kind.activated}),
    "when": frozenset({Kind.activated}),
    "device": frozenset({Kind.activated}),
}
PERSONAL: Final = ("full_name", "number")  # not in `changed`: the address may be somebody else's by now

# What the QR code of an e-mail holds: the link that is opened first, on the phone.
SCANNED: Final[dict[Kind, str]] = {
    Kind.installation: "link",
    Kind.activation: "link",
    Kind.combined: "installation_link",
    Kind.reminder: "link",
}

ACTIVATING: Final = frozenset({Kind.activation, Kind.combined, Kind.reminder})  # kinds that carry an activation link
WHILE_LIVE: Final = ACTIVATING | {Kind.code}  # sent only as long as that link waits for its phone
NOTICES: Final = frozenset({Kind.activated, Kind.reset, Kind.changed})  # told at once, and whatever comes after

TEST: Final = "test"  # the kind of a gateway's test message, and the account id under which those lie
