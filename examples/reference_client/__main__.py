"""python -m reference_client FILE: what an operating system calls with the file that a browser has downloaded.

Says what it found and how registering goes, a line each. Ends when it is told to (SIGTERM, SIGINT). Exit status: 0 when
it was registered, 1 when it was not, 2 when the file cannot be used."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from .file import Settings, Unusable, read
from .phone import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="reference_client", description="Registers with a provisioning file.")
    parser.add_argument("file", type=Path, help="the provisioning file")
    parser.add_argument("--authorities", type=Path, help="PEM file to verify the SIP server with, not the system's")
    given = parser.parse_args()

    ended = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: ended.set())
    try:
        settings = read(given.file)
        _tell(settings)
        if run(settings, given.authorities, _say, ended.is_set):
            return 0
        _say(f"For help: {settings.support}" if settings.support else "Ask whoever sent you the link.")
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    return 1


def _tell(settings: Settings) -> None:
    _say(f"number {settings.number}")
    _say(f"name {settings.full_name}")
    _say(f"user {settings.username} of {settings.realm}")
    _say(f"server {settings.proxy_host}:{settings.proxy_port} over {settings.transport}")
    _say(f"calls encrypted with {settings.encryption}")
    if settings.test_call_number is not None:
        _say(f"to try it, dial {settings.test_call_number}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
