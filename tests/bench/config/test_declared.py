"""What is known without importing plugins: no torch while nothing has changed, and the truth after every change."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PLUGIN = '''
import helper
from inrbench.activations import Activation, Param

class Mine(Activation):
    """A nonlinearity of one's own."""

    name, label, version = "mine", "Mine", 1
    gain: float = Param(helper.GAIN)

    def forward(self, z):
        return self.gain * z.relu()
'''

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Commands in one process with a cache of its own: their output, and at its end whether they used torch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def call(*commands: Sequence[object]) -> str:
        code = f"for words in {[[*map(str, words)] for words in commands]}: print(main(words))"
        code = f"import sys; from inrbench.bench.cli import main\n{code}\nprint('torch' in sys.modules)"
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    return call


def settle(*files: Path) -> None:
    """Wait until files count as older than a process that is started now."""
    newest = max(file.stat().st_ctime for file in files)
    time.sleep(max(0.0, newest + 1.1 - time.time()))


def test_a_plan_a_status_and_lists_need_no_torch_the_second_time(tiny: Path, say: Say) -> None:
    commands = [["plan", tiny], ["status", tiny], ["list", "tasks"], ["list", "activations", "--json"]]
    first, second = say(*commands), say(*commands)
    assert second.endswith("False\n")
    assert second == first.replace("True", "False")
    assert second.splitlines().count("0") == len(commands)


def test_a_second_run_needs_no_torch_and_leaves_the_report_alone(tiny: Path, say: Say) -> None:
    command = ["run", tiny, "-a", "siren"]
    first = say(command)
    report = tiny.parent / "results/tiny/report"
    before = {path: path.stat().st_mtime_ns for path in report.rglob("*")}
    second = say(command)
    assert second.endswith("0\nFalse\n")
    assert second == first.replace("True", "False")
    assert {path: path.stat().st_mtime_ns for path in report.rglob("*")} == before


def test_an_edited_plugin_a_file_that_it_imports_and_another_picture_are_seen(tiny: Path, say: Say) -> None:
    plugin, helper, picture = (tiny.parent / name for name in ("mine.py", "helper.py", "my.png"))
    plugin.write_text(PLUGIN)
    helper.write_text("GAIN = 1.0\n")

    def draw(value: int) -> None:
        Image.fromarray(np.full((30, 40), value, dtype=np.uint8)).save(picture)

    def todo() -> tuple[set[str], bool]:
        command = ["plan", tiny, "-a", "mine", "--plugin", plugin, "--set", "tasks.image.signals=[my.png]", "--json"]
        plan, _, torch = say(command).rpartition("0\n")
        return {job["job_id"] for job in json.loads(plan)["todo"]}, torch == "True\n"

    draw(10)
    settle(plugin, helper, picture)
    first, _ = todo()
    assert todo() == (first, False)
    helper.write_text("GAIN = 2.0\n")
    settle(helper)
    second, used = todo()
    assert used
    assert second != first
    assert todo() == (second, False)
    draw(11)
    third, _ = todo()
    assert third not in (first, second)
    plugin.write_text(PLUGIN.replace('"Mine", 1', '"Mine", 2'))
    assert todo()[0] not in (first, second, third)


def test_a_new_plugin_of_a_folder_is_seen(tmp_path: Path, say: Say) -> None:
    """In a copy of the packages, because a plugin is a file in a folder of them."""
    root = Path(__file__).parents[3]
    for name in ("inrbench", "activations", "tasks", "bench", "report"):
        subprocess.run(["cp", "-r", root / name, tmp_path], check=True)
    settle(*(tmp_path / "activations").glob("*.py"))
    assert "0\nTrue" in say(["list", "activations"])
    assert "0\nFalse" in say(["list", "activations"])
    (tmp_path / "helper.py").write_text("GAIN = 1.0\n")
    (tmp_path / "activations" / "mine.py").write_text(PLUGIN)
    assert "Mine" in say(["list", "activations"])


KEPT = """
import sys
from inrbench.bench.config import answers, suite
from inrbench.bench.config.declared import declared

names = suite.shipped()
for name in names:
    chosen, where = suite.load(name)
    found = declared(chosen, where, [])
    assert declared(chosen, where, []) == found, name
kept = list((answers.cache_folder() / "answers").iterdir())
assert len(kept) == len(names), kept

for file in kept:
    file.write_text('{"around": []}')
assert declared(chosen, where, []) == found
for file in kept:
    file.unlink()
kept[0].parent.rmdir()
kept[0].parent.write_text("not a folder")
assert declared(chosen, where, []) == found
"""


def test_kept_jobs_are_the_jobs_and_a_damaged_or_read_only_cache_costs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-P", "-c", KEPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
