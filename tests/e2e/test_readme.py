"""The README's walk through the API works as it is pasted."""

import re
import subprocess
from pathlib import Path

from infra.system import System
from tests.e2e import crowd
from tests.e2e.world import World

ROOT = Path(__file__).parents[2]
WALK = re.compile(r"^## A walk through the API$(.*?)^## ", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_walk_through_works_as_pasted(system: System, tmp_path: Path) -> None:
    world = World(system)
    tenant = world.new_tenant()
    world.new_profile(tenant)
    folder = tmp_path / ".local"
    folder.mkdir()
    lines = f"URL={system.base_url}\nTOKEN={tenant.api.token}\nGROUP={tenant.group_id}\n"
    (folder / "env").write_text(lines, encoding="utf-8")
    walk = WALK.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert walk is not None
    first, many, second = SHELL.findall(walk[1])

    shown = _run(first, tmp_path)
    assert '"full_name":"Zoë Ünal"' in shown
    assert '"event":"account.created"' in shown
    assert '"standing":"disabled"' in shown
    assert '"error"' not in shown

    begun = _run(many, tmp_path, lines)
    assert '"state":"checking"' in begun
    assert crowd.eventually(lambda: tenant.api.get("/v1/imports")["items"][0]["done"] == {"created": 2})

    refused = _run(second, tmp_path, lines)
    for field in ("full_name", "number", "colour", "group_id"):
        assert f'"field":"{field}"' in refused


def _run(commands: str, folder: Path, environment: str = "") -> str:
    """What a shell prints, which stops at the first command that fails."""
    script = "set -eu\n" + environment + commands.replace("curl -s ", "curl -sS --max-time 120 ")
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
