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
    turned = [[int(number) for number in pair] for pair in re.findall(r"(\d+) of (\d+) pairs", done.stdout)]
    assert f"({sum(a for a, _ in turned):,} of {sum(b for _, b in turned):,}*" in answer
    worse = re.search(r"worse than the defaults in (\d+ of \d+ cases)", done.stdout)
    assert worse
    assert f"in {worse[1]} the settings" in answer
    shown = re.search(r"SIREN (.{3}), WIRE (.{3}), ReLU\+PE (.{3}), Gauss (.{3}), BW-ReLU (.{3}), ReLU (.{3});", answer)
    assert shown
    printed = dict(re.findall(r"^(\S+) +\d+\.\d\d +(\d+\.\d\d) +\d+\.\d\d$", done.stdout, re.MULTILINE))
    names = ["siren", "wire", "relu-pe", "gauss", "bw-relu", "relu"]
    assert list(shown.groups()) == [f"{float(printed[name]):.1f}" for name in names]
