"""Published numbers beside measured ones: the orders of pictures agree, and keep agreeing."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from docs.site.archive import RESULTS
from docs.site.published import agreement, beside_measured, measured
from inrbench.bench import results
from inrbench.report.data.published import published
from tests.docs.pages import on_one_line


def of(paper: str, task: str, data: str) -> pd.Series:
    items = [item for item in published() if (item.paper.split()[0], item.task) == (paper, task) and data in item.data]
    return pd.Series({item.method: item.value for item in items})


@pytest.mark.parametrize("data", ["three DIV2K pictures", "0527"])
def test_pictures_rank_as_in_another_equal_search(data: str) -> None:
    """Bound of 0.8, set before the search of `reference-small` is ever repeated."""
    correlation, count = agreement(of("INR-ACT", "image", data), measured("reference-small", "image", "psnr"))
    assert count == 7
    assert correlation >= 0.8


def test_only_methods_of_both_are_compared() -> None:
    one, other = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}), pd.Series({"b": 5.0, "c": 4.0, "d": 0.0})
    correlation, count = agreement(one, other)
    assert correlation == pytest.approx(-1)
    assert count == 2


def test_the_page_has_the_numbers_of_both() -> None:
    text = beside_measured()
    assert "| `finer` | 40.90 | 34.10 | 31.87 |" in text
    said = [
        re.findall(rf"([\d.]+) with `{suite}`", part)[0]
        for suite in ("reference-small", "reference")
        for part in text.split("### ")
        if part.startswith("INR-ACT (code)") and ": image, " in part.partition("\n")[0]
    ]
    page = on_one_line("evidence/published.md")
    assert "INR-ACT {} and {} (`reference-small`), {} and {} (`reference`)".format(*said) in page
    assert "0.93 with `reference-small` (7 methods)" in text
    occupancy, superres = ([of("FUTON", task, ""), measured("reference", task, metric)]
                           for task, metric in (("occupancy", "iou"), ("superres", "psnr")))  # fmt: skip
    seven = [one[one.index.isin(other.index)].sort_values() for one, other in (occupancy, occupancy[::-1])]
    assert [(len(one), one.index[0], one.index[-1]) for one in seven] == [
        (7, "relu-pe", "instant-ngp"), (7, "instant-ngp", "relu-pe")
    ]  # fmt: skip
    assert seven[0].iloc[0] == seven[0]["mfn"]
    assert f"than at 256 (-0.79 and {agreement(*occupancy)[0]:.2f})" in page
    assert f"`reference` ({agreement(*superres)[0]:.2f})" in page
    noisy = [agreement(of("INR-ACT", "denoise", ""), measured(suite, "denoise", "psnr"))[0]
             for suite in ("reference-small", "reference")]  # fmt: skip
    assert "({:.2f} with `reference-small`, {:.2f} with `reference`)".format(*noisy) in page
    kodak = [agreement(of("FUTON", "image", "Kodak"), measured(suite, "image", "psnr"))[0]
             for suite in ("paper-neurofield", "reference")]  # fmt: skip
    assert "with NeuroField {:.2f} at its own size and {:.2f} at 128 × 128 pixels".format(*kodak) in page


def test_the_level_of_siren_is_that_of_alpine() -> None:
    """Bound of 0.7 dB on the mean of three seeds, set before the first run."""
    final = results.final(RESULTS / "validate-alpine")
    assert abs(final["value"].mean() - 38.45) < 0.7
    page = on_one_line("evidence/published.md")
    assert f"{final['value'].mean():.2f} dB with three seeds" in page
    assert len(final) == 3
