"""The packages' bytes in S3: nobody's but the bucket's, put and got by presigned addresses.

What a presigned address allows is in its signature: the length, the type and the SHA-256 of the one file that may be
put there. S3 computes the sum of what it gets, refuses other bytes, and keeps the sum; so nobody has to read the file
again to know what it is."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec

from functions.common import aws, clock, settings
from functions.common.types import Moment
from functions.installation.formats import media_type

UPLOAD_SECONDS: Final = 900
DOWNLOAD_SECONDS: Final = 3600  # a phone's download manager goes on with the address that it was led to
# Without the right to list a bucket, S3 does not say whether what is missing is missing.
_MISSING: Final = ("403", "404")


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One request to send before `expires_at`: the file as its body, with exactly these headers."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires_at: Moment


class Found(NamedTuple):
    """What S3 says of a file. sha256: hexadecimal; empty when S3 knows none."""

    size: int
    sha256: str


def upload(tenant: str, package_id: str, file_name: str, size: int, sha256: str) -> Upload:
    """An address that takes the bytes of this size and SHA-256, and no others."""
    type_, sum_ = media_type(file_name), base64.b64encode(bytes.fromhex(sha256)).decode()
    parameters = _object(tenant, package_id) | {
        "ContentType": type_,
        "ContentLength": size,
        "ChecksumSHA256": sum_,
    }
    expires: datetime = clock.now() + timedelta(seconds=UPLOAD_SECONDS)
    url = aws.presigner().generate_presigned_url("put_object", Params=parameters, ExpiresIn=UPLOAD_SECONDS)
    headers = {"Content-Type": type_, "x-amz-checksum-sha256": sum_}
    return Upload(url=url, headers=headers, expires_at=expires)


def found(tenant: str, package_id: str) -> Found | None:
    """What is there; None when nothing is."""
    from botocore.exceptions import ClientError

    try:
        answer = aws.files().head_object(**_object(tenant, package_id), ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return Found(int(answer["ContentLength"]), base64.b64decode(answer.get("ChecksumSHA256", "")).hex())


def download(tenant: str, package_id: str, file_name: str) -> str:
    """An address to get the file from, under its own name and type, for an hour."""
    parameters = _object(tenant, package_id) | {
        "ResponseContentType": media_type(file_name),
        "ResponseContentDisposition": f'attachment; filename="{file_name}"',
    }
    url: str = aws.presigner().generate_presigned_url("get_object", Params=parameters, ExpiresIn=DOWNLOAD_SECONDS)
    return url


def remove(tenant: str, package_id: str) -> None:
    """The bytes go, if there are any."""
    aws.files().delete_object(**_object(tenant, package_id))


def every(after: str = "") -> Iterator[tuple[str, datetime]]:
    """Every file after one, in order, as `tenant/package`, with the moment it was put there."""
    more = True
    while more:
        page = aws.files().list_objects_v2(Bucket=settings.setting("BUCKET_PACKAGES"), StartAfter=after)
        for found in page.get("Contents", ()):
            after = found["Key"]
            yield after, found["LastModified"]
        more = bool(page.get("IsTruncated"))


def _object(tenant: str, package_id: str) -> dict[str, Any]:
    return {"Bucket": settings.setting("BUCKET_PACKAGES"), "Key": f"{tenant}/{package_id}"}
