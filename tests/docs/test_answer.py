"""The numbers of docs/answer.md that stand in no table are those of the stored results."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_numbers_that_a_script_prints_stand_in_the_answer() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/examples/answer.py"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    answer = " ".join((ROOT / "docs/answer.md").read_text().split())
    turned = re.findall(r"(\d+) of (\d+) pairs", done.stdout)
    assert len(turned) == 2
    for part, total in turned:
        assert f"({int(part):,} of {int(total):,}*" in answer
    (longer, shorter) = (
        re.findall(rf"{many} trials ended worse.* in (\d+ of \d+ cases)", done.stdout) for many in (40, 10)
    )
    assert f"In {longer[1]} (repeat 0) the settings" in answer
    assert f"{shorter[0]} end worse than the defaults" in answer
    six = done.stdout.partition("the six activations")[2].partition("BW-ReLU")[0]
    printed = dict(re.findall(r"^(\S+) +(\d.*)$", six, re.MULTILINE))
    names = ["siren", "wire", "relu-pe", "gauss", "bw-relu", "relu"]
    for column, label in enumerate(("defaults", "10 trials", "40 trials")):
        assert f"| {label} | {' | '.join(printed[name].split()[column] for name in names)} |" in answer
    apart = dict(re.findall(r"^  (\S+): \[(\S+), \S+\]$", done.stdout, re.MULTILINE))
    assert [name for name in ("grid", "hosc", "mfn", "exp-sin", "spder", "finer") if float(apart[name]) > 0] == [
        "exp-sin", "spder", "finer"
    ]  # fmt: skip
    assert f"by at least {apart['exp-sin']}, {apart['spder']} and {apart['finer']} ranks" in answer
    classical = re.search(r"classical methods are better on (\d+ of \d+ signals)", done.stdout)
    assert classical
    assert f"better on {classical[1]}" in answer
    for name, label in (("siren", "SIREN"), ("bw-relu", "BW-ReLU")):
        among_all = done.stdout.partition("Mean rank among all:")[2]
        ranks = re.search(rf"^{name} +(\S+) +(\S+) +(\S+) ", among_all, re.MULTILINE)
        assert ranks
        assert re.search(rf"{label} (has )?{ranks[1]} and {ranks[3]}", answer)
