"""Settings of a profile that only one client knows: checked when saved, by that client's own rules."""

from functions.common.errors import Invalid
from functions.provisioning.clients import Credentials, Phone, SecurityModel, Unrenderable, client, clients
from functions.provisioning.fields import ProfileFields

# A phone that stands for any: what a client refuses in its extra settings, it refuses here already.
_SPECIMEN = Phone(
    full_name="A Person",
    number="+12025550123",
    credentials=Credentials(
        username="1234567890", password="", realm="sip.example.net", ha1_md5="0" * 32, ha1_sha256="0" * 64
    ),
    domain="sip.example.net",
    proxy_host="sip.example.net",
    proxy_port=5061,
    security_model=SecurityModel.end_to_site,
)


def check_extra(fields: ProfileFields) -> None:
    """Raises Invalid naming every client that does not exist and every key that a client does not take."""
    problems = [problem for name, settings in fields.extra.items() for problem in _problems(name, settings)]
    if problems:
        raise Invalid(details=[{"field": field, "problem": problem} for field, problem in problems])


def _problems(name: str, settings: dict[str, str]) -> list[tuple[str, str]]:
    if name not in clients():
        return [(f"extra.{name}", f"there is no such client: {', '.join(clients())}")]
    module = client(name)
    refused = [key for key in settings if not module.EXTRA.fullmatch(key)]
    if refused:
        return [(f"extra.{name}.{key}", "this client does not take this setting") for key in refused]
    try:
        module.render(_phone(module.SECURITY_MODELS, settings))
    except Unrenderable as error:
        return [(f"extra.{name}", str(error))]
    return []


def _phone(models: frozenset[SecurityModel], settings: dict[str, str]) -> Phone:
    from msgspec.structs import replace

    return replace(_SPECIMEN, extra=settings, security_model=min(models))
