"""The package as Lambda unpacks it, and processes that find nothing else."""

import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.archive import compile_beside
from infra.build import build
from tests.bench import child

STAGE = "dev"
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
TYPICAL = (
    *(
        "aws_lambda_powertools",
        "pydantic",
        "pydantic_core",
        "annotated_types",
        "typing_inspection",
        "typing_extensions",
    ),
    *("phonenumbers", "cryptography", "cffi", "_cffi_backend"),
)
"""What the handlers of `typical` need beside boto3."""
HERE = Path(__file__).parent
ENDS_WITHIN = 120.0

SETTINGS = (
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "STAGE",
    "TABLE_",
    "QUEUE_",
    "BUCKET_",
    "KEY_",
    "SECRET_",
    "SECRETS_",
    "SES_",
)
"""What a function is told by its environment: these variables, and those that begin so."""


class ChildFailedError(Exception):
    """A measured process ended with an error; the message is what it wrote."""


@dataclass(frozen=True)
class Packaged:
    """Folders as Lambda has them on its path, and the sizes of what was uploaded, in bytes."""

    code: Path
    layer: Path
    boto3: Path  # boto3 whole, with the handler that everything is compared with
    typical: Path  # the handlers of `typical`, with all they need but boto3
    template: Path
    code_size: int
    layer_size: int

    @property
    def ours(self) -> Sequence[Path]:
        return self.code, self.layer / "python"

    @property
    def others(self) -> Sequence[Path]:
        return self.typical, self.boto3


def unpack(folder: Path) -> Packaged:
    """Builds the package and lays it out under `folder`."""
    package = build(STAGE, target=folder / "build", native=True)
    unpacked = Packaged(
        code=folder / "task",
        layer=folder / "opt",
        boto3=folder / "boto3",
        typical=folder / "typical",
        template=package.template,
        code_size=package.code.stat().st_size,
        layer_size=package.layer.stat().st_size,
    )
    for archive, to in ((package.code, unpacked.code), (package.layer, unpacked.layer)):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(to)
    _lay_out(unpacked.boto3, BOTO3, HERE / "bare.py")
    _lay_out(unpacked.typical, TYPICAL, HERE / "typical")
    return unpacked


def _lay_out(folder: Path, modules: Sequence[str], own: Path) -> None:
    """Packages as they are installed, all of their data, and something of our own, compiled like ours."""
    folder.mkdir()
    for name in modules:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        _copy(origin.parent if origin.name == "__init__.py" else origin, folder)
    _copy(own, folder)  # not imported here: it makes its clients at once
    compile_beside(folder)


def _copy(found: Path, folder: Path) -> None:
    if found.is_dir():
        shutil.copytree(found, folder / found.name, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(found, folder)


def environment(path: Sequence[Path], endpoint: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a measured process, after this one's: AWS is at `endpoint`."""
    told = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
    return {
        **told,
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(str(entry) for entry in path),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "measured",
        "AWS_SECRET_ACCESS_KEY": "measured",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": "measured",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "POWERTOOLS_SERVICE_NAME": "dialready",
        "POWERTOOLS_METRICS_NAMESPACE": "DialReady",
        "ALLOW_HTTP": "1",  # the SMS provider's fake
        **(more or {}),
    }


def run(arguments: Sequence[str], env: Mapping[str, str]) -> float:
    """Runs child.py to its end. -> the CPU seconds of the process, user's and system's. Raises ChildFailedError."""
    command = [sys.executable, "-s", "-S", "-P", child.__file__, *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=ENDS_WITHIN, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ChildFailedError(done.stdout.decode())
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def written(path: Path) -> Any:
    """What a child wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def given(folder: Path, name: str, event: object) -> Path:
    """The file in which a child finds its event."""
    path = folder / f"{name.replace(' ', '-')}.json"
    if not path.exists():
        path.write_text(json.dumps(event), encoding="utf-8")
    return path
