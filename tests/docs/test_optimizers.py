"""docs/evidence/optimizers.md agrees with the stored results of `optimizers-128` and `validate-muon`."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from docs.site import at_128
from docs.site.archive import final
from inrbench.bench import results
from inrbench.bench.store.headline import mean_over_signals
from tests.docs.pages import on_one_line, searched

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


def of_repeat(repeat: int, name: str) -> float:
    """Mean score on ct in one repeat."""
    scores = final("optimizers-128" if name.endswith("-muon") else "reference")
    of = scores[(scores["task"] == "ct") & (scores["name"] == name) & (scores["repeat"] == repeat)]
    assert len(of) == 6
    return float(of["value"].mean())


def test_what_is_said_of_muon_at_128() -> None:
    page = on_one_line("evidence/optimizers.md")
    image, ct, superres, mri = map(at_128.under_muon().__getitem__, ("image", "ct", "superres", "mri"))
    assert (len(image), len(ct), len(superres), len(mri)) == (8, 8, 8, 8)
    on_image, on_ct, on_superres, on_mri = (
        {name: muon - adam for name, (adam, muon) in pairs.items()} for pairs in (image, ct, superres, mri)
    )
    assert (min(on_image, key=on_image.__getitem__), max(on_image, key=on_image.__getitem__)) == ("mfn", "finer")
    assert f"Muon gains for all eight**, {on_image['mfn']:.1f} dB (MFN) to {on_image['finer']:.1f} dB (FINER)" in page
    assert image["finer"][1] > image["siren"][1]
    assert max(abs(image[name][1] - image["siren"][0]) for name in ("relu-pe", "gauss", "mfn", "bw-relu")) < 1.6
    said = f"{image['relu'][1]:.2f} dB, against {image['bw-relu'][0]:.2f} and {image['siren'][0]:.2f} dB under Adam"
    assert said in page
    assert f"the best network**: {ct['relu-pe'][1]:.2f} dB, {on_ct['relu-pe']:.2f} dB more than under Adam" in page
    adam = at_128.networks()["ct"]
    assert (
        f"{ct['relu-pe'][1] - adam.max():.1f} dB above the best network under Adam (Instant-NGP, "
        f"{adam['instant-ngp']:.2f} dB)" in page
    )
    assert abs(ct["relu-pe"][1] - at_128.penalised()["grid-tv"]["ct"]) < 0.1
    assert {name for name, more in on_ct.items() if more > 0} == {"wire", "relu", "relu-pe"}
    assert sorted(ct, key=lambda name: -ct[name][1])[1] == "wire"
    assert f"WIRE gains {on_ct['wire']:.2f} dB and comes second ({ct['wire'][1]:.2f} dB)" in page
    assert f"ReLU (+{on_ct['relu']:.2f} dB) is then level with" in page
    assert abs(ct["relu"][1] - ct["bw-relu"][0]) < 0.2
    others = [abs(on_ct[name]) for name in ("finer", "gauss")]
    assert (
        f"costs BW-ReLU {-on_ct['bw-relu']:.1f} dB, MFN {-on_ct['mfn']:.1f} dB and SIREN {-on_ct['siren']:.1f} dB, and "
        f"changes FINER and Gauss by {max(others):.1f} dB at most" in page
    )
    siren = [of_repeat(repeat, "siren-muon") - of_repeat(repeat, "siren") for repeat in (0, 1)]
    assert f"it gains {siren[0]:.1f} dB in the first and loses {-siren[1]:.1f} dB in the second" in page
    first, second = sorted(mri, key=lambda name: -mri[name][1])[:2]
    assert (first, second) == ("relu-pe", "wire")
    assert f"ReLU+PE ({mri[first][1]:.2f} dB) and WIRE ({mri[second][1]:.2f} dB) the best networks on MRI" in page
    assert mri[second][1] > at_128.networks()["mri"].max()
    assert max(on_mri, key=lambda name: on_mri[name]) == "relu"
    assert (
        f"ReLU gains most ({on_mri['relu']:.1f} dB) and comes within 0.6 dB of BW-ReLU under Adam; FINER loses "
        f"{-on_mri['finer']:.1f} dB, and MFN ({mri['mfn'][1]:.2f} dB) is last" in page
    )
    assert min(mri, key=lambda name: mri[name][1]) == "mfn"
    assert 0.5 < mri["bw-relu"][0] - mri["relu"][1] < 0.6
    order = sorted(on_superres, key=lambda name: on_superres[name])
    assert (*order[:3], order[-1], len(order)) == ("mfn", "bw-relu", "siren", "relu", 8)
    assert (
        f"for all but BW-ReLU and MFN** (which lose {-on_superres['bw-relu']:.1f} and {-on_superres['mfn']:.1f} dB), "
        f"{on_superres['siren']:.1f} dB (SIREN) to {on_superres['relu']:.1f} dB (ReLU)" in page
    )
    assert max(superres, key=lambda name: superres[name][1]) == "siren"
    behind = at_128.best_classical()["superres"][1] - superres["siren"][1]
    assert f"has {superres['siren'][1]:.2f} dB, {behind:.1f} dB less than least squares" in page
    assert f"ReLU ({superres['relu'][1]:.2f} dB) passes BW-ReLU under Adam ({superres['bw-relu'][0]:.2f} dB)" in page
    assert (
        f"It loses {-on_ct['bw-relu']:.1f} dB on ct and {-on_superres['bw-relu']:.1f} dB on superres; on mri it does "
        "not change" in page
    )
    assert abs(on_mri["bw-relu"]) < 0.1
    frames = [pd.DataFrame(pairs).T for pairs in (image, ct, superres, mri)]
    kept = [f"{frame[0].corr(frame[1], 'spearman'):.2f}" for frame in frames]
    said = "a Spearman correlation of {} on image, {} on ct, {} on superres and {} on mri"
    assert said.format(*kept) in page
    found = {name: tasks for name, tasks in searched("optimizers-128").items() if name.endswith("-muon")}
    edges = [(name, best.edges) for name, tasks in found.items() for best in tasks.values()]
    at_edge = [name for name, named in edges if any(edge.endswith("lr high") for edge in named)]
    assert f"Of the {len(edges)} settings found under Muon {len(at_edge)} are" in page
    assert at_edge.count("relu-muon") == at_edge.count("relu-pe-muon") == 4
    scores = final("optimizers-128")
    variance = mean_over_signals(scores, "name")["relu-variance"]
    assert f"give ReLU {variance - image['relu'][0]:.1f} dB under Adam" in page
    per_signal = scores[scores["task"] == "ct"].pivot_table(index="name", columns="signal", values="value")
    networks = per_signal[per_signal.index.str.endswith("-muon")].rename(lambda name: name.removesuffix("-muon"))
    plain = at_128.values_of("ct").drop(["tv", "fbp"])
    assert (networks.idxmax() == "relu-pe").all()
    assert (networks.loc["relu-pe"] > plain.max()).all()
    answer = on_one_line("answer.md")
    assert f"improves each of eight networks by {on_image['mfn']:.1f} to {on_image['finer']:.1f} dB" in answer
    assert f"SIREN with Muon {superres['siren'][1]:.1f} |" in answer
    assert f"FINER with Muon reaches {image['finer'][1]:.1f} dB" in answer
    assert f"ReLU+PE the best network ({ct['relu-pe'][1]:.1f} dB, with Adam {ct['relu-pe'][0]:.1f})" in answer
    assert f"and costs BW-ReLU {-on_ct['bw-relu']:.1f} dB and SIREN {-on_ct['siren']:.1f} dB" in answer
    own = on_one_line("evidence/bw-relu.md")
    assert (
        f"worth {on_image['bw-relu']:.1f} dB to it on pictures at 128 × 128 and costs {-on_ct['bw-relu']:.1f} dB on CT"
        in own
    )
