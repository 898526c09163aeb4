"""An activation of one's own among stored results."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

import inrbench
from inrbench.bench.errors import BadInput
from tests.bench.command import Inrbench

SUITE = {
    "suite": "little",
    "repeats": 2,
    "model": {"depth": 2, "width": 8},
    "train": {"steps": 6, "lr": 1e-3},
    "tasks": {
        "image": {"signals": ["camera", "chelsea"], "size": 16},
        "function": {"signals": ["doppler", "blocks"], "samples": 128},
    },
    "tuning": {"trials": 3, "signals": {"image": ["coins"], "function": ["heavisine"]}},
    "activations": {"relu": {}, "gauss": {}},
}

MINE = """
from inrbench import Activation, LogUniform, Param


class Wave(Activation):
    '''A sine.'''

    name, label, version = "wave", "Wave", 1
    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 50))

    def forward(self, z):
        return (self.omega0 * z).sin()
"""


DOUBLE = """
from torch import nn

from inrbench import Activation


class Pair(nn.Module):
    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.first, self.second = nn.Linear(fan_in, fan_out), nn.Linear(fan_in, fan_out)

    def forward(self, x):
        return self.first(x).sin() * self.second(x)


class Double(Activation):
    '''Two maps a layer.'''

    name, label, version = "double", "Double", 1

    def layer(self, fan_in, fan_out, *, first):
        return Pair(fan_in, fan_out)

    def curve(self, z):
        return None
"""


@pytest.fixture(scope="module")
def rivals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite, its stored results and the file of an activation."""
    folder = tmp_path_factory.mktemp("rivals")
    (folder / "little.yaml").write_text(yaml.safe_dump(SUITE))
    (folder / "wave.py").write_text(MINE)
    inrbench.run(folder / "little.yaml", results=folder / "stored", progress=False)
    return folder


@pytest.fixture(scope="module")
def ranking(rivals: Path) -> inrbench.Ranking:
    return inrbench.rank(
        rivals / "wave.py",
        rivals / "little.yaml",
        against=rivals / "stored" / "little",
        results=rivals / "results",
        progress=False,
    )


def test_it_has_the_search_of_its_rivals_and_their_cases_and_seeds(rivals: Path, ranking: inrbench.Ranking) -> None:
    trials = inrbench.Results(rivals / "results" / "rank-wave-tune").final
    assert trials.groupby("task").size().to_dict() == {"image": 3, "function": 3}
    assert set(trials["signal"]) == {"coins", "heavisine"}
    final = ranking.final[ranking.final["kind"] == "activation"]
    cells = {method: set(map(tuple, group[["task", "signal", "repeat", "data_seed"]].to_numpy().tolist()))
             for method, group in final.groupby("method")}  # fmt: skip
    assert cells["wave"] == cells["relu"] == cells["gauss"]
    assert ranking.tuned.activations["wave"]["image"].trials == 3


def test_rivals_are_the_stored_ones_and_not_run_again(rivals: Path, ranking: inrbench.Ranking) -> None:
    stored = inrbench.Results(rivals / "stored" / "little").final.set_index("job_id")["value"]
    mine = ranking.final.set_index("job_id")["value"]
    assert stored.equals(mine.reindex(stored.index))
    logs = {path.stem for path in (ranking.folder / "logs").glob("[0-9a-f]*.log")}
    assert logs == set(ranking.final[ranking.final["method"] == "wave"]["job_id"])


def test_its_place_is_that_of_the_leaderboard(ranking: inrbench.Ranking) -> None:
    assert ranking.board is not None
    assert ranking.place is not None
    place, low, high = ranking.place
    assert ranking.board.methods[place - 1] == "wave"
    assert 1 <= low <= place <= high <= 3
    assert "→" in str(ranking)
    assert f"Wave: place {place} of 3 by mean rank" in str(ranking)


