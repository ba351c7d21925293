"""Whether an answer is one that the API's description foretells: its status, and its media type."""

import json
from functools import cache
from typing import Any

from functions.console import openapi


def surprise(verb: str, resource: str, status: int, media: str | None) -> str | None:
    """What is not in the description; None where all is."""
    described = _document()["paths"].get(resource, {}).get(verb.lower())
    if described is None:
        return None  # an address or a verb that there is not
    answer = described["responses"].get(str(status))
    if answer is None:
        return f"{verb} {resource}: {status} is not described"
    if "$ref" in answer:
        answer = _document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    found = (media or "").partition(";")[0]
    if "content" in answer and not {found, "*/*"} & answer["content"].keys():
        return f"{verb} {resource}: {status} as {found or 'nothing'}, in place of {' or '.join(answer['content'])}"
    return None


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi.text())
    return found
