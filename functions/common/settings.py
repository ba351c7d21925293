"""What a function is told by its environment. Harmless defaults: importing anything needs no AWS and no secret."""

import os


def table(name: str) -> str:
    """The deployed name of one of our tables: `accounts` is in TABLE_ACCOUNTS."""
    return os.environ.get(f"TABLE_{name.upper()}", name)


def setting(name: str) -> str:
    """An environment variable that must be there.

    Raises RuntimeError naming it: a deployment fault, never a user's."""
    try:
        return os.environ[name]
    except KeyError:
        raise RuntimeError(f"the environment variable {name} is not set: see infra/template/functions.yaml") from None


def optional(name: str) -> str | None:
    """An environment variable that may be absent or empty."""
    return os.environ.get(name) or None


def http_allowed() -> bool:
    """Whether hostnames may be plain http with a port: on a laptop only."""
    return optional("ALLOW_HTTP") == "1"
