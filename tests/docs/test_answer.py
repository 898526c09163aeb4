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
    assert f"in {longer[1]} the settings" in answer
    assert f"{shorter[0]} end worse than the defaults" in answer
    shown = re.findall(
        r"SIREN (.{3}), WIRE (.{3}), ReLU\+PE (.{3}), Gauss (.{3}), BW-ReLU (.{3}), ReLU (.{3})[;\s]", answer
    )
    six = done.stdout.partition("the six activations")[2].partition("BW-ReLU")[0]
    printed = dict(re.findall(r"^(\S+) +(\d.*)$", six, re.MULTILINE))
    names = ["siren", "wire", "relu-pe", "gauss", "bw-relu", "relu"]
    assert [list(each) for each in shown] == [[printed[name].split()[column] for name in names] for column in (1, 2)]
    for name, label in (("siren", "SIREN"), ("bw-relu", "BW-ReLU")):
        among_all = done.stdout.partition("Mean rank among all:")[2]
        ranks = re.search(rf"^{name} +(\S+) +(\S+) +(\S+) ", among_all, re.MULTILINE)
        assert ranks
        assert re.search(rf"{label} (has )?{ranks[1]} and {ranks[3]}", answer)
