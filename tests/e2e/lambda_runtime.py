"""Lambda's runtime API, as the real runtime client speaks it: packaged handlers run as they do in AWS.

Source: the runtime API of AWS Lambda, version 2018-06-01. The client hangs without a content type, a trace id and a
UUID as request id.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CLIENT = ("awslambdaric", "runtime_client*.so", "snapshot_restore_py", "simplejson")
DEADLINE_MS = "4102444800000"  # 2100: the tests' own time-out ends what hangs
ENDS_WITHIN = 60.0
_AFTER_THE_LAST = re.compile(r"^\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to get next", re.MULTILINE)


@dataclass
class Invoked:
    """What became of the events given: an answer per event, or the error that ended it, and everything logged."""

    answers: list[Any] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    log: str = ""


def copy_client(folder: Path) -> Path:
    """The runtime client alone, without the packages that are installed beside it here."""
    import awslambdaric

    packages = Path(awslambdaric.__file__).parent.parent
    for pattern in CLIENT:
        for found in packages.glob(pattern):
            if found.is_dir():
                shutil.copytree(found, folder / found.name)
            else:
                shutil.copy(found, folder)
    return folder


def invoke(
    handler: str, events: Sequence[Mapping[str, Any]], path: Sequence[Path], environment: Mapping[str, str]
) -> Invoked:
    """Runs one process for a handler and gives it the events in turn.

    Only `path` is importable beside the standard library; the process starts in its first entry.
    """
    invoked = Invoked()
    api = _RuntimeApi(("127.0.0.1", 0), _Handler)
    api.events, api.invoked = list(events), invoked
    threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True).start()
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "awslambdaric", handler],
        cwd=path[0],
        env={
            "PATH": os.defpath,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": "log",
            "AWS_LAMBDA_LOG_STREAM_NAME": "log",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
            "PYTHONPATH": os.pathsep.join(str(entry) for entry in path),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        invoked.log = process.communicate(timeout=ENDS_WITHIN)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        invoked.log = process.communicate()[0]
        invoked.errors.append("no answer in time")
    finally:
        api.shutdown()
        api.server_close()
    invoked.log = _AFTER_THE_LAST.split(invoked.log)[0]
    return invoked


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True
    events: list[Mapping[str, Any]]
    invoked: Invoked


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: _RuntimeApi

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        """…/invocation/next. After the last event the client gets an answer it ends at."""
        if not self.server.events:
            self._answer(500, b"{}")
            return
        event = json.dumps(self.server.events.pop(0)).encode()
        self._answer(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": DEADLINE_MS,
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:000000000000:function:packaged",
                "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        """…/response, …/error and …/init/error: kept."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kept = self.server.invoked.answers if self.path.endswith("/response") else self.server.invoked.errors
        kept.append(json.loads(body))
        self._answer(202, b"{}")

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
