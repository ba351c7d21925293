"""E-mail addresses as the wire wants them: the domain in ASCII, and nothing that could pass for two addresses."""

import re
from typing import Final, NamedTuple

_LOCAL: Final = re.compile(r"[^\s@<>\"(),:;\[\\\]\u0000-\u001f\u007f-\u00a0]{1,64}")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")

# IDNA 2003, which Python's codec implements, maps ß to ss and ς to σ and drops the joiners; IDNA 2008 (RFC 5891), by
# which registries sell names today, keeps them. Under the old rule a link could reach another domain's owner.
_DEVIATIONS: Final = frozenset("ßẞς\u200c\u200d")


class Address(NamedTuple):
    local: str  # may hold non-ASCII characters: then only SMTPUTF8 can carry it
    domain: str  # ASCII; xn-- labels where the name is international

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class AddressRefused(ValueError):
    """No mail can be sent to this text; the message says why and does not repeat it."""


def read_address(text: str) -> Address:
    """`person@bücher.example` as Address("person", "xn--bcher-kva.example").

    Raises AddressRefused, also for what RFC 5321 allows and nobody has: quoted local parts, address literals."""
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise AddressRefused("not an e-mail address")
    return Address(local, _ascii_domain(domain))


def _ascii_domain(domain: str) -> str:
    if _DEVIATIONS.intersection(domain):
        raise AddressRefused("a character of this domain has two readings: write it in its xn-- form")
    try:
        ascii_form = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise AddressRefused("not a domain") from None
    if len(ascii_form) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_form.split(".")):
        raise AddressRefused("not a domain")
    return ascii_form
