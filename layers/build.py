"""The dependency layer: requirements.txt unpacked, made lean, compiled, zipped with fixed timestamps.

Lean because every cold start reads it: botocore alone carries the models of four hundred services, and parses the
whole model of each one it makes a client for. What is kept is said in lean.toml.
"""

import gzip
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from infra.archive import compile_in_place, write_zip

HERE = Path(__file__).parent
ROOT = HERE.parent
REQUIREMENTS = ROOT / "requirements.txt"
LEAN = HERE / "lean.toml"
RECIPE = (REQUIREMENTS, LEAN, HERE / "build.py", ROOT / "infra" / "archive.py")
MODELS = "botocore/data"

# Amazon Linux 2, on which python3.11 runs, has glibc 2.26; pip takes the newest of these that a package offers.
LAMBDA_PLATFORMS = ("manylinux_2_26_x86_64", "manylinux_2_24_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64",
                    "manylinux2010_x86_64", "manylinux1_x86_64")  # fmt: skip

Shape = dict[str, object]


class LayerError(Exception):
    """The layer could not be made; the message says what to do."""


def layer(cache: Path, *, native: bool) -> Path:
    """The layer's zip, made once per content of its recipe and kept in `cache`: a second call needs no network.

    native: wheels of this machine instead of Lambda's, for the embedded AWS on a machine that is not Linux on x86-64
    (there both are the same). Raises LayerError when the packages cannot be fetched.
    """
    for_lambda = not native or (sys.platform == "linux" and platform.machine() == "x86_64")
    key = hashlib.sha256(f"{sys.version_info[:2]} {'lambda' if for_lambda else platform.platform()}".encode())
    for path in RECIPE:
        key.update(path.read_bytes())
    made = cache / f"layer-{key.hexdigest()[:16]}.zip"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            packages = Path(scratch) / "python"
            _install(packages, for_lambda)
            _prune(packages)
            _trim_models(packages / MODELS)
            compile_in_place(packages)
            partial = made.with_suffix(".partial")
            write_zip(Path(scratch), partial)
            partial.rename(made)
    return made


def operations() -> dict[str, list[str]]:
    """Service → the operations whose models travel."""
    return _lean()["operations"]


def _lean() -> "_Lean":
    content: _Lean = tomllib.loads(LEAN.read_text(encoding="utf-8"))  # type: ignore[assignment]
    return content


class _Lean(TypedDict):
    """The content of lean.toml."""

    drop: list[str]
    empty: list[str]
    cut: dict[str, str]
    only: dict[str, list[str]]
    operations: dict[str, list[str]]


def _install(packages: Path, for_lambda: bool) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--only-binary=:all:", "--target", str(packages)]
    if for_lambda:
        command += ["--implementation", "cp", "--python-version", "3.11"]
        for name in LAMBDA_PLATFORMS:
            command += ["--platform", name]
    done = subprocess.run(
        [*command, "-r", str(REQUIREMENTS)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise LayerError(f"pip could not fetch the packages of requirements.txt:\n{done.stderr.strip()}")


def _prune(packages: Path) -> None:
    """Drops what no function reads."""
    lean = _lean()
    unwanted = [path for pattern in lean["drop"] for path in packages.glob(pattern)]
    for folder, kept in lean["only"].items():
        unwanted += [path for path in (packages / folder).iterdir() if path.is_dir() and path.name not in kept]
    for path in unwanted:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in lean["empty"]:
        (packages / name).write_text("", encoding="utf-8")
    for name, text in lean["cut"].items():
        _cut(packages / name, text)


def _cut(file: Path, text: str) -> None:
    """Takes the lines with this text out of a file. Raises LayerError where there is none: the package has changed."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if text not in line]
    if kept == lines:
        raise LayerError(f"layers/lean.toml cuts {text!r} out of {file.name}, which has no such line.")
    file.write_text("".join(kept), encoding="utf-8")


def _trim_models(data: Path) -> None:
    """Keeps the services of lean.toml, of each its newest model with the listed operations, all as plain JSON.

    Plain and not gzip: unpacking costs more at a cold start than reading.
    """
    kept = operations()
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in kept:
            shutil.rmtree(folder)
    for service, names in kept.items():
        versions = sorted(path for path in (data / service).iterdir() if path.is_dir())
        for old in versions[:-1]:
            shutil.rmtree(old)
        for file in list(versions[-1].iterdir()):
            stem = file.name.split(".json")[0]
            content = _read(file)
            file.unlink()
            if stem == "service-2":
                _write(file.with_name("service-2.json"), _only(content, names))
            elif stem == "endpoint-rule-set-1":
                _write(file.with_name("endpoint-rule-set-1.json"), content)
    endpoints = _read(data / "endpoints.json")
    prefixes = {_endpoint_prefix(data, service) for service in kept}
    partitions = endpoints["partitions"]
    assert isinstance(partitions, list)
    for partition in partitions:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in prefixes}
    _write(data / "endpoints.json", endpoints)


def _only(model: Shape, names: Iterable[str]) -> Shape:
    """A service model reduced to some operations and the shapes they reach, without documentation."""
    operations_, shapes = model["operations"], model["shapes"]
    assert isinstance(operations_, dict)
    assert isinstance(shapes, dict)
    missing = [name for name in names if name not in operations_]
    if missing:
        raise LayerError(f"layers/lean.toml names operations that botocore does not know: {', '.join(missing)}")
    kept = {name: operations_[name] for name in sorted(names)}
    reached: set[str] = set()

    def visit(node: object) -> None:
        if isinstance(node, dict):
            shape = node.get("shape")
            if isinstance(shape, str) and shape in shapes and shape not in reached:
                reached.add(shape)
                visit(shapes[shape])
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(kept)
    return {
        **{key: value for key, value in model.items() if key != "documentation"},
        "operations": _undocumented(kept),
        "shapes": {name: _undocumented(shapes[name]) for name in sorted(reached)},
    }


def _undocumented(node: object) -> object:
    if isinstance(node, dict):
        # A member may itself be called `documentation`; then its value is a mapping, the real documentation is text.
        return {key: _undocumented(value) for key, value in node.items()
                if not (key == "documentation" and isinstance(value, str))}  # fmt: skip
    return [_undocumented(value) for value in node] if isinstance(node, list) else node


def _endpoint_prefix(data: Path, service: str) -> str:
    version = next(path for path in (data / service).iterdir() if path.is_dir())
    metadata = _read(version / "service-2.json")["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["endpointPrefix"])


def _read(path: Path) -> Shape:
    opener: Callable[[bytes], bytes] = gzip.decompress if path.suffix == ".gz" else bytes
    content: Shape = json.loads(opener(path.read_bytes()))
    return content


def _write(path: Path, content: Shape) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    os.chmod(path, 0o644)  # noqa: PTH101
