"""The installation's first token: `python -m functions.operators.bootstrap`, with the deployed stack's environment."""

import sys

from functions.operators import tokens


def provider_token() -> str:
    """A provider's token; the same one at each call."""
    return tokens.first("first provider operator")


if __name__ == "__main__":
    sys.stdout.write(provider_token() + "\n")
