"""Zip files that are the same bytes whenever their content is the same, with compiled modules in them.

Lambda's code directory is read-only, so it never caches what it compiles: shipping `.pyc` divides a cold start by
2.6. They are `unchecked-hash`: no timestamp in them, and none looked at.
"""

import ast
import hashlib
import importlib.util
import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def compile_beside(folder: Path) -> None:
    """Puts the `.pyc` of every module below `folder` beside its source, which tracebacks show."""
    _compile(folder)


def compile_in_place(folder: Path) -> None:
    """Puts a `.pyc` in the place of every module below `folder`: half the files to unpack at a cold start. Functions go
    without their docstrings, which nobody reads there; those of modules and types, which the API's description shows,
    stay."""
    _run("-m", "infra.archive", str(folder))
    for source in folder.rglob("*.py"):
        source.unlink()


def _compile(folder: Path) -> None:
    _run("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder))


def _run(*arguments: str) -> None:
    """In a process of its own: with the seed fixed, the order of constants in the result is too. Without the columns of
    each instruction, which only tracebacks beside a source show: a fifth smaller, and quicker to read."""
    fixed = {"PYTHONHASHSEED": "0", "PYTHONNODEBUGRANGES": "1"}
    command = [sys.executable, "-s", *arguments]
    subprocess.run(command, env={**os.environ, **fixed}, cwd=Path(__file__).parents[1], check=True)


def _write_undocumented(folder: Path) -> None:
    for source in sorted(folder.rglob("*.py")):
        content = source.read_bytes()
        tree = ast.parse(content)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
                node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), node.body[0])]
        code = compile(tree, source.relative_to(folder).as_posix(), "exec", dont_inherit=True)
        unchecked = (1).to_bytes(4, "little")
        header = importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(content)
        source.with_suffix(".pyc").write_bytes(header + marshal.dumps(code))


def write_zip(folder: Path, target: Path) -> None:
    """Everything below `folder`, in order of name, dated 1980, readable by all."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = (0o755 if path.suffix == ".so" else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex: the name an artefact is uploaded under."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    _write_undocumented(Path(sys.argv[1]))
