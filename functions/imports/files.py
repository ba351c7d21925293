"""What lies in the bucket of an import or an export: the file as it came, its rows as they were read, what became of
them, and what is downloaded. Private; a week at most, by the bucket's own rule.

    {tenant}/imports/{id}/upload            as it came
    {tenant}/imports/{id}/rows/00001        200 rows as they were read, with HA1s where people are adopted
    {tenant}/imports/{id}/results/00001     what became of them, without
    {tenant}/imports/{id}/report/00001      200 rows that have problems
    {tenant}/imports/{id}/missing/00001     200 accounts that the file does not have
    {tenant}/imports/{id}/result.csv        to download
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar

import msgspec

from functions.common import aws, clock, settings
from functions.common.types import Moment

T = TypeVar("T")

UPLOAD_SECONDS: Final = 3600
DOWNLOAD_SECONDS: Final = 60
TYPE: Final = "text/csv"
_PIECE: Final = 1024 * 1024  # bytes read at once
_PART: Final = 8 * 1024 * 1024  # bytes of a part of what is put together; S3 wants 5 MB
_MISSING: Final = ("AccessDenied", "NoSuchKey")  # without the right to list, S3 does not say which


class FileUpload(msgspec.Struct, frozen=True, kw_only=True):
    """One request to send before `expires_at`: the file as its body, with exactly these headers."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires_at: Moment


class FileDownload(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file can be got until `expires_at`."""

    url: str
    expires_at: Moment


def folder(tenant: str, import_id: str) -> str:
    return f"{tenant}/imports/{import_id}"


def upload(tenant: str, import_id: str, size: int) -> FileUpload:
    """An address that takes a file of this many bytes."""
    parameters = _object(f"{folder(tenant, import_id)}/upload") | {"ContentType": TYPE, "ContentLength": size}
    url = aws.presigner().generate_presigned_url("put_object", Params=parameters, ExpiresIn=UPLOAD_SECONDS)
    return FileUpload(url=url, headers={"Content-Type": TYPE}, expires_at=_after(UPLOAD_SECONDS))


def download(key: str, file_name: str) -> FileDownload:
    """An address to get a file from, once or a few times."""
    parameters = _object(key) | {
        "ResponseContentType": TYPE,
        "ResponseContentDisposition": f'attachment; filename="{file_name}"',
        "ResponseCacheControl": "no-store",
    }
    url = aws.presigner().generate_presigned_url("get_object", Params=parameters, ExpiresIn=DOWNLOAD_SECONDS)
    return FileDownload(url=url, expires_at=_after(DOWNLOAD_SECONDS))


def pieces(key: str) -> Iterator[bytes] | None:
    """A file, piece by piece; None where nothing is."""
    body = _body(key)
    return body.iter_chunks(_PIECE) if body is not None else None


def put(key: str, content: bytes) -> None:
    aws.files().put_object(**_object(key), Body=content, ContentType=TYPE)


def put_lines(key: str, lines: Sequence[object]) -> None:
    """Some values as lines of JSON."""
    put(key, b"\n".join(msgspec.json.encode(line) for line in lines))


def lines(key: str, type_: type[T]) -> list[T] | None:
    """The inverse of `put_lines`; None where nothing is."""
    body = _body(key)
    if body is None:
        return None
    decoder = msgspec.json.Decoder(type_)
    return [decoder.decode(line) for line in body.read().split(b"\n") if line]


def must_have(key: str, type_: type[T]) -> list[T]:
    """Like `lines`. Raises LookupError where nothing is: that must not be taken for nothing to do."""
    found = lines(key, type_)
    if found is None:
        raise LookupError(f"{key} is not there")
    return found


def assemble(key: str, content: Iterable[bytes]) -> None:
    """Puts a file together in constant memory. It is there when it is whole."""
    client, target = aws.files(), _object(key)
    begun = client.create_multipart_upload(**target, ContentType=TYPE)["UploadId"]
    try:
        parts = []
        for number, part in enumerate(_parts(content), 1):
            tag = client.upload_part(**target, UploadId=begun, PartNumber=number, Body=part)["ETag"]
            parts.append({"ETag": tag, "PartNumber": number})
        client.complete_multipart_upload(**target, UploadId=begun, MultipartUpload={"Parts": parts})
    except BaseException:
        client.abort_multipart_upload(**target, UploadId=begun)
        raise


def remove(keys: Iterable[str]) -> None:
    """Files go, if they are there."""
    bucket = settings.setting("BUCKET_TRANSFERS")
    batch: list[dict[str, str]] = []
    for key in keys:
        batch.append({"Key": key})
        if len(batch) == 1000:
            aws.files().delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            batch = []
    if batch:
        aws.files().delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})


def _body(key: str) -> Any:
    from botocore.exceptions import ClientError

    try:
        return aws.files().get_object(**_object(key))["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise


def _parts(content: Iterable[bytes]) -> Iterator[bytes]:
    """One part at least."""
    buffer = bytearray()
    for piece in content:
        buffer += piece
        if len(buffer) >= _PART:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _object(key: str) -> dict[str, Any]:
    return {"Bucket": settings.setting("BUCKET_TRANSFERS"), "Key": key}


def _after(seconds: int) -> datetime:
    return clock.now() + timedelta(seconds=seconds)
