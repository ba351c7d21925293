"""What runs in a process of its own, with nothing importable but what Lambda would find: package and layer.

    child.py cold <module.attribute> <event.json> <answer.json> [put]
    child.py warm <module.attribute> <event.json> <answer.json> <calls.json> <endpoint> <rounds>

`cold` imports the handler and gives it the event, and puts one item where the event leads to no write; whoever started
the process measures it. `warm` lets the handler and the recorded calls, made with botocore alone, take turns, and
writes the CPU seconds of each."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

TYPE_CHECKING = False  # typing's own would be imported for it
if TYPE_CHECKING:
    from typing import Any

WARM_UP = 30  # rounds that do not count


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "measured"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:measured"
    log_group_name = log_stream_name = "measured"
    aws_request_id = "11111111-2222-4333-8444-555555555555"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 28_000


def cold(handler: str, event: str, to: str, *then: str) -> None:
    answer = _handler(handler)(_read(event), Context())
    if then == ("put",):
        from functions.common.limits import Counter

        Counter(pk="measured", sk="-", used=1).save()
    _write(to, answer)


def warm(handler: str, event: str, to: str, calls: str, endpoint: str, rounds: str) -> None:
    import time

    import botocore.config
    import botocore.session

    function, given, context = _handler(handler), _read(event), Context()
    session = botocore.session.get_session()
    config = botocore.config.Config(connect_timeout=1, read_timeout=5)
    clients: dict[str, Any] = {}
    bare = []
    for service, method, parameters in _read(calls):
        if service not in clients:
            clients[service] = session.create_client(service, endpoint_url=endpoint, config=config)
        bare.append((getattr(clients[service], method), parameters))
    samples = []
    answer = None
    for number in range(WARM_UP + int(rounds)):
        started = time.process_time()
        answer = function(given, context)
        between = time.process_time()
        for call, parameters in bare:
            call(**parameters)
        ended = time.process_time()
        if number >= WARM_UP:
            samples.append((between - started, ended - between))
    _write(to, {"answer": answer, "samples": samples})


def _handler(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would count as part of the function
        return json.load(file)


def _write(path: str, value: object) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(value, file)


if __name__ == "__main__":
    if sys.argv[1] == "cold":
        cold(*sys.argv[2:])
    else:
        warm(*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # what Python does at its end, no function ever does
