"""`make run`: the whole system on this machine behind one port, its data kept. `make reset` forgets the data.

    PORT=8080   the port
    TLS=1       https under an authority of its own (.local/tls/ca.pem), as stock phones want it

Ctrl-C, SIGTERM or a closed terminal end everything, and save.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from types import FrameType

from botocore.exceptions import BotoCoreError

from infra import certificates, embedded, seed, system
from infra.api import ApiError
from infra.build import ROOT, BuildError
from infra.embedded import EmbeddedError
from infra.front_door import FrontDoor
from infra.provider_token import ProviderTokenError
from infra.stack import StackError
from infra.system import Ports
from infra.template import TemplateError
from layers.build import LayerError

FOLDER = ROOT / ".local"
STATE = FOLDER / "aws"
SHELL = FOLDER / "env"
EXPECTED = (BuildError, EmbeddedError, LayerError, ProviderTokenError, StackError, TemplateError, ApiError)


class _Ended(Exception):
    """Somebody asked for the end."""


def run(port: int, with_tls: bool) -> None:
    """Starts everything, says where it is, and waits to be ended."""
    with _alone(), _ended_by_signals():
        context = certificates.server_context(FOLDER / "tls") if with_tls else None
        authority = certificates.authority(FOLDER / "tls") if with_tls else None
        try:
            door = FrontDoor(port, context)
        except OSError:
            sys.exit(f"port {port} is taken: end what has it, or take another: make run PORT={port + 1}")
        if not embedded.stopped_cleanly(STATE):
            say("the last run was not ended cleanly: what it had changed since its start may be lost")
        try:
            running = system.start(STATE, door, persistent=True, ports=_ports(), trust=authority, say=say)
            try:
                _announce(running, seed.once(running, SHELL, str(authority or ""), say))
                while True:
                    signal.pause()
            finally:
                say("saving and ending")
                running.stop()
        except EXPECTED as error:
            sys.exit(str(error))


def reset() -> None:
    """Forgets what `make run` has stored."""
    with _alone():
        shutil.rmtree(FOLDER, ignore_errors=True)
    say("the local data is gone")


def logs() -> None:
    """Prints what the functions of a running system have logged."""
    ports = FOLDER / "ports.json"
    address = f"http://127.0.0.1:{json.loads(ports.read_text(encoding='utf-8'))['aws']}" if ports.exists() else ""
    try:
        for line in system.log_lines(embedded.client(address, "logs")):
            print(line)
    except (BotoCoreError, ValueError):
        sys.exit("nothing is running here: make run")


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def _announce(running: system.System, local: seed.Local) -> None:
    provider = FOLDER / "provider-token"
    provider.touch(mode=0o600)
    provider.write_text(running.provider_token + "\n", encoding="utf-8")
    say("")
    say(f"ready at {running.base_url}")
    say(f"  the API           {running.base_url}/docs")
    say(f"  what was sent     {running.base_url}/inbox")
    say(f"  for a shell       . {SHELL.relative_to(ROOT)}    (URL, TOKEN of a tenant's admin, GROUP)")
    say(f"  provider's token  {provider.relative_to(ROOT)}")
    if local.authority:
        say(f"  to be trusted     {certificates.authority(FOLDER / 'tls').relative_to(ROOT)}")
    say("Ctrl-C ends it; the data stays, and `make reset` forgets it")


def _ports() -> Ports:
    """The ports of the first run, again: gateways and queue addresses in the stored data name them."""
    path = FOLDER / "ports.json"
    if path.exists():
        return Ports(**json.loads(path.read_text(encoding="utf-8")))
    ports = Ports(*(embedded.free_port() for _ in fields(Ports)))
    path.write_text(json.dumps(asdict(ports)), encoding="utf-8")
    return ports


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time: two would overwrite each other's state."""
    ROOT.joinpath("build").mkdir(exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    STATE.mkdir(exist_ok=True)
    with (ROOT / "build" / "local.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("the system is running already: end that one first")
        yield


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turns Ctrl-C, SIGTERM and SIGHUP into the end of the block. A second one while it ends is not heard: it saves."""

    def end(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise _Ended(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, end)
    try:
        yield
    except _Ended:
        say("ended")


def main() -> None:
    """`python -m infra.local run|reset|logs`, settings from the environment."""
    wanted = sys.argv[1:] or ["run"]
    if wanted in (["reset"], ["logs"]):
        {"reset": reset, "logs": logs}[wanted[0]]()
        return
    port = os.environ.get("PORT") or "8080"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(f"PORT={port} is no port: take one from 1 to 65535")
    run(int(port), os.environ.get("TLS", "") not in ("", "0"))


if __name__ == "__main__":
    main()
