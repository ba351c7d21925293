"""What a message is about."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The messages that people are sent, each with a link of its own."""

    installation = "installation"  # where the client package is
    activation = "activation"  # where the prepared provisioning file is
    combined = "combined"  # both in one message: install, then activate


# The placeholders that a text of a kind must have: without them it would lead nowhere.
LINKS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.installation: ("link",),  # the installation link
    Kind.activation: ("link",),  # the activation link
    Kind.combined: ("link", "installation_link"),  # the activation link, and the one that comes before it
}

# Which of them the QR code of an e-mail holds: the one that is opened first.
SCANNED: Final[dict[Kind, str]] = {
    Kind.installation: "link",
    Kind.activation: "link",
    Kind.combined: "installation_link",
}

ACTIVATING: Final = frozenset({Kind.activation, Kind.combined})  # kinds that need an activation link

TEST: Final = "test"  # the kind of a gateway's test message, and the account id under which those lie
