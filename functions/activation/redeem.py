"""Where a softphone that cannot follow an address hands in its ticket as a one-time code, and gets its file."""

from typing import Any
from urllib.parse import parse_qs

import msgspec

from functions.activation import deliver
from functions.activation.guessing import unknown
from functions.common.errors import Gone, NotFound, NotReady
from functions.common.http import FILE, Answer, Call, operation
from functions.common.types import ClientName
from functions.provisioning.clients import ClientFile, Redeeming, Unreadable, redeeming

FORM = "application/x-www-form-urlencoded"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever the softphone sends: each has its own words, which its module reads."""


@operation(
    "A softphone hands in its one-time code and gets its configuration, in its own dialect",
    query=Given,
    answers={200: None, 403: None},
    problems=(NotFound,),
    produces=FILE,
    path={"client": ClientName},
)
def by_query(call: Call[None, Given]) -> Answer:
    return _redeem(call, dict(call.parameters))


@operation(
    "The same, with the code in a form",
    answers={200: None, 403: None},
    problems=(NotFound,),
    content_type=FORM,
    produces=FILE,
    path={"client": ClientName},
)
def by_form(call: Call[None, None]) -> Answer:
    try:
        sent = parse_qs(call.raw.decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        sent = {}
    return _redeem(call, dict(call.parameters) | {name: values[0] for name, values in sent.items()})


def _redeem(call: Call[Any, Any], parameters: dict[str, str]) -> Answer:
    app = redeeming(call.path["client"])
    if app is None:
        raise NotFound
    try:
        asked = app.read_request(parameters)
        return _file(deliver.redeem(app.NAME, asked))
    except Unreadable as error:
        return _refused(app, str(error))
    except NotFound:
        return _refused(app, unknown(call.address).message)
    except (Gone, NotReady) as problem:
        return _refused(app, problem.message)


def _refused(app: Redeeming, words: str) -> Answer:
    refusal = app.refusal(words)
    return msgspec.structs.replace(_file(refusal.file), status=refusal.status)


def _file(file: ClientFile) -> Answer:
    return Answer(text=file.body.decode(), content_type=file.content_type)
