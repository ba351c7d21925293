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
    """Puts a `.pyc` in the place of every module below `folder`, as `_Bare` leaves it: half the files to unpack at a
    cold start."""
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


class _Bare(ast.NodeTransformer):
    """Without what only readers and type checkers want: functions' docstrings, and annotations of functions and of
    modules' names, which would be evaluated at every cold start. Those of types stay: they say how data are read."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), node.body[0])]
        node.returns = None
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            argument.annotation = None
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                rest.annotation = None
        return node

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        for number, child in enumerate(node.body):
            if isinstance(child, ast.AnnAssign) and child.value is not None:
                node.body[number] = ast.copy_location(ast.Assign(targets=[child.target], value=child.value), child)
        return node


def _write_bare(folder: Path) -> None:
    for source in sorted(folder.rglob("*.py")):
        content = source.read_bytes()
        tree = ast.fix_missing_locations(_Bare().visit(ast.parse(content)))
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
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex: the name an artefact is uploaded under."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    _write_bare(Path(sys.argv[1]))
