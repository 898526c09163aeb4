"""Claims of papers: the numbers of their verdicts are those of the stored results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scipy.stats import ttest_ind

from docs.site import archive
from docs.site.choose_c import by_rule, of_tasks
from inrbench.bench.config import suite
from inrbench.report.data.stats import estimate
from tests.docs.pages import on_one_line, searched, tried

FULL = {
    "paper-ct": ("train.steps=3000", "tasks.ct.tv_weight=3.0e-5"),
    "paper-image": (),
    "paper-superres": (),
    "paper-neurofield": (),
    "paper-univariate": (),
}
SMALL = ("paper-ct", "paper-image", "paper-superres")
ROUNDING = 0.0501


def means_of(name: str, *overrides: str, scale: str | None = None) -> dict[tuple[str, str], float]:
    """Mean final score in the headline metric, by task and method, of what is stored of a suite."""
    return {
        (task.key, method.key): item.mean
        for task in archive.archived(name, *overrides, scale=scale).tasks
        for method in task.methods
        if (item := estimate(method.final(task.headline.name)))
    }


@pytest.mark.parametrize(
    ("name", "scale", "overrides"),
    [
        *(pytest.param(name, None, overrides, id=name) for name, overrides in FULL.items()),
        *(pytest.param(name, "small", (), id=f"{name}-small") for name in SMALL),
    ],
)
def test_the_numbers_of_a_verdict_are_stored(name: str, scale: str | None, overrides: tuple[str, ...]) -> None:
    claim = suite.load(name)[0].claim
    assert claim is not None
    means = means_of(name, *overrides, scale=scale).values()
    numbers = [float(text) for text in re.findall(r"\d+\.\d", (claim.small if scale else claim.full) or "")]
    assert len(numbers) >= 3
    for number in numbers:
        assert any(abs(number - mean) < ROUNDING for mean in means), number


def test_where_nothing_is_stored_the_verdict_says_that_it_was_not_run() -> None:
    for name in suite.shipped():
        claim = suite.load(name)[0].claim
        if claim and not (Path(archive.RESULTS) / name).is_dir():
            assert claim.full.startswith("Not run"), name


SIX = ("bw-relu", "siren", "wire", "gauss", "relu-pe", "relu")
PAPER = on_one_line("paper.md")


def row(first: str) -> list[str]:
    """The other cells of the row of a table that begins with ``first``."""
    (line,) = re.findall(
        rf"^\| {re.escape(first)} \| (.*) \|$", (archive.RESULTS.parent / "paper.md").read_text(), re.M
    )
    return str(line).split(" | ")


def test_what_the_search_at_full_size_found() -> None:
    stored = tried("paper-image-search")
    assert set(stored["steps"]) == {200}
    best = stored.groupby("activation")["score"].max()
    found = searched("paper-image")
    assert set(found) == {*suite.load("paper-image")[0].activations} == {*SIX, "bw-relu-published"}
    for name, tasks in found.items():
        assert tasks["image"].trials == (1 if name == "bw-relu-published" else 16)
        assert tasks["image"].score == pytest.approx(best[name], abs=0.005)
    assert row("`coins`, 200 steps") == [f"{best[name]:.1f}" for name in SIX]
    searched_for, published = (f"{best[name]:.1f} dB" for name in ("bw-relu", "bw-relu-published"))
    assert f"c = 11.5 has {searched_for} and BW-ReLU with its authors' settings {published}" in PAPER
    rates = [(found[name]["image"].settings.get("train") or {"lr": 3e-3})["lr"] for name in SIX]
    assert [float(rate) for rate in row("learning rate")] == rates


def test_what_is_said_of_pictures_at_full_size() -> None:
    (task,) = archive.archived("paper-image").tasks
    methods = {method.key: method for method in task.methods}
    assert set(methods) == {*SIX, "bw-relu-published"}
    means = {method: mean for (_, method), mean in means_of("paper-image").items()}
    bw_relu, published, siren, wire, gauss = (
        f"{means[name]:.1f}" for name in ("bw-relu", "bw-relu-published", "siren", "wire", "gauss")
    )
    assert (
        f"as well as SIREN ({bw_relu} and {siren} dB) and better than WIRE ({wire}) and Gauss ({gauss}); with its "
        f"authors' settings it has {published} dB" in on_one_line("answer.md")
    )
    values, rivals = ([run.final("psnr") for run in methods[name].runs] for name in ("bw-relu", "siren"))
    p = ttest_ind(values, rivals, equal_var=False).pvalue
    assert (
        f"equal search {means['siren'] - means['bw-relu']:.1f} dB worse, a difference that three repeats do not confirm"
        in PAPER
    )
    assert f"(Welch's t-test, p = {p:.2f})" in PAPER
    assert f"it is the other way round, by {means['bw-relu-published'] - means['bw-relu']:.1f} dB" in PAPER
    assert f"chooses the first, which ends at {siren} dB" in on_one_line("evidence/settings.md")
    reached = [
        next(point.step for point in run.curves["psnr"] if point.value >= 40)
        for name in ("bw-relu-published", "bw-relu", "siren", "gauss", "wire")
        for run in methods[name].runs
    ]
    assert f"pass 40 dB between steps {min(reached)} and {max(reached)}" in PAPER


def test_what_is_said_of_the_searches_at_the_small_scale() -> None:
    means = {cell: mean for name in SMALL for cell, mean in means_of(name, scale="small").items()}
    gained = {
        (task, method): means[task, method] - means[task, f"{method}-published"]
        for task, method in (("image", "bw-relu"), ("superres", "bw-relu"), ("superres", "wire"), ("ct", "bw-relu"))
    }
    assert f"with its authors' settings it is {gained['image', 'bw-relu']:.1f} dB lower" in PAPER
    ahead = means["superres", "bw-relu-published"] - means["superres", "wire-published"]
    assert (
        f"BW-ReLU is {ahead:.1f} dB ahead; it loses {gained['superres', 'bw-relu']:.1f} dB by them, "
        f"WIRE {gained['superres', 'wire']:.1f} dB" in PAPER
    )
    assert f"settings cost it {gained['superres', 'wire']:.1f} dB against a search" in PAPER
    assert f"WIRE is {ahead:.1f} dB behind BW-ReLU with the settings of this run" in on_one_line("evidence/bw-relu.md")
    assert means["superres", "bicubic"] > means["superres", "bw-relu"] > means["superres", "wire"]
    assert f"it has {gained['ct', 'bw-relu']:.1f} dB more. SIREN is level" in PAPER
    for task, method, rival in (
        ("image", "bw-relu", "wire"),
        ("superres", "bw-relu", "wire"),
        ("ct", "bw-relu", "siren"),
    ):
        assert abs(means[task, method] - means[task, rival]) < 0.3


def losses(scale: str | None, rule: int) -> dict[str, float]:
    """What a rule for c loses on each task against the best c, in dB."""
    lost = {task: choice.gap_of(by_rule(choice)[rule]) for task, choice in of_tasks(scale)}
    assert len(lost) == 6
    return {task: round(value, 1) for task, value in lost.items() if value is not None}


def test_what_is_said_of_rules_for_c() -> None:
    norm, quasi_norm, least = (losses(None, rule) for rule in range(3))
    small_norm, small_quasi, small_least = (losses("small", rule) for rule in range(3))
    assert max(small_norm.values()) == 0.7
    assert max(norm["ct"], norm["denoise"], norm["deblur"]) <= 0.7
    assert (
        f"superres, mri and image it chooses a c that is too large and loses {norm['superres']}, {norm['mri']}" in PAPER
    )
    assert f"and {norm['image']} dB" in PAPER
    for task, choice in of_tasks():
        too_large = (
            choice.chosen is not None and choice.oracle is not None and choice.chosen.value > choice.oracle.value
        )
        assert too_large or task == "deblur"
    assert (
        f"loses {max(quasi_norm.values())} dB at most at 128 × 128, but {small_quasi['deblur']} dB on deblur" in PAPER
    )
    assert quasi_norm == least
    assert {task for task in small_least if small_least[task] != small_quasi[task]} == {"superres"}
    assert small_least["superres"] < small_quasi["superres"]
    largest = [choice.gap_of(choice.candidates[-1]) for _, choice in of_tasks()]
    assert all(5.5 < gap < 18.5 for gap in largest if gap is not None)
    for pair in (norm, small_norm), (quasi_norm, small_quasi), (least, small_least):
        assert max(max(values.values()) for values in pair) > 1
