"""docs/evidence/cost.md agrees with the stored results of `step-times`."""

from __future__ import annotations

import pandas as pd
import pytest

from docs.site.step_times import COMPILED, engines, ratios, spread
from tests.docs.pages import on_one_line

PAGE = on_one_line("evidence/cost.md")


@pytest.fixture(scope="module")
def steps() -> pd.DataFrame:
    return ratios()


def span(steps: pd.DataFrame, *names: str) -> tuple[float, float]:
    """The least and the largest ratio of some activations, to a tenth."""
    values = steps.loc[[*names]].to_numpy()
    return round(float(values.min()), 1), round(float(values.max()), 1)


def test_compiled_ones(steps: pd.DataFrame) -> None:
    assert "Compiled, most steps cost 1.0 to 1.5 times as much as ReLU's" in PAGE
    compiled = [str(name) for name, engine in engines().items() if engine == COMPILED and name not in ("wire", "mfn")]
    assert span(steps, *compiled) == (1.0, 1.5)
    assert "BW-ReLU, SIREN, Gauss and FINER cost 1.0 to 1.2 times as much" in PAGE
    assert span(steps, "bw-relu", "siren", "gauss", "finer") == (1.0, 1.2)
    assert "WIRE and MFN, 2.0 to 2.2 times" in PAGE
    assert span(steps, "wire", "mfn") == (2.0, 2.2)


def test_others(steps: pd.DataFrame) -> None:
    assert "CAFE, FUTON and MSA 1.8 to 3.2 times" in PAGE
    assert span(steps, "cafe", "futon", "msa") == (1.8, 3.2)
    assert "the times by PyTorch, 13 to 16 and 6.1 to 7.2" in PAGE
    assert span(steps, "wire-2d") == (6.1, 7.2)
    assert span(steps, "staf") == (12.9, 16.4)
    assert "faster than ReLU (0.5 and 0.6)" in PAGE
    assert span(steps, "grid") == (0.5, 0.6)
    assert (steps.drop("grid").to_numpy() >= 1).all()
    assert span(steps, "instant-ngp") == (1.3, 1.5)


def test_repeats_agree() -> None:
    assert f"Repeats differ by a factor of {spread():.1f} at most" in PAGE
