"""Kamailio with the configuration that we ship, asking the running system. Loopback only."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from functions.provisioning.clients import Algorithm
from infra.embedded import free_port
from tests.e2e.sip import PATIENCE, program, wait_until

CONFIGURATION: Final = Path(__file__).parents[3] / "docs/kamailio/dialready.cfg"
_POLL_SECONDS: Final = 1


class Registrar:
    """A SIP server at localhost:`port`, TLS only.

    base: the system's address; token: a registrar's; realm: its SIP domain; certificate, key: PEM files for the name
    localhost; seconds: of the configuration's own names, those that are not to be its defaults."""

    def __init__(
        self,
        folder: Path,
        base: str,
        token: str,
        certificate: Path,
        key: Path,
        algorithm: Algorithm,
        realm: str,
        answer_seconds: int = 2,
        seconds: Mapping[str, int] | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        self._folder = folder
        self._control = f"unix:{folder}/control"
        self._main = folder / "main.cfg"
        self._main.touch(mode=0o600)
        own = {"POLL_SECONDS": _POLL_SECONDS, **(seconds or {})}
        poll = own.pop("POLL_SECONDS")  # stands inside a text
        self._main.write_text(
            "#!KAMAILIO\n"
            f"#!define LISTEN tls:127.0.0.1:{self.port}\n"
            f'#!define TLS_CERT "{certificate}"\n'
            f'#!define TLS_KEY "{key}"\n'
            f'#!define CTL_SOCKET "{self._control}"\n'
            f'#!define REALMS "{realm}"\n'
            f'#!define BASE "{base}"\n'
            f'#!define BEARER "Authorization: Bearer {token}"\n'
            f'#!define ALGORITHM "{algorithm}"\n'
            f"#!define HTTP_SECONDS {answer_seconds}\n"
            f'#!substdef "!POLL_SECONDS!{poll}!g"\n'
            "#!define SIP_WORKERS 4\n"
            + "".join(f"#!define {name} {value}\n" for name, value in own.items())
            + f'include_file "{CONFIGURATION}"\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "kamailio.log").open("wb") as log:
            # -DD -E: in the foreground, its log on standard error
            self._process = process = subprocess.Popen(
                [program("kamailio") or "kamailio", "-f", self._main, "-DD", "-E", "-Y", self._folder],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started = wait_until(lambda: process.poll() is not None or bool(self._ask("core.version")))
        if not started or process.poll() is not None:
            self._stop()
            raise RuntimeError(f"kamailio did not start: {self.log()[-800:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def contact(self, number: str, domain: str) -> str | None:
        """Who is registered for a number, as kamcmd prints it: address, expiry, User-Agent; None for nobody."""
        found = self._ask("ul.lookup", "location", f"s:{number}@{domain}")  # s: because digits are text here
        return found if "Address:" in found else None

    def remembered(self) -> str:
        """What it remembers of the directory's answers, as kamcmd prints it."""
        return self._ask("htable.dump", "known")

    def log(self) -> str:
        return (self._folder / "kamailio.log").read_text(errors="replace")

    def _ask(self, *command: str) -> str:
        answer = subprocess.run(
            [program("kamcmd") or "kamcmd", "-s", self._control, *command], capture_output=True, text=True, check=False
        )
        return answer.stdout if answer.returncode == 0 else ""

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()  # the main process, which ends its own children
            self._process.wait(PATIENCE)
