"""From a person, a profile and credentials to the file that a phone reads. Pure: nothing is read or written."""

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from functions.common.errors import NotReady
from functions.provisioning.clients import (
    Client,
    ClientFile,
    Credentials,
    Delivery,
    Phone,
    PinPolicy,
    SecurityModel,
    Start,
    Unrenderable,
    client,
)
from functions.provisioning.fields import ProfileFields

T = TypeVar("T")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What of an account stands in its file. The SIP domain is the account's own: it never moves with a profile."""

    full_name: str
    number: str  # E.164 with +, or an extension
    domain: str
    security_model: Literal["end-to-end", "end-to-site"]
    obfuscation: bool
    obfuscation_key: int
    keep_alive: bool
    language: str


def file_for(client_name: str, profile: ProfileFields, person: Person, credentials: Credentials) -> ClientFile:
    """The file of one device. Raises NotReady where this client cannot be given what the account needs."""
    return file_of(client_name, phone_for(client_name, profile, person, credentials))


def startable(client_name: str, profile: ProfileFields) -> None:
    """Raises NotReady where an activation link could not start this client: it reads no link, or a setting of the
    profile is missing."""
    module = _module(client_name)
    if module.DELIVERY is Delivery.shown:
        raise NotReady(f"{client_name} reads no link: show its code at the desk (POST /v1/accounts/{{account_id}}/qr).")
    specimen = "https://example.net/p/a0123456789ABCDEFGHIJKL"
    start = Start(
        ticket=specimen[-23:],
        url=specimen,
        endpoint=specimen,
        username="1234567890",
        extra=profile.extra.get(client_name, {}),
    )
    made(client_name, lambda: module.launch(start))


def phone_for(
    client_name: str,
    profile: ProfileFields,
    person: Person,
    credentials: Credentials,
    changes_url: str | None = None,
) -> Phone:
    """Everything that this client's file may say. Raises NotReady for a client that cannot keep the security model."""
    module = _module(client_name)
    phone = build_phone(profile, person, credentials, profile.extra.get(client_name, {}))
    if phone.security_model not in module.SECURITY_MODELS:
        raise NotReady(f"The client {client_name} cannot keep the security model {phone.security_model}.")
    return msgspec.structs.replace(phone, changes_url=changes_url)


def file_of(client_name: str, phone: Phone) -> ClientFile:
    """Raises NotReady."""
    return made(client_name, lambda: _module(client_name).render(phone))


def made(client_name: str, make: Callable[[], T]) -> T:
    """What a client's module makes. Raises NotReady where it cannot."""
    try:
        return make()
    except Unrenderable as error:
        raise NotReady(f"The file for {client_name} cannot be made: {error}.") from None


def _module(client_name: str) -> Client:
    try:
        return client(client_name)
    except KeyError:
        raise NotReady(f"There is no client {client_name}.") from None


def build_phone(profile: ProfileFields, person: Person, credentials: Credentials, extra: dict[str, str]) -> Phone:
    """Everything the file may say, in one value."""
    pin = profile.pin_policy
    return Phone(
        full_name=person.full_name,
        number=person.number,
        credentials=credentials,
        domain=person.domain,
        proxy_host=profile.proxy_host or person.domain,
        proxy_port=profile.proxy_port,
        transport=profile.transport,
        register_expires_seconds=profile.register_expires_seconds,
        stun_server=profile.stun_server,
        codecs=tuple(profile.codecs),
        security_model=security_model(profile, person.security_model),
        obfuscation=person.obfuscation,
        obfuscation_key=person.obfuscation_key,
        keep_alive=person.keep_alive,
        language=person.language,
        customer_service_phone=profile.customer_service_phone,
        customer_service_email=profile.customer_service_email,
        test_call_number=profile.test_call_number,
        client_logging=profile.client_logging,
        read_only_settings=profile.read_only_settings,
        oem_licence_code=profile.oem_licence_code,
        messaging=profile.messaging,
        history_size_editable=profile.history_size_editable,
        pin=PinPolicy(
            required=pin.required,
            idle_lock_minutes=pin.idle_lock_minutes,
            attempts=pin.attempts,
            lockout_minutes=pin.lockout_minutes,
        ),
        extra=extra,
    )


def security_model(profile: ProfileFields, account_model: str) -> SecurityModel:
    """The account's model, tightened where the profile says so."""
    return SecurityModel(profile.security_model or account_model)
