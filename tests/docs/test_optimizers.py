"""docs/evidence/optimizers.md agrees with the stored results of `validate-muon`."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from inrbench.bench import results

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    final = results.final(DOCS / "results" / "validate-muon")
    return final[final["kind"] == "activation"]


def gain(scores: pd.DataFrame, task: str, signal: str, network: str) -> str:
    """Muon minus Adam, each at its best rate, over paired repeats: mean ± standard error."""
    case = scores[(scores["task"] == task) & (scores["signal"] == signal)]
    values = case.pivot(index="repeat", columns="method", values="value")
    muon, adam = (
        values[values.filter(regex=rf"^{network}{optimizer}\[").mean().idxmax()] for optimizer in ("-muon", "")
    )
    difference = muon - adam
    assert len(difference) == 5
    mean, error = difference.mean(), difference.std() / math.sqrt(5)
    sign = "+" if round(mean, 1) > 0 else ""
    return f"{sign}{mean:.1f} ± {error:.1f}"


def test_the_published_signs_at_their_toy_size(scores: pd.DataFrame) -> None:
    page = (DOCS / "evidence" / "optimizers.md").read_text()
    cases = [("image", "phantom-1"), ("image", "camera"), ("ct", "phantom-1")]
    for label, network in (("SIREN", "siren"), ("ReLU", "relu")):
        row = " | ".join([label, *(gain(scores, *case, network) for case in cases)])
        assert f"| {row} |" in page
