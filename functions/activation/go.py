"""Where a person types the code that an operator reads out, and comes to the link behind it."""

from urllib.parse import parse_qs

from functions.activation import links, screens, spoken
from functions.activation.screens import NEUTRAL
from functions.common.errors import NotFound, TooMany
from functions.common.http import Answer, Call, operation

FORM = "application/x-www-form-urlencoded"


@operation("Ask for a code that was read out", answers={200: None}, produces="text/html")
def ask(_call: Call[None, None]) -> Answer:
    return screens.spell(NEUTRAL)


@operation(
    "Lead to the link behind a code that was read out",
    answers={303: None},
    problems=(NotFound, TooMany),
    content_type=FORM,
    produces="text/html",
)
def typed(call: Call[None, None]) -> Answer:
    try:
        code = parse_qs(call.raw.decode(), max_num_fields=10).get("code", [""])[0]
    except ValueError:
        code = ""
    found = spoken.typed(code, call.address)
    match found:
        case TooMany():
            return screens.spell(NEUTRAL, problem="wait", retry_after=found.retry_after)
        case NotFound():
            return screens.spell(NEUTRAL, problem="unknown")
    return Answer(status=303, headers={"Location": links.path(found)})
