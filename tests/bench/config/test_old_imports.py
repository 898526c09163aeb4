"""Plugin files that still import from ``activations`` and ``tasks``: the same modules, or a stranger's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

OLD = """
from activations import Activation, Param
from activations.core.base import Domain
from activations.siren import Siren
from tasks import Task
import tasks.core.metrics

class Mine(Siren):
    name, label, version = "mine", "Mine", 1
"""

SAME = """
import sys
import inrbench, inrbench.activations.siren, inrbench.tasks.core.metrics
from inrbench.bench.config.plugins import Plugins
mine = Plugins(["old.py"]).activations.get("mine")
assert issubclass(mine, inrbench.activations.siren.Siren)
for name in ("activations", "activations.core.base", "activations.siren", "tasks", "tasks.core.metrics"):
    assert sys.modules[name] is sys.modules[f"inrbench.{name}"], name
    assert sys.modules[name].__spec__.name == f"inrbench.{name}", name
try:
    import activations.no_such_module
except ModuleNotFoundError as error:
    assert error.name == "activations.no_such_module"
else:
    raise AssertionError
"""


def python(folder: Path, code: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path) if path else ""}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(None, id="elsewhere"),
        pytest.param(ROOT, id="checkout on the path", marks=pytest.mark.slow),
    ],
)
def test_old_imports_are_the_same_modules_and_a_line_says_what_to_write(tmp_path: Path, path: Path | None) -> None:
    (tmp_path / "old.py").write_text(OLD)
    done = python(tmp_path, SAME, path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        f"inrbench: note: {tmp_path / 'old.py'}, line {line}: `{name}` is `inrbench.{name}` now; "
        "write `from inrbench import …`"
        for line, name in ((2, "activations"), (5, "tasks"))
    ]


def test_a_strangers_module_wins_and_a_plugin_that_meant_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/__init__.py").write_text("")
    (tmp_path / "tasks/helper.py").write_text("FIVE = 5")
    (tmp_path / "activations.py").write_text("")
    (tmp_path / "new.py").write_text(
        "from inrbench.activations.siren import Siren\nfrom tasks.helper import FIVE\n"
        "class Mine(Siren):\n    name, version = 'mine', FIVE\n"
    )
    (tmp_path / "old.py").write_text(OLD)
    done = python(
        tmp_path,
        "from inrbench.bench.config.plugins import Plugins\n"
        "assert Plugins(['new.py']).activations.get('mine').version == 5\nPlugins(['old.py'])",
        tmp_path,
    )
    said = done.stderr.splitlines()[-1]
    assert f"{tmp_path / 'old.py'}: cannot be imported (ImportError: cannot import name 'Activation'" in said
    assert said.endswith("; inrbench's own is `inrbench.activations`: write `from inrbench import …`")
    assert "note" not in done.stderr
