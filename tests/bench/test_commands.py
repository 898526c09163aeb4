"""Commands that put the pieces together, by use: `choose-c`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.store.store import Store

LADDER = """
suite: ladder
repeats: 1
model: {depth: 2, width: 16}
train: {steps: 60, lr: 1.0e-2, stop_loss: 2.0e-2}
tasks: {superres: {signals: [coffee], size: [16, 24], factor: 4}}
activations: {bw-relu: {c: [2.0, 4.0, 8.0]}}
"""


def test_choose_c_chooses_the_least_path_norm_that_was_stored(
    tmp_path: Path, inrbench: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    path = tmp_path / "ladder.yaml"
    path.write_text(LADDER)
    done = inrbench("choose-c", path)
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "results", "ladder")
    scores = store.scores().sort_values("step")
    norms = scores[scores["metric"] == "path_norm"].groupby("job_id")["value"].last()
    method = dict(zip(store.runs()["job_id"], store.runs()["method"], strict=True))[norms.idxmin()]
    chosen = method.removeprefix("bw-relu[c=").removesuffix(".0]")
    assert f"The least path norm chooses c = {chosen}," in done.stdout
