"""docs/evidence/size-128.md agrees with the stored results of `reference-128`."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from docs.site.archive import RESULTS
from docs.site.at_128 import best_classical, mean_ranks, networks, tasks, values_of

PAGE = " ".join((RESULTS.parent / "evidence" / "size-128.md").read_text().split())
SECTIONS = {
    "Super-resolution": "superres",
    "MRI": "mri",
    "Signed distances": "sdf",
    "Inpainting": "inpaint",
    "Functions": "function",
}
LABELS = {
    "SIREN": "siren",
    "FINER": "finer",
    "WIRE": "wire",
    "Gauss": "gauss",
    "BW-ReLU": "bw-relu",
    "`centred` initial values": "bw-relu-centred",
    "ReLU+PE": "relu-pe",
    "ReLU": "relu",
    "Grid": "grid",
    "Instant-NGP": "instant-ngp",
    "least squares": "least-squares",
    "TV": "tv",
    "bicubic": "bicubic",
    "biharmonic spline": "biharmonic",
    "Cubic interpolation": "cubic",
    "linear interpolation": "linear",
    "CG-SENSE": "cg-sense",
    "zero filling": "zero-filled",
}


def means(values: pd.DataFrame, digits: int = 2) -> dict[str, float]:
    """Of each method over all signals, the best first."""
    return dict(zip(map(str, values.index), values.to_numpy().mean(axis=1).round(digits).tolist(), strict=True))


def at(values: pd.DataFrame, method: str, signal: str) -> float:
    return float(values.loc[[method], [signal]].to_numpy()[0, 0])


@pytest.fixture(scope="module")
def image() -> pd.DataFrame:
    return values_of("image")


@pytest.fixture(scope="module")
def ct() -> pd.DataFrame:
    return values_of("ct")


def test_what_is_said_of_all_tasks() -> None:
    ranks = mean_ranks()
    assert list(ranks) == ["siren", "finer", "grid", "bw-relu", "relu-pe", "gauss"]
    for label, name in (
        ("first of six in mean rank", "siren"),
        ("FINER second", "finer"),
        ("BW-ReLU** is fourth", "bw-relu"),
    ):
        assert f"{label} ({ranks[name]:.2f})" in PAGE
    assert len(tasks()) == 7
    classical = best_classical()
    assert "on all six tasks that have one" in PAGE
    assert len(classical) == 6
    for task, (name, _) in classical.items():
        assert values_of(task).index[0] == name
    complete = networks().loc[[*ranks]].assign(sdf=lambda frame: -frame["sdf"]).rank(ascending=False)
    assert ((complete.loc["grid"] == 1).sum(), (complete.loc["grid"] == 6).sum()) == (3, 2)


def section(heading: str) -> str:
    """The text of a section, without its table and without emphasis."""
    text = PAGE.partition(f"## {heading} ")[2].partition(" ## ")[0]
    return text.partition("<!-- end of list -->")[2].replace("**", "")


@pytest.mark.parametrize(("heading", "task"), SECTIONS.items())
def test_a_score_after_a_method_is_its_mean(heading: str, task: str) -> None:
    mean = means(values_of(task), digits=4)
    names = "|".join(sorted(map(re.escape, LABELS), key=len, reverse=True))
    said = re.findall(rf"({names}),? \((\d+\.\d+)(?: dB)?\)", section(heading))
    assert len(said) >= 3
    for label, number in said:
        assert round(mean[LABELS[label]], len(number.partition(".")[2])) == float(number), label


def test_what_is_said_of_superres() -> None:
    values = values_of("superres")
    networks = values.drop(["least-squares", "tv", "bicubic", "nearest"])
    assert (networks.max() < values.loc[["least-squares", "tv", "bicubic"]].max()).all()
    mean = means(values)
    assert f"is {mean['least-squares'] - mean['siren']:.1f} dB behind on average" in section("Super-resolution")


def test_what_is_said_of_mri() -> None:
    values = values_of("mri")
    networks = values.drop(["tv", "cg-sense", "zero-filled"])
    best = networks.max()
    assert (values.loc["tv"] > best).all()
    assert {name for name in map(str, values) if at(values, "cg-sense", name) > best[name]} == {
        "mri-abdomen",
        "mri-head",
    }
    assert {name for name in map(str, values) if at(values, "bw-relu", name) == best[name]} == {"cell", "shepp-logan"}
    mean = means(values)
    assert mean["grid"] < mean["zero-filled"]


def test_what_is_said_of_signed_distances() -> None:
    values = values_of("sdf")
    assert (values.drop("biharmonic").min() > values.loc["biharmonic"]).all()
    mean = means(values, digits=5)
    assert f"{mean['biharmonic'] / mean['grid']:.1f} of the best network's" in section("Signed distances")
    assert round(mean["bw-relu"] / mean["siren"]) == 2
    ahead = [name for name in map(str, values) if at(values, "bw-relu", name) < at(values, "siren", name)]
    assert ahead == ["sdf-slab"]


def test_what_is_said_of_penalties() -> None:
    table = PAGE.partition("size_128 systems -->")[2].partition("<!--")[0]
    rows = re.findall(r"`grid-tv` \| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+)", table)
    gain = {task: float(penalised) - float(plain) for task, plain, penalised, _ in rows}
    behind = {task: float(best) - float(penalised) for task, _, penalised, best in rows}
    assert f"{gain['ct']:.1f} dB (ct), {gain['mri']:.1f} dB (mri) and {gain['inpaint']:.1f} dB (inpaint)" in PAGE
    assert f"best network on ct, {behind['ct']:.1f} dB behind total variation" in PAGE
    scores = {task: float(penalised) for task, _, penalised, _ in rows}
    assert scores["ct"] > values_of("ct").drop(["tv", "fbp"]).to_numpy().mean(axis=1).max()
    assert abs(scores["mri"] - means(values_of("mri"))["siren"]) < 0.1


def test_what_is_said_of_inpainting() -> None:
    values = values_of("inpaint")
    networks = values.drop(["biharmonic", "linear", "nearest"])
    ahead = networks > values.loc["biharmonic"]
    assert ahead.any().sum() == 1
    assert (ahead["retina"].sum(), len(networks)) == (7, 10)
    assert "On retina seven of ten networks are ahead of it" in section("Inpainting")
    mean = means(values)
    assert f"is {mean['siren'] - mean['bw-relu']:.1f} dB behind" in section("Inpainting")


def test_what_is_said_of_functions() -> None:
    mean = means(values_of("function"))
    assert next(iter(mean)) == "cubic"
    behind, centred = mean["siren"] - mean["bw-relu"], mean["siren"] - mean["bw-relu-centred"]
    text = section("Functions")
    assert f"is {behind:.1f} dB behind SIREN, and with" in text
    assert f"dB) {centred:.1f} dB" in text


def test_what_is_said_of_pictures(image: pd.DataFrame) -> None:
    mean = means(image)
    assert list(mean)[:2] == ["siren", "instant-ngp"]
    assert (image.loc["siren"] > image.loc["instant-ngp"]).sum() == 3
    centred, published = mean["bw-relu-centred"], mean["bw-relu"]
    assert f"worth {centred - published:.1f} dB ({centred} and {published} dB)" in PAGE
    assert f"with either BW-ReLU is ahead of Gauss ({mean['gauss']} dB) and ReLU ({mean['relu']} dB)" in PAGE
    assert f"and {mean['siren'] - published:.1f} dB behind SIREN" in PAGE
    assert image["cell"].idxmax() == "grid"
    worse = at(image, "siren", "astronaut") - at(image, "grid", "astronaut")
    assert f"({at(image, 'grid', 'cell'):.2f} dB) and astronaut {worse:.1f} dB worse than SIREN" in PAGE


def test_what_is_said_of_ct(ct: pd.DataFrame) -> None:
    networks = ct.drop(["tv", "fbp"])
    best = networks.max()
    mean = means(ct)
    assert (ct.loc["tv"] > best).all()
    assert f"on all six signals, by {mean['tv'] - mean['grid']:.1f} dB on average" in PAGE
    assert f"penalty ({mean['grid']} dB); FINER ({mean['finer']} dB) and SIREN ({mean['siren']} dB) follow" in PAGE
    assert f"Here `centred` loses {mean['bw-relu'] - mean['bw-relu-centred']:.1f} dB" in PAGE
    first = [name for name in map(str, ct) if at(ct, "bw-relu", name) == best[name]]
    assert sorted(first) == ["ct-small", "shepp-logan"]
    phantoms = ["phantom-1", "phantom-2", "phantom-3"]
    for name in phantoms:
        assert at(ct, "fbp", name) > max(at(ct, "gauss", name), at(ct, "relu", name), float(best[name]) - 2.3)


def test_what_is_said_of_bw_relu_on_its_own_page() -> None:
    page = " ".join((RESULTS.parent / "evidence" / "bw-relu.md").read_text().split())
    image, superres, ct, mri, inpaint = (
        {name: f"{value:.2f} dB" for name, value in means(values_of(task)).items()}
        for task in ("image", "superres", "ct", "mri", "inpaint")
    )
    for said in (
        f"above Gauss ({image['gauss']}) with {image['bw-relu']}",
        f"SIREN ({image['siren']}); with `centred` initial values {image['bw-relu-centred']}",
        f"no: {superres['bw-relu']}, SIREN {superres['siren']}, least squares {superres['least-squares']}",
        f"in part: {ct['bw-relu']}, SIREN {ct['siren']}, Gauss {ct['gauss']}; TV {ct['tv']}",
        f"{mri['bw-relu']}, SIREN {mri['siren']}. On inpainting it has {inpaint['bw-relu']}, SIREN {inpaint['siren']}",
    ):
        assert said in page, said
