"""The answer and its pages of evidence: numbers that are in no table are those of the stored results."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

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
    assert "| problem | use | because |" in lines
