"""What an iPhone installs before its softphone starts, where the SIP server's certificate comes from a private
authority: a configuration profile with that authority's certificate, and an icon that leads to the app."""

import hashlib
from typing import Final, NamedTuple

import msgspec

from functions.activation import around, deliver, files
from functions.activation.models import Link
from functions.activation.pages import ANY, people
from functions.common import aws, settings
from functions.common.errors import Gone, NotFound
from functions.common.http import Answer, Call, operation
from functions.provisioning.clients import ClientFile, _apple
from functions.provisioning.render import made
from functions.tenants import tenants

PRESIGNED_SECONDS: Final = 60


class _Signer(msgspec.Struct, frozen=True, kw_only=True):
    """The secret that signs profiles, all in PEM."""

    certificate: str
    key: str
    chain: tuple[str, ...] = ()


class _Profile(NamedTuple):
    file: ClientFile
    link: Link
    signed: bool


@operation(
    "The configuration profile for an iPhone: the private authority that its SIP server is checked against",
    answers={200: None, 302: None},
    problems=(NotFound, Gone),
    produces=_apple.CONTENT_TYPE,
    path={"ticket": ANY},
)
def profile(call: Call[None, None]) -> Answer:
    def answer() -> Answer:
        found = _profile(call.path["ticket"])
        if not found.signed:
            return files.whole(found.file)
        return Answer(status=302, headers={"Location": _stored(found), "Referrer-Policy": "no-referrer"})

    return people(answer)


@operation(
    "Its type",
    answers={200: None},
    problems=(NotFound, Gone),
    produces=_apple.CONTENT_TYPE,
    path={"ticket": ANY},
)
def profile_head(call: Call[None, None]) -> Answer:
    return people(lambda: files.announced(_profile(call.path["ticket"]).file))


def _profile(ticket: str) -> _Profile:
    link = deliver.visit(ticket).link
    account = around.account_of(link)
    setup = around.setup_of(account) if account is not None else None
    root_ca = setup.profile.fields.root_ca if setup is not None else None
    if account is None or setup is None or root_ca is None:
        raise Gone
    tenant = tenants.get(link.tenant).fields.name
    app = around.install_url(account)
    clip = _apple.WebClip(label=tenant, url=app) if app is not None and app.startswith("https:") else None
    identifier = ".".join((*reversed(setup.profile.domain.split(".")), "dialready", link.account_id))
    file = made("apple", lambda: _apple.profile(identifier, tenant, tenant, web_clip=clip, root_ca=root_ca))
    secret = settings.optional("SECRET_APPLE_SIGNING")
    if secret is None:
        return _Profile(file, link, signed=False)
    found = aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    signer = msgspec.json.decode(found, type=_Signer)
    signed = made("apple", lambda: _apple.signed(file, signer.certificate, signer.key, signer.chain))
    return _Profile(signed, link, signed=True)


def _stored(found: _Profile) -> str:
    """Where the signed profile, which is no text, is had for a minute. It holds no secret."""
    key = f"{found.link.tenant}/{found.link.id}/{hashlib.sha256(found.file.body).hexdigest()}"
    place = {"Bucket": settings.setting("BUCKET_FILES"), "Key": key}
    aws.files().put_object(**place, Body=found.file.body, ContentType=found.file.content_type)
    parameters = place | {"ResponseContentType": found.file.content_type, "ResponseCacheControl": "no-store"}
    url: str = aws.presigner().generate_presigned_url("get_object", Params=parameters, ExpiresIn=PRESIGNED_SECONDS)
    return url
