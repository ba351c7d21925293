"""Kamailio with the kamailio.cfg beside this file, asking the running system. Loopback only."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from functions.provisioning.clients import Algorithm
from infra.embedded import free_port
from tests.e2e.sip import program, wait_until

_CONFIGURATION: Final = Path(__file__).with_name("kamailio.cfg")


class Registrar:
    """A SIP server at localhost:`port`, TLS only.

    base: the system's address; token: a registrar's; certificate, key: PEM files for the name localhost."""

    def __init__(
        self,
        folder: Path,
        base: str,
        token: str,
        certificate: Path,
        key: Path,
        algorithm: Algorithm,
        answer_seconds: int = 2,
    ) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        self._folder = folder
        self._control = f"unix:{folder}/control"
        self._main = folder / "main.cfg"
        self._main.touch(mode=0o600)
        self._main.write_text(
            "#!KAMAILIO\n"
            f"#!define TLS_PORT {self.port}\n"
            f'#!define TLS_CERT "{certificate}"\n'
            f'#!define TLS_KEY "{key}"\n'
            f'#!define CTL_SOCKET "{self._control}"\n'
            f'#!define BASE "{base}"\n'
            f'#!define BEARER "Authorization: Bearer {token}"\n'
            f'#!define ALGORITHM "{algorithm}"\n'
            f"#!define HTTP_SECONDS {answer_seconds}\n"
            f'include_file "{_CONFIGURATION}"\n'
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
        started = wait_until(lambda: process.poll() is not None or bool(self._ask("core.version")), limit=30)
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

    def end_registration(self, number: str, domain: str) -> None:
        self._ask("ul.rm", "location", f"s:{number}@{domain}")

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
            self._process.wait(10)
