"""Mistakes on the command line: one line on standard error that names the thing and the remedy, and exit code 2."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bench.command import Inrbench

GOOD = "suite: s\nmodel: {width: 8}\ntrain: {steps: 2}\ntasks: {image: {size: 16}}\nactivations: {relu: {}}\n"

# arguments (SUITE stands for the path of a suite file), that file's text, and words that the message must have
CASES: dict[str, tuple[list[str], str, list[str]]] = {
    "unknown command": (["rum"], GOOD, ["rum", "run"]),
    "unknown option": (["run", "SUITE", "--device", "x"], GOOD, ["--device"]),
    "unknown suite": (["run", "quik"], GOOD, ["quik", "did you mean 'quick'"]),
    "missing suite file": (["run", "none.yaml"], GOOD, ["none.yaml", "No such file"]),
    "suite file is a folder": (["run", "./folder.yaml"], GOOD, ["folder.yaml", "directory"]),
    "suite is no YAML": (["run", "SUITE"], "a: [1\nb: 2", ["SUITE", "line", "YAML"]),
    "suite is a list": (["run", "SUITE"], "[1, 2]", ["SUITE", "mapping"]),
    "suite is empty": (["run", "SUITE"], "", ["SUITE", "mapping"]),
    "suite is binary": (["run", "SUITE"], "\x00\x01", ["SUITE", "YAML"]),
    "key twice": (["run", "SUITE"], GOOD + "suite: t\n", ["SUITE", "twice"]),
    "YAML bomb": (["run", "SUITE"], "a: &a [x]\nb: &b [*a, *a]\n", ["SUITE", "aliases"]),
    "unknown key": (["run", "SUITE"], GOOD + "trian: {}\n", ["trian", "did you mean 'train'"]),
    "missing key": (["run", "SUITE"], GOOD.replace("train: {steps: 2}\n", ""), ["train", "missing"]),
    "wrong type": (["run", "SUITE"], GOOD.replace("steps: 2", "steps: two"), ["train.steps", "'two'", "whole number"]),
    "out of range": (["run", "SUITE"], GOOD.replace("steps: 2", "steps: -2"), ["train.steps", "-2"]),
    "not finite": (["run", "SUITE"], GOOD.replace("steps: 2", "steps: 2, lr: .nan"), ["train.lr", "nan"]),
    "name that leaves the folder": (["run", "SUITE"], GOOD.replace("suite: s", "suite: ../s"), ["suite", "../s"]),
    "unknown task": (["run", "SUITE"], GOOD.replace("image", "imag"), ["imag", "did you mean 'image'"]),
    "unknown task setting": (["run", "SUITE"], GOOD.replace("size", "sise"), ["sise", "did you mean 'size'"]),
    "bad size": (["run", "SUITE"], GOOD.replace("16", "big"), ["tasks.image.size"]),
    "no task": (["run", "SUITE"], GOOD.replace("image: {size: 16}", ""), ["tasks is empty", "0 jobs"]),
    "unknown activation": (["run", "SUITE"], GOOD.replace("relu", "rleu"), ["rleu", "did you mean 'relu'"]),
    "no activation": (["run", "SUITE"], GOOD.replace("relu: {}", ""), ["activations is empty", "0 jobs"]),
    "-a unknown": (["run", "SUITE", "-a", "sirne"], GOOD, ["sirne", "did you mean 'siren'"]),
    "-a malformed": (["run", "SUITE", "-a", "wire[omega0=10"], GOOD, ["wire[omega0=10", "NAME[key=value"]),
    "-a without key": (["run", "SUITE", "-a", "wire[10]"], GOOD, ["wire[10]", "key=value"]),
    "-a unknown parameter": (["run", "SUITE", "-a", "wire[omega=1]"], GOOD, ["omega", "did you mean 'omega0'"]),
    "-a out of range": (["run", "SUITE", "-a", "wire[omega0=-1]"], GOOD, ["omega0", "-1"]),
    "-t unknown": (["run", "SUITE", "-t", "imagee"], GOOD, ["imagee", "did you mean 'image'"]),
    "--set malformed": (["run", "SUITE", "--set", "train.steps"], GOOD, ["train.steps", "key=value"]),
    "--set unknown key": (["run", "SUITE", "--set", "train.stepz=3"], GOOD, ["stepz", "did you mean 'steps'"]),
    "--set through a value": (["run", "SUITE", "--set", "model.width.x=3"], GOOD, ["model.width.x", "single value"]),
    "--set bad YAML": (["run", "SUITE", "--set", "train.steps=[1"], GOOD, ["--set", "YAML"]),
    "unknown signal": (
        ["run", "SUITE", "--set", "tasks.image.signals=[cofee]"],
        GOOD,
        ["cofee", "did you mean 'coffee'"],
    ),
    "signals are no list": (["run", "SUITE", "--set", "tasks.image.signals=coffee"], GOOD, ["signals", "list"]),
    "no signals": (["run", "SUITE", "--set", "tasks.image.signals=[]"], GOOD, ["signals", "0 jobs"]),
    "missing picture": (["run", "SUITE", "--set", "tasks.image.signals=[none.png]"], GOOD, ["none.png"]),
    "broken picture": (["run", "SUITE", "--set", "tasks.image.signals=[broken.png]"], GOOD, ["broken.png"]),
    "picture too small": (["run", "SUITE", "--set", "tasks.image.signals=[small.png]"], GOOD, ["small.png", "8"]),
    "unknown device": (["run", "SUITE", "--devices", "gpu"], GOOD, ["gpu", "cpu"]),
    "absent device": (["run", "SUITE", "--devices", "cuda:99"], GOOD, ["cuda:99", "cpu"]),
    "bad timeout": (["run", "SUITE", "--timeout", "0"], GOOD, ["--timeout", "more than 0"]),
    "timeout no number": (["run", "SUITE", "--timeout", "soon"], GOOD, ["--timeout", "soon"]),
    "unknown status": (["run", "SUITE", "--retry", "bad"], GOOD, ["--retry", "diverged"]),
    "results is a file": (["run", "SUITE", "--results", "small.png"], GOOD, ["small.png"]),
    "missing plugin": (["run", "SUITE", "--plugin", "none.py"], GOOD, ["none.py", "no such file"]),
    "broken plugin": (["run", "SUITE", "--plugin", "broken.py"], GOOD, ["broken.py", "SyntaxError"]),
    "report of nothing": (["report", "SUITE"], GOOD, ["no results", "inrbench run"]),
    "list of nothing": (["list", "losses"], GOOD, ["losses", "activations"]),
    "check unknown task": (["check", "inpain"], GOOD, ["inpain", "did you mean 'inpaint'"]),
    "check unknown": (["check", "gaus"], GOOD, ["gaus", "did you mean 'gauss'"]),
    "new with a bad name": (["new", "activation", "Bad Name"], GOOD, ["Bad Name", "lower-case"]),
    "new that exists": (["new", "activation", "siren"], GOOD, ["siren", "exists"]),
    "tuned without signals": (["tune", "SUITE"], GOOD, ["tuning.signals.image", "missing"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_ends_in_one_line(name: str, inrbench: Inrbench) -> None:
    arguments, text, words = CASES[name]
    Path("s.yaml").write_text(text)
    Path("folder.yaml").mkdir()
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\nhello")
    Path("broken.py").write_text("def")
    Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save("small.png")
    before = sorted(os.listdir())
    done = inrbench(*("./s.yaml" if word == "SUITE" else word for word in arguments))
    out, err = done.stdout, done.stderr
    assert done.returncode == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("inrbench: ")
    for word in words:
        assert word.replace("SUITE", "s.yaml") in err
    assert sorted(os.listdir()) == before
