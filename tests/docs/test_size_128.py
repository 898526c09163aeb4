"""docs/evidence/size-128.md agrees with the stored results of `reference-128`."""

from __future__ import annotations

import pandas as pd
import pytest

from docs.site.archive import RESULTS
from docs.site.at_128 import values_of

PAGE = " ".join((RESULTS.parent / "evidence" / "size-128.md").read_text().split())


@pytest.fixture(scope="module")
def image() -> pd.DataFrame:
    return values_of("image")


@pytest.fixture(scope="module")
def ct() -> pd.DataFrame:
    return values_of("ct")


def test_what_is_said_of_pictures(image: pd.DataFrame) -> None:
    mean = image.mean(axis=1).round(2)
    assert list(mean.index[:2]) == ["siren", "instant-ngp"]
    assert (image.loc["siren"] > image.loc["instant-ngp"]).sum() == 3
    centred, published = mean["bw-relu-centred"], mean["bw-relu"]
    assert f"worth {centred - published:.1f} dB ({centred} and {published} dB)" in PAGE
    assert f"with either BW-ReLU is ahead of Gauss ({mean['gauss']} dB) and ReLU ({mean['relu']} dB)" in PAGE
    assert f"and {mean['siren'] - published:.1f} dB behind SIREN" in PAGE
    assert image["cell"].idxmax() == "grid"
    worse = image.at["siren", "astronaut"] - image.at["grid", "astronaut"]
    assert f"({image.at['grid', 'cell']:.2f} dB) and astronaut {worse:.1f} dB worse than SIREN" in PAGE


def test_what_is_said_of_ct(ct: pd.DataFrame) -> None:
    networks = ct.drop(["tv", "fbp"])
    best = networks.max()
    mean = ct.mean(axis=1).round(2)
    assert (ct.loc["tv"] > best).all()
    assert f"on all six signals, by {mean['tv'] - mean['grid']:.1f} dB on average" in PAGE
    assert f"penalty ({mean['grid']} dB); FINER ({mean['finer']} dB) and SIREN ({mean['siren']} dB) follow" in PAGE
    assert {name for name in ct if networks[name].idxmax() == "bw-relu"} == {"ct-small", "shepp-logan"}
    assert f"Here `centred` loses {mean['bw-relu'] - mean['bw-relu-centred']:.1f} dB" in PAGE
    phantoms = ["phantom-1", "phantom-2", "phantom-3"]
    assert (best - ct.loc["fbp"])[phantoms].max() < 2.3
    assert (ct.loc["fbp", phantoms] > ct.loc[["gauss", "relu"], phantoms].max()).all()
