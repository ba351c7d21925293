"""A client's file as an HTTP answer, and what is said of it beforehand."""

from functions.common.http import Answer
from functions.provisioning.clients import ClientFile


def whole(file: ClientFile) -> Answer:
    return Answer(text=file.body.decode(), content_type=file.content_type, headers=_headers(file))


def announced(file: ClientFile) -> Answer:
    """Type and length alone: what HEAD answers."""
    headers = _headers(file) | {"Content-Length": str(len(file.body))}
    return Answer(text="", content_type=file.content_type, headers=headers)


def _headers(file: ClientFile) -> dict[str, str | list[str]]:
    return {"Content-Disposition": f'attachment; filename="{file.file_name}"', "Referrer-Policy": "no-referrer"}
