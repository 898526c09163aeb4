"""Claims of papers: the numbers of the verdict at full size are those of the stored results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site import archive
from inrbench.bench.config import suite
from inrbench.report.data.stats import estimate

FULL = {
    "paper-ct": ("train.steps=3000", "tasks.ct.tv_weight=3.0e-5"),
    "paper-image": (),
    "paper-superres": (),
    "paper-neurofield": (),
}
ROUNDING = 0.0501


@pytest.mark.parametrize(("name", "overrides"), FULL.items(), ids=FULL)
def test_the_numbers_of_a_verdict_are_stored(name: str, overrides: tuple[str, ...]) -> None:
    claim = suite.load(name)[0].claim
    assert claim is not None
    (task,) = archive.archived(name, *overrides).tasks
    means = [item.mean for method in task.methods if (item := estimate(method.final(task.headline.name)))]
    numbers = [float(text) for text in re.findall(r"\d+\.\d", claim.full)]
    assert len(numbers) >= 3
    for number in numbers:
        assert any(abs(number - mean) < ROUNDING for mean in means), number


def test_where_nothing_is_stored_the_verdict_says_that_it_was_not_run() -> None:
    for name in suite.shipped():
        claim = suite.load(name)[0].claim
        if claim and not (Path(archive.RESULTS) / name).is_dir():
            assert claim.full.startswith("Not run"), name
