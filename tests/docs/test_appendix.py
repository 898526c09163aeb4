"""What docs/evidence/reference.md says of further activations agrees with what is stored of the scale `appendix`."""

from __future__ import annotations

import pandas as pd
import pytest

from docs.site.archive import final
from docs.site.at_128 import appendix_board, appendix_means, mean_ranks, ranks_on, tasks
from inrbench.bench.config.suite import load
from inrbench.report.data.leaderboard import compare
from tests.docs.pages import at, on_one_line, searched

PAGE = on_one_line("evidence/reference.md")
TEXT = PAGE.partition("## Further activations ")[2].partition(" ## ")[0].replace("**", "")
SUITE, _ = load("reference", (), "appendix")

RANKED = {
    "SPDER is third": ("spder", 3),
    "ExpSin fifth": ("exp-sin", 5),
    "real-valued WIRE sixth": ("wire-real", 6),
}
"""What the page says of mean ranks, of which network, and its place."""

PLACES = {
    "spder": {"inpaint": 1, "function": 4, "superres": 5, "mri": 5, "deblur": 5, "poisson": 14},
    "exp-sin": {"denoise": 1, "occupancy": 1, "inpaint": 4, "sdf": 13, "deblur": 13},
    "wire-real": {"poisson": 1, "inpaint": 2, "occupancy": 2, "function": 18},
}
"""What the page says of the places of networks on tasks."""


@pytest.fixture(scope="module")
def means() -> pd.DataFrame:
    """Mean scores of networks (rows) on tasks (columns), larger being better."""
    found = appendix_means()
    return found.assign(sdf=-found["sdf"])


def test_each_network_has_run_on_three_signals_of_every_task_twice() -> None:
    scores = final("reference-appendix")
    cases = {(task, signal) for task, values in SUITE.tasks.items() for signal in (values or {})["signals"]}
    assert (len(cases), len(SUITE.tasks)) == (33, 11)
    everything = {(*case, repeat) for case in cases for repeat in (0, 1)}
    for name, jobs in scores[scores["activation"].notna()].groupby("name"):
        assert sorted(zip(jobs["task"], jobs["signal"], jobs["repeat"], strict=True)) == sorted(everything), name
    assert set(searched("reference-appendix")) == set(SUITE.activations) == set(PLACES)
    assert set(appendix_board().cases) == cases


def test_every_second_signal_of_the_reference_is_used_and_three_of_four_shapes() -> None:
    for task, values in load("reference")[0].tasks.items():
        signals, used = ((of or {})["signals"] for of in (values, SUITE.tasks[task]))
        assert used == (["csg", "torus", "terrain"] if task == "occupancy" else signals[::2])


def test_what_is_said_of_mean_ranks(means: pd.DataFrame) -> None:
    found = appendix_board()
    for said, (name, place) in RANKED.items():
        assert said in TEXT
        assert found.methods[place - 1] == name
    assert "of twenty." in TEXT
    assert "[Three further ones](#further-activations)" in PAGE
    assert (len(found.methods), len(PLACES)) == (20, 3)
    assert found.leading >= {"siren", *PLACES}
    said = "SPDER, ExpSin and real-valued WIRE have been run on half of the signals: third, fifth and sixth of twenty"
    assert said in on_one_line("answer.md")
    ahead = {name: (means.loc["siren"] > means.loc[name]).sum() for name in PLACES}
    assert (ahead, len(tasks())) == ({"spder": 10, "exp-sin": 8, "wire-real": 8}, 11)
    assert "ahead of complex WIRE on seven of the eleven tasks" in TEXT
    assert (means.loc["wire-real"] > means.loc["wire"]).sum() == 7


def test_what_is_said_of_places(means: pd.DataFrame) -> None:
    place = means.rank(ascending=False)
    for name, said in PLACES.items():
        assert {task: at(place, name, task) for task in said} == said, name
    for task, (name, number) in {
        "inpaint": ("spder", 2),
        "denoise": ("exp-sin", 2),
        "poisson": ("wire-real", 2),
        "occupancy": ("exp-sin", 4),
    }.items():
        assert f"({at(means, name, task):.{number}f}" in TEXT
    assert f"level with SIREN ({at(means, 'siren', 'occupancy'):.4f})" in TEXT
    for task, name in (("poisson", "spder"), ("function", "exp-sin"), ("function", "wire-real")):
        assert f"{at(means, 'siren', task) - at(means, name, task):.1f} dB behind SIREN" in TEXT
    assert searched("reference-appendix")["spder"]["poisson"].edges == ["omega0 low"]


def test_what_is_said_of_half_of_the_signals() -> None:
    found = appendix_board()
    kept = [place for place, name in enumerate(found.methods) if name in mean_ranks()]
    alone = compare([found.methods[place] for place in kept], found.cases, found.scores[kept])
    assert f"a rank correlation of {pd.Series(ranks_on(alone)).corr(pd.Series(mean_ranks()), 'spearman'):.2f}." in TEXT
    assert len(kept) == 17
