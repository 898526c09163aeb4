"""docs/evidence/reference.md agrees with the stored results of `reference`."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from docs.site.archive import final
from docs.site.at_128 import (
    at_both_sizes,
    best_classical,
    board,
    correlation,
    mean_ranks,
    networks,
    penalised,
    ranks_of_repeat,
    small,
    tasks,
    values_of,
)
from inrbench.bench.config.suite import load
from tests.docs.pages import at, on_one_line, searched, tried

PAGE, SMALL = on_one_line("evidence/reference.md"), on_one_line("evidence/reference-small.md")
SECTIONS = {
    "Super-resolution": "superres",
    "MRI": "mri",
    "Denoising": "denoise",
    "Deblurring": "deblur",
    "Pictures from gradients": "poisson",
    "Occupancy": "occupancy",
    "Signed distances": "sdf",
    "Inpainting": "inpaint",
    "Functions": "function",
}
RANKED = (
    ("first in mean rank", "siren"),
    ("FINER is second", "finer"),
    ("HOSC** is third", "hosc"),
    ("Instant-NGP** is fourth", "instant-ngp"),
    ("MFN** is fifth", "mfn"),
    ("WIRE** is sixth", "wire"),
    ("Grid** is seventh", "grid"),
    ("RFF** is eighth", "rff"),
    ("STAF** is ninth, level with FourierNet", "staf"),
    ("FourierNet** is tenth", "fouriernet"),
    ("is twelfth, level with ReLU+PE", "relu-pe"),
    ("BW-ReLU** is twelfth", "bw-relu"),
    ("sinc** is thirteenth", "sinc"),
    ("is thirteenth, level with Gauss", "gauss"),
    ("`centred` initial values** is fifteenth", "bw-relu-centred"),
    ("BACON** is sixteenth", "bacon"),
    ("ReLU** is last", "relu"),
)
"""What the page says of mean ranks, and of which network."""

PLACES = {
    "hosc": {"mri": 2, "deblur": 2, "ct": 3, "denoise": 10, "sdf": 17},
    "instant-ngp": {"poisson": 15, "occupancy": 15},
    "mfn": {"sdf": 3, "function": 5, "mri": 13, "denoise": 9},
    "grid": {"function": 1, "ct": 2, "sdf": 2},
    "rff": {"denoise": 2, "deblur": 16},
    "staf": {"poisson": 5, "inpaint": 6, "occupancy": 6, "denoise": 14, "ct": 16},
    "fouriernet": {"sdf": 1, "inpaint": 4, "function": 4, "superres": 14, "denoise": 15, "deblur": 15},
    "sinc": {"poisson": 3, "occupancy": 3, "inpaint": 8, "ct": 15, "superres": 16, "denoise": 13, "deblur": 14},
    "bacon": {"occupancy": 8, "function": 9, "poisson": 17},
}
"""What the page says of the places of networks on tasks."""

LEADERS = "instant-ngp", "siren"

LABELS = {
    "SIREN": "siren",
    "FINER": "finer",
    "WIRE": "wire",
    "Gauss": "gauss",
    "MFN": "mfn",
    "HOSC": "hosc",
    "BW-ReLU": "bw-relu",
    "`centred` initial values": "bw-relu-centred",
    "ReLU+PE": "relu-pe",
    "RFF": "rff",
    "sinc": "sinc",
    "BACON": "bacon",
    "FourierNet": "fouriernet",
    "STAF": "staf",
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
    "Non-local means": "nl-means",
    "zero filling": "zero-filled",
    "Total variation": "tv",
    "total variation": "tv",
    "Tikhonov": "tikhonov",
    "Wiener": "wiener",
    "DCT solver": "dct",
    "nearest neighbour": "nearest",
}


def means(values: pd.DataFrame, digits: int = 2) -> dict[str, float]:
    """Of each method over all signals, the best first."""
    return dict(zip(map(str, values.index), values.to_numpy().mean(axis=1).round(digits).tolist(), strict=True))


def places() -> pd.DataFrame:
    """The place on each task of each network that was run on all of them, 1 for the best."""
    ranked = networks().loc[[*mean_ranks()]]
    return ranked.assign(sdf=-ranked["sdf"]).rank(ascending=False)


@pytest.fixture(scope="module")
def image() -> pd.DataFrame:
    return values_of("image")


@pytest.fixture(scope="module")
def ct() -> pd.DataFrame:
    return values_of("ct")


def test_what_is_said_of_all_tasks() -> None:
    assert len(tasks()) == 11
    for label, _ in RANKED:
        assert label in PAGE
    assert [*mean_ranks()] == [name for _, name in RANKED]
    assert "All seventeen networks have been run on every task" in PAGE
    assert len(RANKED) == len(load("reference")[0].activations) == 17
    assert board().leading == {"siren", "finer", "hosc", "instant-ngp", "wire", "grid"}
    place = places()
    assert place.loc["siren"].max() == 5
    first = place.idxmin()
    assert {str(name): set(first.index[first == name]) for name in first} == {
        "siren": {"image", "poisson"},
        "instant-ngp": {"ct", "superres", "deblur"},
        "grid": {"function"},
        "fouriernet": {"sdf"},
        "wire": {"inpaint", "denoise"},
        "relu-pe": {"occupancy"},
        "rff": {"mri"},
    }
    for name, said in PLACES.items():
        assert {task: at(place, name, task) for task in said} == said, name
    assert sum("lr high" in best.edges for best in searched("reference")["mfn"].values()) == 5
    assert (place.loc["wire"] < place.loc["bw-relu"]).sum() == 6
    assert {task for task, found in place.T["grid"].to_dict().items() if found == 17} == {"mri", "inpaint"}
    classical = best_classical()
    ahead = {task for task, (name, _) in classical.items() if values_of(task).index[0] == name}
    assert "on nine of the ten tasks that have one" in PAGE
    assert (len(ahead), len(classical), set(classical) - ahead) == (9, 10, {"occupancy"})


def test_what_is_said_of_hosc() -> None:
    here = networks()
    assert round(at(here, "hosc", "sdf") / at(here, "siren", "sdf")) == 4
    same = [best for best in searched("reference")["hosc"].values() if best.edges == ["beta low"]]
    assert len(same) == 9
    for best in same:
        assert best.settings == {"train": {"lr": 0.00202}, "omega0": 15.2, "beta": 2.4}
        assert best.trials == 24


def test_what_is_said_of_sinc() -> None:
    small_denoise = small()["denoise"]
    assert (small_denoise.idxmax(), small_denoise.notna().sum()) == ("sinc", 28)
    both = at_both_sizes("denoise")
    assert [at(both.rank(ascending=False), "sinc", size) for size in ("small", "here")] == [1, 12]
    assert f"without it the correlation is {correlation(both.drop('sinc'))}" in SMALL
    found = searched("reference")["sinc"]
    assert sum(best.settings == found["superres"].settings for best in found.values()) == 7
    superres = found["superres"]
    assert [name for name, settings in superres.signals.items() if settings != superres.settings] == ["colorwheel"]
    stored = tried("reference")
    own = stored[(stored["task"] == "superres") & (stored["activation"] == "sinc") & (stored["steps"] == 1000)]
    by_trial = own.pivot_table(index="trial", columns="signal", values="score")
    there = by_trial.assign(mean=by_trial.mean(axis=1)).nlargest(1, "mean")["colorwheel"].item()
    values = values_of("superres")
    assert [*values.index][-2:] == ["sinc", "relu"]
    assert (
        f"has {at(values, 'sinc', 'colorwheel'):.2f} dB on colorwheel; that of the other signals had "
        f"{there:.2f} dB there" in PAGE
    )


def test_what_is_said_of_bacon() -> None:
    place, found = places(), searched("reference")["bacon"]
    others = place.loc["bacon"].drop([*PLACES["bacon"]])
    assert (len(others), others.min(), others.max()) == (8, 11, 15)
    assert [(place.loc[name] < place.loc["bacon"]).sum() for name in ("mfn", "fouriernet")] == [10, 8]
    bands = [best.settings["band"] for best in found.values()]
    assert f"{min(bands):.2f} to {max(bands):.2f} of the Nyquist frequency" in PAGE


def test_what_is_said_of_fouriernet() -> None:
    place, here = places(), networks()
    assert 0.99 < at(here, "fouriernet", "sdf") / at(here, "grid", "sdf") < 1
    ahead = {task for task in map(str, place) if at(place, "fouriernet", task) < at(place, "mfn", task)}
    assert (ahead, len(place.columns)) == ({"sdf", "inpaint", "function", "mri"}, 11)


def test_what_is_said_of_staf() -> None:
    place, poisson = places(), values_of("poisson")
    assert {name for name in map(str, poisson) if poisson[name].idxmax() == "staf"} == {"colorwheel"}
    assert ((place.loc["siren"] < place.loc["staf"]).sum(), len(place.columns)) == (11, 11)


def test_what_is_said_of_rff() -> None:
    scores = final("reference")
    own = scores[scores["name"] == "rff"].groupby(["task", "repeat"])["value"].mean()
    ct, deblur = (f"{own[task, 0]:.2f} and {own[task, 1]:.2f} dB" for task in ("ct", "deblur"))
    assert f"on ct the two have {ct}, on deblur {deblur}" in PAGE
    assert sum("sigma low" in best.edges for best in searched("reference")["rff"].values()) == 4


def test_what_is_said_of_the_size_of_instant_ngp() -> None:
    scores = final("reference")
    own, siren = (
        scores[scores["name"] == name].set_index(["task", "signal", "repeat"]).sort_index() for name in LEADERS
    )
    more = (own["params"] / siren["params"] - 1).groupby("task").max().mul(100).round()
    (ct,) = own.loc["ct"]["params"].unique()
    assert f"On ct it has {ct:,.0f} parameters, {more['ct']:.0f} % more than SIREN" in PAGE
    assert f"image, deblur and poisson up to {more.max():.0f} % more" in PAGE
    assert set(more.nlargest(3).index) == {"image", "deblur", "poisson"}
    assert (more[["sdf", "inpaint"]] < 0).all()
    above = own[own["params"] > own["measured"]]
    assert set(above.index.get_level_values("task")) == {"superres", "mri", "function"}
    assert set(above.loc["superres"].index.get_level_values("signal")) == {"camera", "brick"}
    assert set(above.loc["mri"].index.get_level_values("signal")) == {"mri-abdomen"}
    assert (above["params"] / above["measured"]).max() <= 1.11


def test_what_is_said_of_centred_initial_values() -> None:
    both = networks().loc[["bw-relu-centred", "bw-relu"]].T
    gain = (both["bw-relu-centred"] - both["bw-relu"]).drop("sdf")
    assert f"gain on pictures ({gain['image']:.1f} dB) and functions ({gain['function']:.1f} dB)" in PAGE
    assert {str(task) for task, value in gain.items() if value > 0} == {"image", "function", "denoise", "occupancy"}
    assert gain["denoise"] < 0.05
    assert gain["occupancy"] < 0.01
    edges = {task: best for task, best in searched("reference")["bw-relu-centred"].items() if "c low" in best.edges}
    assert (len(edges), {best.settings["c"] for best in edges.values()}) == (8, {1.12})
    assert f"most on mri ({-gain['mri']:.1f} dB) and sdf, where the error doubles" in PAGE
    assert gain.idxmin() == "mri"
    assert 1.9 < at(both, "sdf", "bw-relu-centred") / at(both, "sdf", "bw-relu") < 2.1


@pytest.mark.parametrize("suite", ["reference", "systems-128", "optimizers-128"])
def test_networks_are_compared_on_the_same_signals_and_repeats(suite: str) -> None:
    scores = final(suite)
    signals = {str(task): of["signal"].nunique() for task, of in final("reference").groupby("task")}
    for (task, name), jobs in scores[scores["activation"].notna()].groupby(["task", "name"]):
        cases = set(zip(jobs["signal"], jobs["repeat"], strict=True))
        assert (len(jobs), len(cases), set(jobs["repeat"])) == (
            2 * signals[str(task)],
            2 * signals[str(task)],
            {0, 1},
        ), name


def test_what_is_said_of_the_small_problems() -> None:
    without = []
    for task, wanted in {"image": (16, 15, 2), "superres": (16, 16, 1)}.items():
        both = at_both_sizes(task)
        place = both.rank(ascending=False).loc["instant-ngp"]
        assert (len(both), place["small"], place["here"]) == wanted
        without.append(correlation(both.drop("instant-ngp")))
    assert f"without it the correlations are {' and '.join(without)}" in SMALL
    rows = re.findall(
        r"\| (\w+) \| \d+ \| (-?[\d.]+) \|", SMALL.partition("reference ranks -->")[2].partition("<!--")[0]
    )
    found = {task: float(value) for task, value in rows}
    unrelated = {task for task, value in found.items() if abs(value) < 0.3}
    assert unrelated == {"mri", "deblur", "denoise"}
    answer = on_one_line("answer.md")
    related = sorted(value for task, value in found.items() if task not in unrelated)
    assert f"the ranks correlate by {related[0]:.2f} to {related[-1]:.2f} on eight tasks" in answer
    least = sorted(found[task] for task in unrelated)
    assert f"and by {least[0]:.2f} to {least[-1]:.2f} on denoise, mri and deblur" in answer


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
    behind = networks.max() < values.loc[["least-squares", "tv", "bicubic"]].max()
    assert {name for name in map(str, values) if not behind[name]} == {"retina"}
    assert values["retina"].idxmax() == "instant-ngp"
    mean = means(values)
    assert list(means(networks))[:5] == ["instant-ngp", "siren", "finer", "grid", "hosc"]
    loss = {name: at(values, "siren", name) - at(values, "hosc", name) for name in map(str, values)}
    assert f"colorwheel, where it loses {loss.pop('colorwheel'):.1f} dB, it is level" in section("Super-resolution")
    assert abs(sum(loss.values()) / len(loss)) < 0.15
    gaps = [f"{mean['least-squares'] - mean[name]:.1f}" for name in LEADERS]
    assert f"are {' and '.join(gaps)} dB behind least squares" in section("Super-resolution")


def test_what_is_said_of_mri() -> None:
    values = values_of("mri")
    networks = values.drop(["tv", "cg-sense", "zero-filled"])
    best = networks.max()
    assert (values.loc["tv"] > best).all()
    assert {name for name in map(str, values) if at(values, "cg-sense", name) > best[name]} == {
        "mri-abdomen",
        "mri-head",
    }
    first = networks.idxmax()
    own = {name for name in first.index if first[name] == "instant-ngp"}
    assert own == {"phantom-1", "phantom-2"}
    mean = means(values)
    assert list(means(networks))[:3] == ["rff", "hosc", "siren"]
    assert list(mean)[-7:] == ["zero-filled", "sinc", "mfn", "bacon", "bw-relu-centred", "relu", "grid"]


def test_what_is_said_of_denoising() -> None:
    values = values_of("denoise")
    networks = values.drop(["nl-means", "tv", "noisy"])
    assert (values.loc["nl-means"] > networks.max()).all()
    mean = means(values)
    assert list(mean)[:4] == ["nl-means", "tv", "wire", "rff"]
    assert f"instead of {mean['siren']:.1f} dB and FINER 23.1 dB instead of {mean['finer']:.1f} dB" in PAGE


def test_what_is_said_of_deblurring() -> None:
    values = values_of("deblur")
    networks = values.drop(["tv", "tikhonov", "wiener"])
    best, mean = networks.max(), means(values)
    assert {name for name in map(str, values) if at(values, "tv", name) < best[name]} == {"gravel"}
    assert values["gravel"].idxmax() == "grid"
    assert list(mean)[:6] == ["tv", "tikhonov", "wiener", "instant-ngp", "hosc", "finer"]
    assert f"is {mean['siren'] - mean['bw-relu']:.1f} dB behind" in section("Deblurring")
    assert list(networks["cell"].nlargest(2).index) == ["mfn", "bw-relu"]
    assert {name for name in map(str, values) if at(values, "mfn", name) == best[name]} == {"cell"}


def test_what_is_said_of_pictures_from_gradients() -> None:
    values = values_of("poisson")
    mean, text = means(values), section("Pictures from gradients")
    assert f"are {mean['dct'] - mean['siren']:.1f} dB ahead of the best network" in text
    assert (
        f"is {mean['siren'] - mean['bw-relu']:.1f} dB behind SIREN, and no better with `centred` initial values "
        f"({mean['bw-relu-centred']} dB); only Instant-NGP ({mean['instant-ngp']:.2f} dB), ReLU ({mean['relu']} dB) "
        f"and BACON ({mean['bacon']} dB) are behind both" in text
    )
    assert list(mean)[:6] == ["dct", "tikhonov", "tv", "siren", "finer", "sinc"]
    assert list(mean)[-5:] == ["bw-relu", "bw-relu-centred", "instant-ngp", "relu", "bacon"]
    ahead = {
        name
        for name in map(str, values)
        if at(values, "siren", name) > values.loc[["dct", "tikhonov"], [name]].max().max()
    }
    assert ahead == {"colorwheel"}


def test_what_is_said_of_occupancy() -> None:
    values = values_of("occupancy")
    best = ["relu-pe", "siren", "sinc", "wire", "gauss", "staf", "rff", "biharmonic", "bacon", "mfn", "hosc"]
    assert list(values.index)[:11] == best
    assert values["terrain"].idxmax() == "biharmonic"
    mean = means(values, digits=4)
    assert list(mean)[-4:] == ["nearest", "instant-ngp", "grid", "relu"]


def test_what_is_said_of_signed_distances() -> None:
    values = values_of("sdf")
    assert (values.drop("biharmonic").min() > values.loc["biharmonic"]).all()
    mean = means(values, digits=5)
    assert f"{mean['biharmonic'] / mean['fouriernet']:.1f} times that of the best network" in section(
        "Signed distances"
    )
    assert round(mean["bw-relu"] / mean["siren"]) == round(mean["instant-ngp"] / mean["siren"]) == 2
    ahead = [name for name in map(str, values) if at(values, "bw-relu", name) < at(values, "siren", name)]
    assert ahead == ["sdf-slab"]
    assert list(mean)[-1] == "hosc"


def test_what_is_said_of_penalties() -> None:
    here, classical = networks(), best_classical()
    grid, siren, bw_relu = (penalised()[f"{name}-tv"] for name in ("grid", "siren", "bw-relu"))
    assert (len(grid), set(siren), set(bw_relu)) == (7, {"ct", "mri", "inpaint"}, {"ct", "inpaint"})
    gain, with_siren, with_bw_relu = (
        {task: score - at(here, name, task) for task, score in scores.items()}
        for name, scores in (("grid", grid), ("siren", siren), ("bw-relu", bw_relu))
    )
    behind = {task: classical[task][1] - score for task, score in grid.items()}
    assert f"{gain['ct']:.1f} dB (ct), {gain['mri']:.1f} dB (mri), {gain['inpaint']:.1f} dB (inpaint), " in PAGE
    assert f"{gain['deblur']:.1f} dB (deblur) and {gain['denoise']:.1f} dB (denoise) to Grid" in PAGE
    assert f"best network on ct, {behind['ct']:.1f} dB behind total variation" in PAGE
    assert f"and on deblur, {behind['deblur']:.1f} dB behind" in PAGE
    first = {task for task, score in grid.items() if score > max(here[task].max(), siren.get(task, 0))}
    assert (first, classical["ct"][0], classical["deblur"][0]) == ({"ct", "deblur"}, "tv", "tv")
    ahead = {task: grid[task] - at(here, "siren", task) for task in ("mri", "denoise")}
    assert f"On mri it is {ahead['mri']:.1f} dB ahead of SIREN without a penalty" in PAGE
    assert f"on denoise {-ahead['denoise']:.1f} dB behind" in PAGE
    found = {task: best.edges for task, best in searched("systems-128")["grid-tv"].items()}
    assert {task: edges for task, edges in found.items() if any(edge.startswith("tv ") for edge in edges)} == {
        "denoise": ["tv high"],
        "poisson": ["tv low"],
    }
    more = siren["ct"] - at(here, "instant-ngp", "ct")
    assert f"gains {with_siren['ct']:.1f} dB on ct, which puts it {more:.1f} dB ahead" in PAGE
    behind_tv, ahead_of_rff = classical["mri"][1] - siren["mri"], siren["mri"] - at(here, "rff", "mri")
    assert siren["mri"] > max(here["mri"].max(), grid["mri"])
    assert (
        f"On mri it gains {with_siren['mri']:.1f} dB and is then the best network under Adam, {ahead_of_rff:.1f} dB "
        f"ahead of RFF without a penalty and {behind_tv:.1f} dB behind total variation" in PAGE
    )
    on_ct, on_inpaint = with_bw_relu["ct"], with_bw_relu["inpaint"]
    assert f"**BW-ReLU** gains {on_ct:.1f} dB on ct and {on_inpaint:.1f} dB on inpaint." in PAGE
    nothing = [gain["superres"], gain["poisson"], with_siren["inpaint"]]
    assert max(map(abs, nothing)) < 0.05


def test_what_is_said_of_inpainting() -> None:
    values = values_of("inpaint")
    networks = values.drop(["biharmonic", "linear", "nearest"])
    ahead = networks > values.loc["biharmonic"]
    assert ahead.any().sum() == 1
    assert (ahead["retina"].sum(), len(networks)) == (10, 17)
    assert "On retina ten of seventeen networks are ahead of it" in section("Inpainting")
    mean = means(values)
    assert f"is {mean['wire'] - mean['bw-relu']:.1f} dB behind WIRE" in section("Inpainting")


def test_what_is_said_of_functions() -> None:
    values = values_of("function")
    mean = means(values)
    assert list(mean)[:8] == ["cubic", "linear", "grid", "siren", "finer", "fouriernet", "mfn", "hosc"]
    assert {name for name in map(str, values) if values[name].idxmax() == "hosc"} == {"piecewise-constant"}
    behind, centred = mean["siren"] - mean["bw-relu"], mean["siren"] - mean["bw-relu-centred"]
    text = section("Functions")
    assert f"is {behind:.1f} dB behind SIREN, and with" in text
    assert f"dB) {centred:.1f} dB" in text


def test_what_is_said_of_pictures(image: pd.DataFrame) -> None:
    mean = means(image)
    assert list(mean)[:4] == ["siren", "instant-ngp", "finer", "hosc"]
    assert f"HOSC ({mean['hosc']} dB) is level with FINER" in section("Pictures")
    leaders = ", ".join(f"{mean[name]:.2f}" for name in list(mean)[:3])
    assert re.findall(r"\((\d+\.\d+) dB\)", section("Pictures"))[:3] == leaders.split(", ")
    ahead = {name: (image.loc[name] > image.loc["siren"]).sum() for name in ("instant-ngp", "finer")}
    assert ahead == {"instant-ngp": 2, "finer": 0}
    centred, published = mean["bw-relu-centred"], mean["bw-relu"]
    assert f"worth {centred - published:.1f} dB ({centred:.2f} and {published:.2f} dB)" in PAGE
    assert f"with either BW-ReLU is ahead of Gauss ({mean['gauss']:.2f} dB) and ReLU ({mean['relu']:.2f} dB)" in PAGE
    assert f"and {mean['siren'] - published:.1f} dB behind SIREN" in PAGE
    assert image["cell"].idxmax() == "grid"
    worse = at(image, "siren", "astronaut") - at(image, "grid", "astronaut")
    assert f"({at(image, 'grid', 'cell'):.2f} dB) and astronaut {worse:.1f} dB worse than SIREN" in PAGE


def test_what_is_said_of_ct(ct: pd.DataFrame) -> None:
    networks = ct.drop(["tv", "fbp"])
    best = networks.max()
    mean = means(ct)
    assert (ct.loc["tv"] > best).all()
    assert f"on all six signals, by {mean['tv'] - mean['instant-ngp']:.1f} dB on average" in PAGE
    assert (
        f"**Instant-NGP ({mean['instant-ngp']} dB) is the best network**, on three of six signals. "
        f"Grid ({mean['grid']} dB)" in PAGE
    )
    assert (
        f"penalty here, HOSC ({mean['hosc']} dB), RFF ({mean['rff']} dB), SIREN ({mean['siren']} dB) and "
        f"FINER ({mean['finer']} dB) follow" in PAGE
    )
    assert (networks.idxmax() == "instant-ngp").sum() == 3
    assert networks["ct-small"].idxmax() == "mfn"
    assert f"Here `centred` loses {mean['bw-relu'] - mean['bw-relu-centred']:.1f} dB" in PAGE
    assert (
        f"BW-ReLU ({mean['bw-relu']} dB) is ahead of MFN ({mean['mfn']:.2f} dB), WIRE ({mean['wire']:.2f} dB), "
        f"FourierNet ({mean['fouriernet']:.2f} dB), BACON ({mean['bacon']:.2f} dB), Gauss, ReLU+PE, sinc, STAF and "
        "ReLU on average" in PAGE
    )
    others = networks.drop("instant-ngp").max()
    phantoms = ["phantom-1", "phantom-2", "phantom-3"]
    for name in phantoms:
        assert at(ct, "fbp", name) > max(
            *(at(ct, of, name) for of in ("mfn", "fouriernet", "bacon", "gauss", "relu-pe", "sinc", "staf", "relu")),
            float(others[name]) - 2.3,
        )


def test_what_is_said_of_halving() -> None:
    stored = tried("reference")
    assert set(stored[stored["task"] == "denoise"]["steps"]) == {1000}
    means = stored.groupby(["task", "activation", "trial", "steps"])["score"].mean().unstack("steps").dropna()
    lost = means[400] - means[1000]
    grid = {task: lost[task, "grid"].max() for task in ("mri", "deblur")}
    assert f"Grid loses up to {grid['mri']:.1f} and {grid['deblur']:.1f} dB" in PAGE
    for task, name, trial in means[1000].groupby(["task", "activation"]).idxmax().tolist():
        if task in grid and name != "grid":
            assert lost[task, name, trial] < 0, (task, name)


def test_what_is_said_of_bw_relu_on_its_own_page() -> None:
    page = on_one_line("evidence/bw-relu.md")
    image, superres, ct, mri, inpaint, denoise, deblur, poisson = (
        {name: f"{value:.2f} dB" for name, value in means(values_of(task)).items()}
        for task in ("image", "superres", "ct", "mri", "inpaint", "denoise", "deblur", "poisson")
    )
    occupancy, ranks = means(values_of("occupancy"), digits=4), [*mean_ranks()]
    for said in (
        f"denoising {denoise['bw-relu']}, WIRE {denoise['wire']}, SIREN {denoise['siren']}",
        f"deblurring {deblur['bw-relu']}, WIRE {deblur['wire']}, SIREN {deblur['siren']}",
        f"pictures from gradients {poisson['bw-relu']}, WIRE {poisson['wire']}, SIREN {poisson['siren']}",
        f"occupancy {occupancy['bw-relu']:.4f}, WIRE {occupancy['wire']:.4f}, SIREN {occupancy['siren']:.4f}",
        "it is twelfth, behind SIREN and WIRE and ahead of Gauss",
        f"as WIRE ({image['wire']}) and above Gauss ({image['gauss']}) with {image['bw-relu']}",
        f"SIREN ({image['siren']}); with `centred` initial values {image['bw-relu-centred']}",
        f"no: {superres['bw-relu']}, WIRE {superres['wire']}, SIREN {superres['siren']}, least squares "
        f"{superres['least-squares']}",
        f"in part: {ct['bw-relu']}, WIRE {ct['wire']}, SIREN {ct['siren']}, Gauss {ct['gauss']}; TV {ct['tv']}",
        f"{mri['bw-relu']}, WIRE {mri['wire']}, SIREN {mri['siren']}.",
        f"On inpainting it reaches {inpaint['bw-relu']} and SIREN {inpaint['siren']}",
    ):
        assert said in page, said
    assert [ranks.index(name) for name in ("siren", "wire", "bw-relu")] == [0, 5, 11]
    assert ranks.index("gauss") > 11
    groups = [set(board().methods[first : last + 1]) for first, last in board().groups]
    together = set().union(*(group for group in groups if "bw-relu" in group))
    assert "if all pairs are compared it is separated from SIREN, and from neither WIRE nor Gauss" in page
    assert together >= {"wire", "gauss"}
    assert "siren" not in together


def test_what_is_said_of_second_repeats() -> None:
    scores = final("reference")
    scores = scores[scores["activation"].notna()]
    table, text = PAGE.partition("## Second repeats ")[2].split("<!-- end of list -->")[:2]
    text = text.partition("## ")[0]
    rows = {row[0]: row for row in re.findall(r"\| `([\w-]+)` \| ([\d.]+) \| ([\d.]+) \| (\S+) ± (\S+) \|", table)}
    in_db = scores[~scores["task"].isin(["sdf", "occupancy"])]
    both = in_db.pivot_table(index=["name", "task", "signal"], columns="repeat", values="value")
    assert not both.isna().any(axis=None)
    change = both[1] - both[0]
    assert set(change.groupby("name").size()) == {54}
    for name in [*mean_ranks()]:
        mean, spread = change[name].mean(), change[name].std()
        assert (float(rows[name][3]), float(rows[name][4])) == (round(mean, 1), round(spread, 1))
    lost = change.groupby("name").mean().mul(-1).sort_values(ascending=False).round(1)
    assert list(lost.index)[:2] == ["instant-ngp", "relu-pe"]
    assert (
        f"Instant-NGP loses {lost.iloc[0]} dB and ReLU+PE {lost.iloc[1]} dB.** The others lose {lost.iloc[2]} dB"
        in text
    )
    answer, fairness = on_one_line("answer.md"), on_one_line("explanation/fairness.md")
    assert f"Instant-NGP is {lost.iloc[0]} dB worse, ReLU+PE {lost.iloc[1]} dB, the others {lost.iloc[2]} dB" in answer
    assert f"they cost Instant-NGP {lost.iloc[0]} dB" in fairness
    first, second = (
        in_db[in_db["repeat"] == repeat].pivot_table(index="name", columns="task", values="value") for repeat in (0, 1)
    )
    assert set(first.columns[first.idxmax() == "instant-ngp"]) == {"image", "ct", "superres", "mri", "deblur"}
    rivals = {"image": "siren", "ct": "grid", "superres": "siren", "mri": "rff", "deblur": "hosc"}
    for task, rival in rivals.items():
        assert second[task].drop("instant-ngp").idxmax() == rival
        own, best = at(second, "instant-ngp", task), at(second, rival, task)
        assert re.search(rf"{own:.2f} dB on {task} \([\w-]+ {best:.2f} dB\)", text)
        assert (own > best) == (task == "superres")
    before, after = ([*ranks_of_repeat(repeat)] for repeat in (0, 1))
    moved = {"instant-ngp": (3, 5), "fouriernet": (11, 8), "gauss": (13, 14)}
    assert {name: (before.index(name), after.index(name)) for name in moved} == moved
    kept, also_kept = ([name for name in order if name not in moved] for order in (before, after))
    assert kept == also_kept == [name for name in mean_ranks() if name not in moved]
    assert kept[3:5] == ["mfn", "wire"]
