"""The embedded AWS: MiniStack as a child process in an environment of its own, with our stack on it.

Its workers see its packages and its environment, so it gets its own virtual environment and a cleaned `os.environ`.
It saves its state only when it is stopped by SIGTERM, and needs seconds for that: `stop` waits.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from infra.build import ROOT, Package
from infra.stack import Outputs, Place, deploy

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PYTHON = ROOT / ".venv-embedded" / "bin" / "python"
REGION = "eu-west-1"
ARTIFACTS = "dialready-artifacts"
STACK = "dialready"
READY_WITHIN = 60.0
STOPPED_WITHIN = 60.0


class EmbeddedError(Exception):
    """The embedded AWS does not start or does not stop; the message says where its log is."""


@dataclass(frozen=True)
class Credentials:
    """What a call is signed with. MiniStack takes `test` for the account's root, whom IAM refuses nothing."""

    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105
    token: str | None = None


ROOT_USER = Credentials()


def client(endpoint: str, service: str, credentials: Credentials = ROOT_USER) -> Any:
    """A boto3 client for one that runs at this address. The read time-out allows for a cold function."""
    return boto3.session.Session(
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        region_name=REGION,
    ).client(
        service,
        endpoint_url=endpoint,
        config=Config(read_timeout=90, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@dataclass(frozen=True)
class Embedded:
    """A running embedded AWS. `folder` holds its state, its log and what its workers unpack."""

    process: subprocess.Popen[bytes]
    endpoint: str
    folder: Path
    persistent: bool

    def client(self, service: str, credentials: Credentials = ROOT_USER) -> Any:
        """A boto3 client for it, of the type its service has."""
        return client(self.endpoint, service, credentials)

    def deploy(self, package: Package, parameters: Mapping[str, str]) -> Outputs:
        """Creates or updates our stack from a built package, and answers its outputs. Raises StackError."""
        s3: S3Client = self.client("s3")
        place = Place(self.client("cloudformation"), s3, ARTIFACTS, pause=0.05)
        if ARTIFACTS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        outputs = deploy(place, STACK, package, parameters)
        self._hand_over_gateway_responses(package, outputs["RestAPIId"])
        return outputs

    def _hand_over_gateway_responses(self, package: Package, api_id: str) -> None:
        """MiniStack knows gateway responses, but does not read them from the API's definition, where AWS does."""
        definition = json.loads(package.template.read_text(encoding="utf-8"))["Resources"]["RestAPI"]["Properties"]
        gateway = self.client("apigateway")
        for kind, response in definition["DefinitionBody"]["x-amazon-apigateway-gateway-responses"].items():
            gateway.put_gateway_response(restApiId=api_id, responseType=kind, **response)
        gateway.create_deployment(restApiId=api_id, stageName=definition["StageName"])

    def api(self, outputs: Outputs, stage: str) -> str:
        """The base address of the deployed API; a path is appended as it is."""
        return f"{self.endpoint}/_aws/execute-api/{outputs['RestAPIId']}/{stage}"

    def environment(self) -> dict[str, str]:
        """The variables with which a process of ours acts on it as the account's root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ROOT_USER.access_key,
            "AWS_SECRET_ACCESS_KEY": ROOT_USER.secret_key,
        }

    def stop(self) -> None:
        """Ends it, after it has saved its state when it is persistent. Raises EmbeddedError when it will not end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise EmbeddedError(f"the embedded AWS did not stop; its log: {_log(self.folder)}") from None
        _running(self.folder).unlink(missing_ok=True)
        shutil.rmtree(_scratch(self.folder), ignore_errors=True)


def start(folder: Path, *, persistent: bool, port: int | None = None) -> Embedded:
    """Starts one on 127.0.0.1, with its state in `folder`, and waits until it answers.

    IAM is enforced: a call that a function's policy does not allow is refused. persistent: state is kept from one clean
    stop to the next start. Raises EmbeddedError when it does not come up.
    """
    if not PYTHON.exists():
        raise EmbeddedError("the environment of the embedded AWS is missing: run `make environment`")
    # Each worker leaves its unpacked copy of code and layer behind.
    shutil.rmtree(_scratch(folder), ignore_errors=True)
    _scratch(folder).mkdir(parents=True)
    port = port or free_port()
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(_scratch(folder)),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AUTH": "true",
        "PERSIST_STATE": "1" if persistent else "0",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1" if persistent else "0",
        "S3_DATA_DIR": str(folder / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    with _log(folder).open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "ministack"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at the terminal is ours; it is stopped when we have finished
            preexec_fn=_end_with_parent,
        )
    embedded = Embedded(process, f"http://127.0.0.1:{port}", folder, persistent)
    if persistent:
        _running(folder).touch()
    _wait_until_healthy(embedded)
    return embedded


def stopped_cleanly(folder: Path) -> bool:
    """False when the last run in this folder lost what it had not saved: it saves only when it is stopped."""
    return not _running(folder).exists()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(embedded: Embedded) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if embedded.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{embedded.endpoint}/_ministack/health", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    embedded.process.kill()
    embedded.process.wait()
    raise EmbeddedError(f"the embedded AWS does not come up; its log: {_log(embedded.folder)}")


def _end_with_parent() -> None:
    """In the child: SIGTERM when the parent dies by whatever means, so that nothing is left running or unsaved."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _scratch(folder: Path) -> Path:
    return folder / "tmp"


def _log(folder: Path) -> Path:
    return folder / "embedded.log"


def _running(folder: Path) -> Path:
    return folder / "running"
