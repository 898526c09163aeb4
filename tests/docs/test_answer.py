"""The answer and its pages of evidence: numbers that are in no table are those of the stored results."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from docs.site import at_128
from tests.docs.pages import on_one_line

ROOT = Path(__file__).parents[2]
EVIDENCE = sorted((ROOT / "docs" / "evidence").glob("*.md"))


def test_the_numbers_that_a_script_prints_stand_in_the_answer() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/examples/answer.py"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    answer = " ".join(" ".join(page.read_text() for page in EVIDENCE).replace("\\*", "*").split())
    turned = re.findall(r"(\d+) of (\d+) pairs", done.stdout)
    assert len(turned) == 2
    for part, total in turned:
        assert f"({int(part):,} of {int(total):,}*" in answer
    (longer, shorter) = (
        re.findall(rf"{many} trials ended worse.* in (\d+ of \d+ cases)", done.stdout) for many in (40, 10)
    )
    assert f"in {longer[1]} (repeat 0) the settings" in answer
    assert f"{shorter[0]} end worse than the defaults" in answer
    six = done.stdout.partition("the six activations")[2].partition("BW-ReLU")[0]
    printed = dict(re.findall(r"^(\S+) +(\d.*)$", six, re.MULTILINE))
    names = ["siren", "wire", "relu-pe", "gauss", "bw-relu", "relu"]
    for column, label in enumerate(("defaults", "10 trials", "40 trials")):
        assert f"| {label} | {' | '.join(printed[name].split()[column] for name in names)} |" in answer
    classical = re.search(r"classical methods are better on (\d+ of \d+ signals)", done.stdout)
    assert classical
    assert f"better on {classical[1]}" in answer
    for name, label in (("siren", "SIREN"), ("bw-relu", "BW-ReLU")):
        among_all = done.stdout.partition("Mean rank among all:")[2]
        ranks = re.search(rf"^{name} +(\S+) +(\S+) +(\S+) ", among_all, re.MULTILINE)
        assert ranks
        assert re.search(rf"{label} (has )?{ranks[1]} and {ranks[3]}", answer)


def test_the_answer_is_short_and_names_the_size_first() -> None:
    lines = (ROOT / "docs" / "answer.md").read_text().splitlines()
    assert len(lines) <= 80
    assert "48 × 48" in " ".join(lines[:8])
    assert "1,700 parameters" in " ".join(lines[:8])
    assert "128 × 128 pixels" in " ".join(lines[:8])
    assert "| problem | use | because |" in lines


def test_the_verdicts_at_128_are_those_of_the_stored_results() -> None:
    answer = on_one_line("answer.md")
    best, all_means = at_128.best_classical(), {task: at_128.networks()[task].to_dict() for task in at_128.tasks()}
    image, ct, mri, inpaint, function, sdf, superres = (
        all_means[task] for task in ("image", "ct", "mri", "inpaint", "function", "sdf", "superres")
    )
    grid_tv = at_128.penalised()["grid-tv"]
    assert f"{image['siren']:.1f}, {image['instant-ngp']:.1f} and {image['finer']:.1f} dB" in answer
    assert f"BW-ReLU has {image['bw-relu']:.1f} dB ({image['bw-relu-centred']:.1f} with" in answer
    assert f"initial values), Gauss {image['gauss']:.1f}" in answer
    assert best["ct"][0] == best["mri"][0] == "tv"
    assert f"{best['ct'][1]:.1f} dB; Grid with a TV penalty reaches {grid_tv['ct']:.1f} dB" in answer
    assert f"with Adam and no penalty Instant-NGP has {ct['instant-ngp']:.1f} dB, Grid {ct['grid']:.1f} dB |" in answer
    assert sorted(ct, key=ct.__getitem__)[-2:] == ["grid", "instant-ngp"]
    muon, second = (at_128.under_muon()["mri"][name][1] for name in ("relu-pe", "wire"))
    assert second > max(mri.values())
    level = sorted((mri["rff"], mri["hosc"], mri["siren"], mri["bw-relu"], grid_tv["mri"]))
    assert max(mri, key=lambda name: mri[name]) == "rff"
    assert (
        f"{best['mri'][1]:.1f} dB; ReLU+PE with Muon has {muon:.1f} dB, WIRE {second:.1f}; SIREN with a TV penalty has "
        f"{at_128.penalised()['siren-tv']['mri']:.1f}; RFF, HOSC, SIREN, BW-ReLU and Grid with a TV penalty have "
        f"{level[0]:.1f} to {level[-1]:.1f} dB" in answer
    )
    classical = at_128.values_of("superres").mean(axis=1)
    assert (
        f"{best['superres'][1]:.1f} and {classical['bicubic']:.1f} dB; Instant-NGP and SIREN, the best networks, have "
        f"{superres['instant-ngp']:.1f} and {superres['siren']:.1f} dB" in answer
    )
    assert f"is fifth of the networks at 128 ({superres['hosc']:.1f} dB), and third over all tasks" in answer
    ranks = [*at_128.mean_ranks()]
    assert (len(ranks), ranks.index("hosc"), ranks.index("instant-ngp")) == (17, 2, 3)
    assert "for each of seventeen networks" in answer
    assert "eleven tasks, with seventeen activations" in on_one_line("../README.md")
    assert "second on pictures, and fourth over all tasks" in answer
    assert sorted(superres, key=superres.__getitem__)[-5] == "hosc"
    three = sorted(inpaint, key=inpaint.__getitem__)[:-4:-1]
    assert three == ["wire", "siren", "finer"]
    assert (
        f"{best['inpaint'][1]:.1f} dB; WIRE, SIREN and FINER have {inpaint['finer']:.1f} to {inpaint['wire']:.1f} dB"
        in answer
    )
    assert (
        f"error {best['sdf'][1]:.4f}; FourierNet {sdf['fouriernet']:.4f}, Grid {sdf['grid']:.4f}, "
        f"MFN {sdf['mfn']:.4f}, SIREN {sdf['siren']:.4f}" in answer
    )
    assert f"{best['function'][1]:.1f} dB; Grid {function['grid']:.1f} dB, SIREN {function['siren']:.1f} dB" in answer
    denoise, deblur, poisson, occupancy = (all_means[task] for task in ("denoise", "deblur", "poisson", "occupancy"))
    assert best["denoise"][0] == "nl-means"
    assert max(denoise, key=lambda name: denoise[name]) == "wire"
    smooth = at_128.values_of("denoise").mean(axis=1)["tv"]
    assert (
        f"{best['denoise'][1]:.1f} dB, total variation {smooth:.1f} dB; "
        f"WIRE, the best network, {denoise['wire']:.1f} dB |" in answer
    )
    assert best["deblur"][0] == "tv"
    assert grid_tv["deblur"] > max(deblur.values())
    assert sorted(deblur, key=deblur.__getitem__)[-2:] == ["hosc", "instant-ngp"]
    assert (
        f"{best['deblur'][1]:.1f} dB; Grid with a TV penalty, the best network, has {grid_tv['deblur']:.1f} dB; "
        f"without a penalty Instant-NGP has {deblur['instant-ngp']:.1f} dB, HOSC {deblur['hosc']:.1f} dB" in answer
    )
    assert best["poisson"][0] == "dct"
    assert f"{best['poisson'][1]:.1f} dB; SIREN, the best network, {poisson['siren']:.1f} dB" in answer
    spline = best["occupancy"][1]
    assert (
        f"IoU {occupancy['relu-pe']:.2f} and {occupancy['siren']:.2f}; the biharmonic spline has {spline:.2f}" in answer
    )
    assert ranks[0] == "siren"
    assert f"it is {image['siren'] - image['bw-relu']:.1f} dB below SIREN on pictures" in answer
    assert (
        f"and {image['bw-relu'] - image['gauss']:.1f} dB above Gauss; on ct it is {ct['siren'] - ct['bw-relu']:.1f} dB"
        in answer
    )
    assert (
        f"it is {best['ct'][1] - grid_tv['ct']:.1f} dB ahead on ct and {best['mri'][1] - grid_tv['mri']:.1f} dB on mri"
        in answer
    )
    ahead = [best[task][1] - all_means[task]["siren"] for task in ("superres", "inpaint")]
    assert f"interpolation is {ahead[0]:.1f} and {ahead[1]:.1f} dB ahead" in answer
    assert f"`centred` initial values {image['bw-relu-centred'] - image['gauss']:.1f} dB" in answer
