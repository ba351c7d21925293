"""What a message is about."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The messages that people are sent, each with a link of its own."""

    installation = "installation"  # where the client package is
    activation = "activation"  # where the prepared provisioning file is


TEST: Final = "test"  # the kind of a gateway's test message, and the account id under which those lie
