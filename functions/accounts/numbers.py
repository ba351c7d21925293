"""Numbers as people write them, and as we keep them: E.164 with +, or an extension in the tenant's range."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from functions.common.errors import Invalid
from functions.tenants.tenants import ExtensionRange

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

NO_COUNTRY: Final = "001"  # satellites, freephone and other networks of no country
_SEPARATORS = str.maketrans("", "", " ().-/")


def e164(text: str, field: str) -> str:
    """`text` as E.164 with +.

    Raises Invalid naming `field` when the international prefix is missing or no such number exists."""
    compact = text.translate(_SEPARATORS)
    if not compact.startswith("+"):
        raise Invalid(
            "Write the number with its international prefix, beginning with +, like +39 02 1234567.", field=field
        )
    from phonenumbers import phonenumberutil as phonenumbers

    try:
        number = _parsed(compact)
    except phonenumbers.NumberParseException:
        raise Invalid("This is not a telephone number.", field=field) from None
    # "Possible", not "valid": numbering plans change faster than the library's tables, and a person with a new
    # number must not be refused. A number that nobody has shows itself as undelivered.
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.IS_POSSIBLE:
            pass
        case phonenumbers.ValidationResult.TOO_SHORT:
            raise Invalid("This number has too few digits for its country.", field=field)
        case phonenumbers.ValidationResult.TOO_LONG:
            raise Invalid("This number has too many digits for its country.", field=field)
        case _:
            raise Invalid("No such number exists: check the country's prefix and the count of digits.", field=field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mobile(text: str, field: str = "mobile") -> str:
    """A number that SMS may go to, as E.164. Raises Invalid, also for one at whose caller's cost somebody earns."""
    number = e164(text, field)
    if costly(number):
        raise Invalid("This is a premium-rate or special number: no message is sent to it.", field=field)
    return number


def costly(number: str) -> bool:
    """Whether a number (E.164) is one that people are lured to send to: premium rate, shared cost, satellites."""
    from phonenumbers import phonenumberutil as phonenumbers

    parsed = _parsed(number)
    if phonenumbers.region_code_for_country_code(parsed.country_code or 0) == NO_COUNTRY:
        return True
    return phonenumbers.number_type(parsed) in (
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.PAGER,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    )


def country_of(number: str) -> str | None:
    """The country (ISO 3166-1) of a number in E.164; None for one of no country."""
    from phonenumbers import phonenumberutil as phonenumbers

    parsed = _parsed(number)
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    return None if region in (NO_COUNTRY, "ZZ") else region


def account_number(text: str, extensions: ExtensionRange | None) -> str:
    """An account's number: E.164, or an extension where the tenant has a range. Raises Invalid for `number`."""
    compact = text.translate(_SEPARATORS)
    if extensions is None or compact.startswith("+"):
        return e164(text, "number")
    if compact.isdigit() and compact[0] != "0" and extensions.first <= int(compact) <= extensions.last:
        return compact
    raise Invalid(
        f"Write the number with its international prefix, beginning with +, or an extension from "
        f"{extensions.first} to {extensions.last}.",
        field="number",
    )


@lru_cache(maxsize=1024)
def _parsed(number: str) -> "PhoneNumber":
    """A number that begins with +. All that is asked about one person's is asked within a moment."""
    from phonenumbers import phonenumberutil as phonenumbers

    return phonenumbers.parse(number)
