"""Is it there; and what is not there."""

from functions.common import errors
from functions.common.http import Answer, Call, operation


@operation("Whether the service answers", answers={200: dict[str, str]})
def healthz(_call: Call[None, None]) -> Answer:
    return Answer(body={"status": "ok"})


@operation("Every address that is not on the map", answers={}, problems=(errors.NotFound,), path={"proxy": str})
def elsewhere(_call: Call[None, None]) -> Answer:
    raise errors.NotFound("There is nothing at this address. The API is described at /docs.")
