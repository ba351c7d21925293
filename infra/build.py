"""Builds what is deployed: build/<stage>/ with deployment.zip, layer.zip and template.json.

The same everywhere, and the same bytes for the same sources. Needs no AWS; the network only when requirements.txt
has changed since the layer was last made.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import template
from infra.archive import compile_in_place, write_zip
from layers.build import LayerError, layer

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


class BuildError(Exception):
    """The package could not be made; the message is for the person at the terminal."""


@dataclass(frozen=True)
class Package:
    """What a deployment uploads. The template names the other two by `./deployment.zip` and `./layer.zip`."""

    template: Path
    code: Path
    layer: Path


def build(
    stage: str, *, source: Path = ROOT, target: Path = BUILD, cache: Path = BUILD, native: bool = False
) -> Package:
    """Packages the tree at `source` for a stage into `target/stage`.

    cache: where made layers are kept. native: the layer holds this machine's wheels (for the embedded AWS) and not
    Lambda's.
    Raises BuildError, TemplateError, LayerError.
    """
    out = target / stage
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    made = Package(template=out / "template.json", code=out / "deployment.zip", layer=out / "layer.zip")
    with TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _lay_out(source, tree)
        parts = template.read_parts(source / "infra" / "template")
        parts.append((".chalice/config.json", template.stage_default(stage)))
        parts.append(("infra/policies", template.roles(source / "infra" / "policies")))
        parts.append(("app.py", template.integrations(_routes(tree))))
        merge = Path(scratch) / "merge.json"
        merge.write_text(json.dumps(template.join(parts)), encoding="utf-8")
        packaged = Path(scratch) / "packaged"
        _run(tree, "-c", CHALICE, "package", "--stage", stage, "--merge-template", str(merge), str(packaged))

        merged: template.Template = json.loads((packaged / "sam.json").read_text(encoding="utf-8"))
        template.check_intrinsics(merged)
        made.template.write_text(json.dumps(merged, indent=1, sort_keys=True), encoding="utf-8")

        code = Path(scratch) / "code"
        with zipfile.ZipFile(packaged / "deployment.zip") as archive:
            archive.extractall(code)
        compile_in_place(code)
        write_zip(code, made.code)
    shutil.copyfile(layer(cache, native=native), made.layer)
    return made


def _lay_out(source: Path, tree: Path) -> None:
    """A clean tree in Chalice's shape: it packs app.py and vendor/, and resolves requirements.txt, which is empty here
    because third-party packages travel in the layer."""
    tree.mkdir()
    shutil.copy(source / "app.py", tree)
    shutil.copytree(source / ".chalice", tree / ".chalice", ignore=shutil.ignore_patterns("deployments", "deployed"))
    shutil.copytree(source / "infra" / "policies", tree / "infra" / "policies")
    shutil.copytree(source / "functions", tree / "vendor" / "functions", ignore=IGNORED)
    (tree / "requirements.txt").touch()


def _routes(tree: Path) -> list[template.Served]:
    """app.ROUTES, read in a process of its own: importing the app is the app's business, not the builder's."""
    listed = _run(
        tree,
        "-c",
        "import json, sys; sys.path[:0] = ['.', 'vendor']; import app; "
        "print(json.dumps([[route.verb, route.path, route.function] for route in app.ROUTES]))",
    )
    return [template.Served(*route) for route in json.loads(listed)]


def _run(tree: Path, *arguments: str) -> str:
    """Runs this interpreter in the tree with neither AWS nor secrets at hand; the app must not need them to import."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    environment |= {"AWS_DEFAULT_REGION": "eu-west-1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    done = subprocess.run([sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(
            f"{arguments[2] if len(arguments) > 2 else 'importing app.py'} failed:\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def main() -> None:
    """`python -m infra.build --stage prod`"""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    try:
        made = build(parser.parse_args().stage)
    except (BuildError, LayerError, template.TemplateError) as error:
        sys.exit(str(error))
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in (made.code, made.layer))
    print(f"{made.template.parent.relative_to(ROOT)}: {sizes}")


if __name__ == "__main__":
    main()
