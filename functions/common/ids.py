"""Identifiers: random, or derived from what caused them so that a repeated request names the same thing.

Base62 of letters and digits only: they stand in paths, links and providers' reference fields unescaped."""

import hashlib
import secrets
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SPOKEN = "BCDFGHJKLMNPQRSTVWXZ"  # to be read out: no vowel, so no word; nothing that looks like a digit
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ID_LENGTH = 14  # 83 bits: never a secret, only unique; short, because a provider's reference holds 40 characters
TENANT_LENGTH = 8

randomness: Callable[[int], bytes] = secrets.token_bytes  # tests may set it


def encode(data: bytes, length: int, alphabet: str = ALPHABET) -> str:
    """The first `length` characters of `data` written in `alphabet`; needs about 6 bits of data a character."""
    number = int.from_bytes(data, "big")
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        digits.append(alphabet[digit])
    return "".join(digits)


def new_id(length: int = ID_LENGTH, alphabet: str = ALPHABET) -> str:
    """A fresh random identifier."""
    return encode(randomness(length), length, alphabet)


def derived_id(*cause: str, length: int = ID_LENGTH) -> str:
    """The identifier that this cause always gives; parts may not contain a line feed."""
    return encode(hashlib.sha256("\n".join(cause).encode()).digest(), length)


def digits(length: int) -> str:
    """A random decimal number of exactly `length` digits, not beginning with 0."""
    return encode(randomness(4), 1, "123456789") + encode(randomness(length), length - 1, "0123456789")