def test_where_it_wins_and_loses_are_its_means(ranking: inrbench.Ranking) -> None:
    final = ranking.final[(ranking.final["signal"] != "camera") | (ranking.final["repeat"] == 0)]
    unlike = copy.copy(ranking)  # one signal has one repeat, the others two
    unlike.__dict__["final"] = final
    final = final[final["kind"] == "activation"]
    assert set(unlike.tasks["task"]) == {"image", "function"}
    for row in unlike.tasks.to_dict("records"):
        jobs = final[final["task"] == row["task"]]
        means = jobs.groupby(["method", "signal"])["value"].mean().groupby("method").mean()
        direction = final[final["task"] == row["task"]]["direction"].iloc[0]
        assert row["mean"] == pytest.approx(means["wave"])
        assert row["place"] == (direction * means > direction * means["wave"]).sum() + 1
        assert row["its mean"] == pytest.approx(direction * (direction * means.drop("wave")).max())


def test_an_entry_that_failed_on_every_task_wins_nowhere(ranking: inrbench.Ranking) -> None:
    failed = copy.copy(ranking)
    failed.__dict__["final"] = ranking.final.assign(
        value=ranking.final["value"].where(ranking.final["method"] != "wave")
    )
    assert failed.tasks.empty
    assert list(failed.tasks.columns) == list(ranking.tasks.columns)
    assert "Empty DataFrame" not in str(failed)


def test_the_command_prints_it_and_writes_the_page_and_latex(rivals: Path, ranking: inrbench.Ranking,
                                                             inrbench: Inrbench) -> None:  # fmt: skip
    done = inrbench("rank", rivals / "wave.py", "--suite", rivals / "little.yaml", "--against",
                    rivals / "stored" / "little", "--results", rivals / "results")  # fmt: skip
    assert done.returncode == 0
    assert "Wave: place" in done.stdout
    assert "0 of 8 jobs to run" in done.stderr
    assert "Wave" in (ranking.folder / "report" / "index.html").read_text()
    assert "Wave" in (ranking.folder / "report" / "tables" / "image.tex").read_text()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\n", "it must define one activation and has none"),
        (MINE.replace("(self.omega0 * z).sin()", "z.sum()"), r"wave fails \d+ of the conformance checks"),
        (MINE.replace('"wave"', '"relu"'), "two activations are named 'relu'"),
    ],
)
def test_what_cannot_be_ranked_is_one_line(source: str, says: str, rivals: Path, tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(source)
    with pytest.raises(BadInput, match=says) as error:
        inrbench.rank(tmp_path / "entry.py", rivals / "little.yaml", results=tmp_path, progress=False)
    assert "\n" not in str(error.value)


def test_one_of_the_suite_or_a_suite_without_results_is_refused(rivals: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="little has it already"):
        inrbench.rank("relu", rivals / "little.yaml", results=tmp_path, progress=False)
    with pytest.raises(BadInput, match="no stored results of little; run it and give its folder with --against"):
        inrbench.rank(rivals / "wave.py", rivals / "little.yaml", results=tmp_path, progress=False)


def test_a_quick_look_has_fewer_trials_and_tasks_and_says_so(rivals: Path) -> None:
    ranking = inrbench.rank(
        rivals / "wave.py",
        rivals / "little.yaml",
        tasks=["image"],
        trials=1,
        against=rivals / "stored" / "little",
        results=rivals / "quick-look",
        progress=False,
    )
    assert ranking.trials == (1, 3)
    assert set(ranking.final["task"]) == {"image"}
    assert ranking.tuned.activations["wave"]["image"].trials == 1
    assert "A quick look: searched with 1 of the 3 trials that its rivals had" in str(ranking)
    with pytest.raises(BadInput, match="--trials 4: its rivals had 3; give 1 to 3"):
        inrbench.rank(rivals / "wave.py", rivals / "little.yaml", trials=4, against=rivals / "stored" / "little")


def test_a_network_of_another_size_has_its_mark(rivals: Path) -> None:
    double = rivals / "double.py"
    double.write_text(DOUBLE)
    ranking = inrbench.rank(double, rivals / "little.yaml", against=rivals / "stored" / "little",
                            results=rivals / "double", progress=False)  # fmt: skip
    assert "Double ¶: place" in str(ranking)
    assert "¶ More than 5% off its number of parameters" in str(ranking)


def test_each_core_has_a_slot_where_nothing_else_is_asked_for(ranking: inrbench.Ranking) -> None:
    mine = ranking.runs[ranking.runs["method"] == "wave"]
    assert set(mine["threads"]) == {1}
