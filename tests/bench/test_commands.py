"""Commands that put the pieces together, by use: `choose-c`, and what `run` hands to the report."""

from __future__ import annotations

from pathlib import Path

from inrbench.bench.config.lock import Found, Lock
from inrbench.bench.store.store import Store
from tests.bench.command import Inrbench

LADDER = """
suite: ladder
repeats: 1
model: {depth: 2, width: 16}
train: {steps: 60, lr: 1.0e-2, stop_loss: 2.0e-2}
tasks: {superres: {signals: [coffee], size: [16, 24], factor: 4}}
activations: {bw-relu: {c: [2.0, 4.0, 8.0]}}
"""


def test_choose_c_chooses_the_least_path_norm_that_was_stored(tmp_path: Path, inrbench: Inrbench) -> None:
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


SEARCHED = """
suite: searched
repeats: 1
lock: searched.lock.yaml
tuning: {signals: {image: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 2}], seconds: 60.0}
model: {depth: 2, width: 8}
train: {steps: 4}
tasks: {image: {signals: [camera], size: 16}}
activations: {siren: {}}
"""


def test_the_report_tells_the_search_and_its_lock_file(tmp_path: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "searched.yaml"
    path.write_text(SEARCHED)
    found = Found(settings={"omega0": 21.5, "train": {"lr": 0.004}}, metric="psnr", score=20.0, trials=4, source="0")
    Lock(suite="searched", model={}, train={}, activations={"siren": {"image": found}}).write(
        tmp_path / "searched.lock.yaml"
    )
    done = inrbench("run", path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "results" / "searched" / "report" / "index.html").read_text()
    for part in ("round 1: 4 trials with 0.5 of the steps; round 2: the best 2 with all steps; at most 60 s a trial",
                 "<code>searched.lock.yaml</code>", "ω₀ 21.5", "lr 0.004"):  # fmt: skip
        assert part in text
