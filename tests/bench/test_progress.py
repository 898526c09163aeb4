"""The progress display: a line for each finished job, the reasons of failures, an estimate of the time left."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.progress import Display
from inrbench.bench.store.schema import Score
from inrbench.bench.training.result import Outcome, Progress, Timings, described


def job(repeat: int) -> Job:
    siren = Plugin("siren", 1, {"omega0": 30.0})
    image = Plugin("image", 1, {"size": 16})
    model, train = Model(width=8), Train(steps=100)
    return Job("s", "image", image, "camera", "camera", "siren", "SIREN", siren, None, model, train, repeat)


SCORES = (Score(1, 0.1, "psnr", 10.0, 1), Score(100, 0.9, "psnr", 28.314, 1), Score(100, 0.9, "ssim", 0.8, 1))
OK = Outcome(
    "ok",
    metric="psnr",
    timings=Timings(0.1, 0.1, 0.9, 0.1, 1.26),
    metrics=described(SCORES),
    scores=SCORES,
)


def test_a_log_has_one_line_for_each_job_with_its_score_or_its_failure() -> None:
    jobs = [job(repeat) for repeat in range(3)]
    file = io.StringIO()
    with Display(jobs, Console(file=file, width=200)) as display:
        display.started(jobs[0])
        display.progressed(jobs[0], Progress(0.5, {"psnr": 20.0}))
        display.ended(jobs[0], OK)
        display.ended(jobs[1], Outcome("diverged", "loss nan at step 3"))
        display.ended(jobs[2], Outcome("ok", "done by another run"))
    first, second, third = (line for line in file.getvalue().splitlines() if line.startswith("["))
    assert first.startswith("[1/3] image · camera · SIREN · repeat 0  PSNR 28.31 dB  1.3 s  (left ")
    assert second.startswith("[2/3] image · camera · SIREN · repeat 1  DIVERGED: loss nan at step 3  (left ")
    assert third.startswith("[3/3] image · camera · SIREN · repeat 2")


def test_a_log_shows_a_running_job_after_a_while_without_a_line() -> None:
    file, jobs = io.StringIO(), [job(repeat) for repeat in range(2)]
    console = Console(file=file, width=100)
    for interval in (3600.0, 0.0):
        display = Display(jobs, console, interval=interval)
        display.started(jobs[0])
        display.progressed(jobs[0], Progress(0.25, {"psnr": 21.5}))
    (line,) = file.getvalue().splitlines()
    assert line.startswith("[0/2] image · camera · SIREN · repeat 0  25%  PSNR 21.50 dB  (left ")


def test_a_task_is_shown_as_soon_as_its_first_repeat_is_done() -> None:
    jobs = [job(repeat) for repeat in range(2)]
    other = replace(jobs[0], method="relu", label="ReLU")
    file = io.StringIO()
    display = Display([jobs[0], other, jobs[1]], Console(file=file, width=100))
    display.ended(jobs[0], OK)
    assert "repeats" not in file.getvalue()
    display.ended(other, replace(OK, scores=(Score(100, 0.9, "psnr", 30.1, 1),)))
    table = file.getvalue().partition("image, the first of 2 repeats")[2]
    assert 0 < table.index("PSNR 30.10 dB") < table.index("PSNR 28.31 dB")
    display.ended(jobs[1], OK)
    assert file.getvalue().count("repeats") == 1


def test_two_methods_with_one_label_are_told_apart() -> None:
    first = job(0)
    jobs = [first, replace(first, method="mine"), replace(first, method="relu", label="ReLU"), job(1)]
    file = io.StringIO()
    display = Display(jobs, Console(file=file, width=100))
    for each in jobs:
        display.ended(each, OK)
    table = file.getvalue().partition("the first of 2 repeats")[2]
    assert all(name in table for name in ("SIREN (siren)", "SIREN (mine)", "ReLU "))
    assert "ReLU (" not in table


def test_a_method_without_a_score_on_some_signal_comes_last_in_the_table_of_the_first_repeat() -> None:
    signals = {"camera": 20.0, "moon": 30.0, "coins": 21.0}
    pairs = [(signal, method) for signal in signals for method in ("siren", "relu")]
    jobs = [replace(job(0), signal=signal, method=method, label=method) for signal, method in pairs]
    file = io.StringIO()
    display = Display([*jobs, job(1)], Console(file=file, width=100))
    for each in jobs:
        lacks = each.method == "relu" and each.signal != "moon"
        good = replace(OK, scores=(Score(100, 0.9, "psnr", signals[each.signal], 1),))
        display.ended(each, Outcome("timeout", "no result within the time limit") if lacks else good)
    table = file.getvalue().partition("the first of 2 repeats")[2]
    assert 0 < table.index("PSNR 23.67 dB") < table.index("PSNR 30.00 dB on 1 of 3 signals")


def test_a_terminal_shows_the_running_jobs() -> None:
    jobs = [job(repeat) for repeat in range(2)]
    file = io.StringIO()
    with Display(jobs, Console(file=file, width=100, force_terminal=True)) as display:
        display.started(jobs[0])
        display.progressed(jobs[0], Progress(0.25, {"psnr": 21.5}))
    text = file.getvalue()
    assert "0/2 jobs" in text
    assert "25%" in text
    assert "PSNR 21.50 dB" in text
