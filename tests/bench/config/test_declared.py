"""What is known without importing plugins: no torch while nothing has changed, and the truth after every change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.config import grid, suite
from bench.config.declared import declared
from bench.config.plugins import Plugins

PLUGIN = '''
import helper
from activations import Activation, Param

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
    """A command in a process of its own, with a cache of its own: its output, and at its end whether it used torch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def call(*arguments: object) -> str:
        code = "import sys; from bench.cli import main; print(main(), 'torch' in sys.modules)"
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    return call


def settle(*files: Path) -> None:
    """Wait until files count as older than a process that is started now."""
    newest = max(file.stat().st_ctime for file in files)
    time.sleep(max(0.0, newest + 1.1 - time.time()))


def test_a_plan_a_status_and_lists_need_no_torch_the_second_time(tiny: Path, say: Say) -> None:
    for command in (["plan", tiny], ["status", tiny], ["list", "tasks"], ["list", "activations", "--json"]):
        first, second = say(*command), say(*command)
        assert second.endswith("0 False\n"), command
        assert second.rpartition("0 ")[0] == first.rpartition("0 ")[0]


def test_a_second_run_needs_no_torch_and_leaves_the_report_alone(tiny: Path, say: Say) -> None:
    first = say("run", tiny)
    report = tiny.parent / "results/tiny/report"
    before = {path: path.stat().st_mtime_ns for path in report.rglob("*")}
    second = say("run", tiny)
    assert second.endswith("0 False\n")
    assert second.rpartition("0 ")[0] == first.rpartition("0 ")[0]
    assert {path: path.stat().st_mtime_ns for path in report.rglob("*")} == before

    (report / "index.html").write_text("something else")
    say("run", tiny)
    assert "SIREN" in (report / "index.html").read_text()
    say("run", tiny, "--set", "activations.siren.label=Sinus")
    assert "Sinus" in (report / "index.html").read_text()


def test_an_edited_plugin_or_a_file_that_it_imports_is_seen(tiny: Path, say: Say) -> None:
    plugin, helper = tiny.parent / "mine.py", tiny.parent / "helper.py"
    plugin.write_text(PLUGIN)
    helper.write_text("GAIN = 1.0\n")

    def todo() -> tuple[set[str], bool]:
        plan, _, torch = say("plan", tiny, "-a", "mine", "--plugin", plugin, "--json").rpartition("0 ")
        return {job["job_id"] for job in json.loads(plan)["todo"]}, torch == "True\n"

    settle(plugin, helper)
    first, _ = todo()
    assert todo() == (first, False)
    helper.write_text("GAIN = 2.0\n")
    second, used = todo()
    assert used
    assert second != first
    plugin.write_text(PLUGIN.replace('"Mine", 1', '"Mine", 2'))
    assert todo()[0] not in (first, second)


def test_a_picture_of_ones_own_that_changes_is_seen(tiny: Path, say: Say) -> None:
    picture = tiny.parent / "my.png"

    def draw(value: int) -> None:
        Image.fromarray(np.full((30, 40), value, dtype=np.uint8)).save(picture)

    draw(10)
    settle(picture)
    command = "plan", tiny, "--set", "tasks.image.signals=[my.png]"
    first = say(*command)
    assert say(*command) == first.replace("True", "False")
    draw(11)
    assert say(*command).rpartition("0 ")[0] != first.rpartition("0 ")[0]


def test_a_new_plugin_of_a_folder_is_seen(tmp_path: Path, say: Say) -> None:
    """In a copy of the packages, because a plugin is a file in a folder of them."""
    root = Path(__file__).parents[3]
    for name in ("activations", "tasks", "bench", "report"):
        subprocess.run(["cp", "-r", root / name, tmp_path], check=True)
    settle(*(tmp_path / "activations").glob("*.py"))
    assert "0 True" in say("list", "activations")
    assert "0 False" in say("list", "activations")
    (tmp_path / "helper.py").write_text("GAIN = 1.0\n")
    (tmp_path / "activations" / "mine.py").write_text(PLUGIN)
    assert "Mine" in say("list", "activations")


def test_kept_jobs_are_the_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in suite.shipped():
        chosen, where = suite.load(name)
        declared(chosen, where, [])
        kept = declared(chosen, where, []).jobs
        assert [job.job_id for job in kept] == [job.job_id for job in grid.declarations(chosen, Plugins(), where)], name


def test_a_damaged_or_read_only_cache_costs_no_answer(tiny: Path, say: Say) -> None:
    first = say("plan", tiny)
    (kept,) = (tiny.parent / "cache/inrbench/answers").iterdir()
    kept.write_text('{"around": []}')
    assert say("plan", tiny) == first
    kept.unlink()
    os.rmdir(kept.parent)
    kept.parent.write_text("not a folder")
    assert say("plan", tiny) == first
