"""Suites from Python: the same jobs and numbers as the command line."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import inrbench
from inrbench.activations.siren import Siren
from inrbench.bench import results
from inrbench.bench.api.run import Methods
from inrbench.bench.errors import BadInput
from tests.bench.command import Inrbench
from tests.bench.conftest import TINY

MINE = """
import torch
from inrbench import Activation


class Wave(Activation):
    \"\"\"A sine.\"\"\"

    name, label, version = "wave", "Wave", 1

    def forward(self, z):
        return torch.sin(SPEED * z)
"""

SCRIPT = (
    MINE
    + """
import inrbench, sys

SPEED = 20.0
found = inrbench.run(sys.argv[1], activations=[Wave, "siren"], results="out", progress=False)
print(sorted(found.final["method"]), found.final["value"].notna().all(), found.final["activation"].min()[:5])
SPEED = 1.0
again = inrbench.run(sys.argv[1], activations=[Wave], results="out", progress=False)
one, two = found.job("wave"), again.job("wave")
print(one["job_id"] != two["job_id"], one["value"] != two["value"])
"""
)


def test_numbers_are_those_of_the_command_line_bit_for_bit(tiny: Path, tmp_path: Path, inrbench: Inrbench) -> None:
    from inrbench.bench.api.run import run

    assert inrbench("run", tiny, "--set", "train.steps=6", "--results", "shell").returncode == 0
    found = run(yaml.safe_load(TINY), set={"train.steps": 6}, results="python", progress=False)
    theirs = results.final("shell/tiny").set_index("job_id")
    ours = found.final.set_index("job_id")
    assert ours.index.sort_values().equals(theirs.index.sort_values())
    assert ours["value"].to_dict() == theirs["value"].to_dict()
    for job_id in ours.index:
        stored = [np.load(f"{folder}/tiny/artifacts/{job_id}.npz")["reconstruction"] for folder in ("shell", "python")]
        assert np.array_equal(*stored)


def test_it_prints_nothing_without_progress_and_only_to_stderr_with_it(
    tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    inrbench.run(tiny, results=tmp_path, progress=False)
    assert capfd.readouterr() == ("", "")
    inrbench.run(tiny, results=tmp_path, set={"train.steps": 5})
    output = capfd.readouterr()
    assert output.out == ""
    assert "2 of 2 jobs to run" in output.err


def test_a_finished_suite_is_not_run_again(tiny: Path, tmp_path: Path) -> None:
    first = inrbench.run(tiny, results=tmp_path, progress=False)
    again = inrbench.run(tiny, results=tmp_path, progress=False)
    assert first.runs["started_at"].equals(again.runs["started_at"])
    assert again.runs["attempt"].eq(1).all()


def test_instances_and_words_choose_parameters(tiny: Path, tmp_path: Path) -> None:
    found = inrbench.run(
        tiny, activations=[Siren(omega0=7.0), "wire[omega0=3]"], tasks=["image"], repeats=2, results=tmp_path,
        progress=False,
    )  # fmt: skip
    assert set(found.final["activation_params"]) == {'{"omega0":7.0}', '{"omega0":3.0,"s0":10.0}'}
    assert len(found.final) == 4


def test_a_class_of_a_script_is_accepted_and_another_source_is_another_job(tiny: Path, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, tiny], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines() == ["['siren', 'wave'] True siren", "True True"]


def test_what_fails_is_counted_in_a_warning_and_kept(tiny: Path, trouble: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="1 of 2 jobs failed"):
        found = inrbench.run(
            tiny, activations=["trouble", "relu"], plugins=[trouble], results=tmp_path / "r", progress=False
        )
    assert found.failed["method"].tolist() == ["trouble"]
    assert "told to fail" in found.failed["error"].iloc[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"suite": "quik"}, "did you mean 'quick'"),
        ({"suite": {"suite": "x"}}, "the suite: model: missing"),
        ({"suite": {"suite": object()}}, "is not a value of a suite"),
        ({"activations": [3]}, "neither a name nor an activation"),
        ({"activations": ["sirenn"]}, "did you mean 'siren'"),
        ({"set": {"train.stepz": 3}}, "train has no setting 'stepz'"),
        ({"devices": "tpu"}, "is not a device"),
    ],
)
def test_a_wrong_argument_is_one_line(tmp_path: Path, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        inrbench.run(**{"suite": "smoke", "results": tmp_path, "progress": False, **wrong})  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_two_instances_of_a_class_are_refused_in_favour_of_a_sweep(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="siren is chosen before with other settings; write a sweep"):
        inrbench.run(tiny, activations=[Siren(omega0=1.0), Siren(omega0=2.0)], results=tmp_path, progress=False)


def test_two_classes_of_a_notebook_need_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = MINE.replace("SPEED", "2").replace("Wave(", "Other(")
    (tmp_path / "book.py").write_text(MINE.replace("SPEED", "1") + other)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("book")
    methods = Methods([], tmp_path)
    monkeypatch.setitem(sys.modules, "__main__", module)
    for cls in (module.Wave, module.Other):
        cls.__module__ = "__main__"
    assert [methods.add(module.Wave), methods.add(module.Wave)] == ["wave", "wave"]
    with pytest.raises(BadInput, match="activation Other: two classes have the name 'wave'; rename one"):
        methods.add(module.Other)


@pytest.mark.parametrize("named", [False, True])
def test_a_module_may_have_several_classes(named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / f"several{named}.py"
    other = MINE.replace("SPEED", "2").replace("Wave(", "Other(").replace('"wave"', '"other"')
    file.write_text(MINE.replace("SPEED", "1") + other + "class Heir(Other):\n    label = 'Heir'\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(file.stem)
    methods = Methods([file] if named else [], tmp_path)
    assert [methods.add(each) for each in (module.Wave, module.Wave(), module.Heir)] == ["wave", "wave", "other"]
    assert methods.files == [file]
    with pytest.raises(BadInput, match="activation Other: the name 'other' is taken"):
        methods.add(module.Other)
    with pytest.raises(BadInput, match="activation Other: the name 'other' is taken"):
        Methods([], tmp_path).add(module.Other)


def test_a_class_may_not_take_the_name_of_another_activation(tmp_path: Path) -> None:
    class Mine(Siren):
        """A double."""

    with pytest.raises(BadInput, match="the name 'siren' is taken"):
        inrbench.run("smoke", activations=[Mine], results=tmp_path, progress=False)
