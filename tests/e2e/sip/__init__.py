"""A real SIP server and real softphones, driven without screen or sound card, on loopback only."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("linphonec", "kamailio", "kamcmd")
MODULES: Final = ("http_client", "tls")  # Kamailio's, in packages of their own
_LIBRARIES: Final = Path("/usr/lib")
PATIENCE: Final = 90.0  # seconds; whoever waits longer waits for what does not come
INSTALL: Final = (
    "apt-get install --no-install-recommends linphone-cli kamailio kamailio-utils-modules kamailio-tls-modules"
)


def program(name: str) -> str | None:
    """Where a program is; Debian puts servers into sbin, which is not on every user's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")


def missing() -> list[str]:
    """The programs, and parts of them, that these tests need and this machine has not."""
    parts = [f"kamailio's {name}" for name in MODULES if not any(_LIBRARIES.glob(f"*/kamailio/modules/{name}.so"))]
    return [name for name in PROGRAMS if program(name) is None] + parts


def wait_until(holds: Callable[[], bool], limit: float = PATIENCE, every: float = 0.05) -> bool:
    """Whether the condition came to hold within `limit` seconds. For what cannot tell us by itself."""
    pause = threading.Event()
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        pause.wait(every)
    return True
