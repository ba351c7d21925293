"""What lies in the bucket of an import or an export: the file as it came, its rows as they were read, what became of
them, and what is downloaded. Private; a week at most, by the bucket's own rule.

    {tenant}/imports/{id}/upload            as it came, until it is read
    {tenant}/imports/{id}/rows/00001        200 rows as they were read; where people are adopted, sealed
    {tenant}/imports/{id}/seen/00001        which numbers and names a piece of the check has seen, as hashes
    {tenant}/imports/{id}/results/00001     what became of them, without
    {tenant}/imports/{id}/report/00001      200 rows that have problems
    {tenant}/imports/{id}/changes/00001     200 rows that would change somebody, with what they change
    {tenant}/imports/{id}/missing/00001     200 accounts that the file does not have
    {tenant}/imports/{id}/result.csv        to download
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from functions.common import aws, clock, settings
from functions.common.observability import logger
from functions.common.types import Moment

T = TypeVar("T")

UPLOAD_SECONDS: Final = 3600
DOWNLOAD_SECONDS: Final = 60
TYPE: Final = "text/csv"
_PIECE: Final = 4 * 1024 * 1024  # bytes read at once
_PART: Final = 8 * 1024 * 1024  # bytes of a part of what is put together; S3 wants 5 MB
_MISSING: Final = ("AccessDenied", "NoSuchKey")  # without the right to list, S3 does not say which


class FileUpload(msgspec.Struct, frozen=True, kw_only=True):
    """One request to send before `expires_at`: the file as its body, with exactly these headers."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires_at: Moment


class Content(NamedTuple):
    """A file that is being read. `tag` knows it from any other that lies in its place."""

    tag: str
    pieces: Iterator[bytes]


class Replaced(Exception):
    """Another file lies there now, or none."""


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


def content(key: str, tag: str | None = None) -> Content | None:
    """A file, piece by piece, each got by itself: between two of them may lie minutes. None where nothing is.

    Raises Replaced, while it is read, too, where it is not the file of this tag."""
    found = _ranged(key, 0, {"IfMatch": tag} if tag is not None else {})
    if found is None:
        return None
    tag = found["ETag"]
    return Content(tag, _pieces(key, found, tag))


def get(key: str) -> bytes:
    """A small file. Raises LookupError where nothing is."""
    body = _body(key)
    if body is None:
        raise LookupError(f"{key} is not there")
    found: bytes = body.read()
    return found


def is_there(key: str) -> bool:
    return _ranged(key, 0, {}, 1) is not None


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
    left = iter(keys)
    while batch := [{"Key": key} for key in islice(left, 1000)]:
        wanted = {"Objects": batch, "Quiet": True}
        answer = aws.files().delete_objects(Bucket=settings.setting("BUCKET_TRANSFERS"), Delete=wanted)
        if answer.get("Errors"):  # the bucket's own rule will
            logger.error("files not removed", extra={"errors": answer["Errors"][:3]})


def _body(key: str) -> Any:
    from botocore.exceptions import ClientError

    try:
        return aws.files().get_object(**_object(key))["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise


def _pieces(key: str, first: Any, tag: str) -> Iterator[bytes]:
    found, read = first, 0
    while found is not None:
        piece = found["Body"].read()
        yield piece
        read += len(piece)
        if len(piece) < _PIECE:
            return
        found = _ranged(key, read, {"IfMatch": tag})
    raise Replaced


def _ranged(key: str, start: int, condition: Mapping[str, str], size: int = _PIECE) -> Any:
    """The answer that has `size` bytes from `start` on; None where nothing is. Raises Replaced."""
    from botocore.exceptions import ClientError

    try:
        return aws.files().get_object(**_object(key), **condition, Range=f"bytes={start}-{start + size - 1}")
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case code if code in _MISSING:
                return None
            case "InvalidRange":  # nothing more
                return {"ETag": condition.get("IfMatch", ""), "Body": BytesIO()}
            case "PreconditionFailed":
                raise Replaced from None
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
