"""The process of second_stack.py: `python -m tests.e2e.pjsip AUTHORITY`, with settings as JSON on standard input.

Says `registered`, or `not registered: …`, and stays until it is ended."""

import signal
import sys
import threading
from pathlib import Path

import msgspec

from examples.reference_client.file import Settings
from examples.reference_client.phone import run


def main() -> int:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)
    was_registered = run(settings, Path(sys.argv[1]), lambda line: print(line, flush=True), ended.is_set)
    return 0 if was_registered else 1


if __name__ == "__main__":
    sys.exit(main())
