"""Where phones ask for later changes of their configuration, at each start."""

from functions.activation import changes, files
from functions.activation.guessing import unknown
from functions.activation.pages import ANY
from functions.common.errors import Gone, NotFound, TooMany
from functions.common.http import Answer, Call, operation


@operation(
    "A device's configuration as it is today, with the address where it asks next",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces="application/xml",
    path={"token": ANY},
)
def changes_of(call: Call[None, None]) -> Answer:
    return _answer(call, counted=True)


@operation(
    "Its type and length",
    answers={200: None},
    problems=(NotFound, Gone, TooMany),
    produces="application/xml",
    path={"token": ANY},
)
def changes_head(call: Call[None, None]) -> Answer:
    return _answer(call, counted=False)


def _answer(call: Call[None, None], *, counted: bool) -> Answer:
    try:
        file = changes.file_for(call.path["token"], counted=counted)
    except NotFound:
        raise unknown(call.address) from None
    return files.whole(file) if counted else files.announced(file)
