"""An equal search on a signal of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import inrbench
from inrbench.bench.errors import BadInput
from tests.bench.command import Inrbench

FAST = {"train.steps": 6, "model.width": 8, "model.depth": 2}


@pytest.fixture(scope="module")
def waves() -> NDArray[np.float32]:
    """A picture of stripes, (24, 20)."""
    y, x = np.mgrid[:24, :20]
    picture: NDArray[np.float32] = ((np.sin(y + x / 2) + 1) / 2).astype(np.float32)
    return picture


def test_each_activation_gets_as_many_trials_on_the_signal_itself_and_runs_with_the_best(
    waves: NDArray[np.float32],
    tmp_path: Path,
) -> None:
    found = inrbench.explore(
        waves, activations=["siren", "relu"], trials=3, repeats=2, set=FAST, results=tmp_path, progress=False
    )
    trials = inrbench.Results(tmp_path / "try-array-tune").final
    assert trials.groupby(trials["method"].str.partition("-")[0]).size().to_dict() == {"relu": 3, "siren": 3}
    assert trials["signal"].nunique() == 1
    assert set(trials["signal"]) == set(found.final["signal"])
    for row in found.settings.itertuples():
        mine = found.final[found.final["label"] == row.method]
        best = trials[trials["method"].str.startswith(mine["method"].iloc[0])]["value"]
        assert mine.loc[mine["repeat"] == 0, "value"].iloc[0] == best.max()  # the same job as the best trial
        assert row.mean == pytest.approx(mine["value"].mean())
        assert row.near == (best >= best.max() - 1).sum()
        assert row.trials == 3
        assert re.fullmatch(r"lr [≤≥\d. to]+(, omega0 [≤≥\d. to]+)?", str(row.good))
    assert list(found.settings["mean"]) == sorted(found.settings["mean"], reverse=True)
    assert "within 1 dB" in str(found)


def test_the_command_searches_ranks_and_draws(waves: NDArray[np.float32], inrbench: Inrbench) -> None:
    Image.fromarray((255 * waves).astype(np.uint8)).save("my photo.png")
    words = [word for key, value in FAST.items() for word in ("--set", f"{key}={value}")]
    done = inrbench("try", "my photo.png", "-a", "siren", "-a", "gauss", "--trials", 2, "--repeats", 1, *words)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["task", "method", "score", "settings", "within", "1", "dB", "where", "these", "lie"]
    assert {"SIREN", "Gauss"} == {line.split()[1] for line in lines[1:3]}
    page = Path("results/try-my-photo/report/index.html").read_text()
    assert "An equal search of 2 trials" in page


def test_the_task_is_the_usual_one_of_the_signal(tmp_path: Path) -> None:
    sound = np.sin(np.linspace(0, 60, 5000)).astype(np.float32)
    found = inrbench.explore(
        sound, activations=["relu"], trials=1, repeats=1, set=FAST, results=tmp_path, progress=False
    )
    assert found.final["task"].tolist() == ["audio"] * len(found.final)


def test_the_default_trial_is_told_with_the_rate_of_its_task_and_a_sweep_is_refused(
    waves: NDArray[np.float32], tmp_path: Path
) -> None:
    changes = {**FAST, "tasks.image.train.lr": 0.02}
    found = inrbench.explore(
        waves, activations=["relu"], trials=1, repeats=1, set=changes, results=tmp_path, progress=False
    )
    assert found.settings["settings"].tolist() == ["lr 0.02 (defaults)"]
    with pytest.raises(BadInput, match=r"tasks: superres\[factor=2\] is of a sweep"):
        inrbench.explore(waves, tasks=["superres"], set={**FAST, "tasks.superres.factor": [2, 4]}, results=tmp_path)
    with pytest.raises(BadInput, match="no such status 'bad'"):
        inrbench.explore(waves, trials=1, set=FAST, retry=["bad"], results=tmp_path)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"signal": "camel"}, "did you mean 'camera'"),
        ({"tasks": ["imag"]}, "unknown task 'imag'"),
        ({"activations": ["sirene"]}, "did you mean 'siren'"),
        ({"trials": 0}, "trials 0: at least 1"),
        ({"tasks": ["sdf"]}, "choose a signed distance"),
    ],
)
def test_a_wrong_argument_is_one_line(wrong: dict[str, object], says: str, tmp_path: Path) -> None:
    plain = {"signal": "camera", "results": tmp_path, "progress": False, "trials": 1, "set": FAST}
    with pytest.raises(BadInput, match=says):
        inrbench.explore(**{**plain, **wrong})  # type: ignore[arg-type]
