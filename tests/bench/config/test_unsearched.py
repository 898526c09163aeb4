"""Notes where settings meet something that they were not found on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inrbench.bench.config import suite
from inrbench.bench.config.unsearched import in_short, notes
from tests.bench.command import Inrbench


def said(name: str, *overrides: str, scale: str | None = None) -> dict[str, str]:
    return notes(suite.load(name)[0], suite.load(name, overrides, scale)[0])


def test_a_suite_as_it_is_has_none_and_one_that_was_not_searched_neither() -> None:
    assert said("quick") == {}
    assert said("smoke", "train.steps=7") == {}
    assert said("quick", "tasks.superres.classical={tv: {tv_weight: 0.1}}") == {}  # of no concern to a network


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("tasks.image.signals=[my photo.png]", "on coins and not on my photo.png;"),
        ("tasks.image.signals=[{path: x.dcm, range: [0, 1]}]", "on coins and not on x.dcm;"),
        ("tasks.image.size=48", "with size 96 and not 48;"),
        ("train.steps=300", "with train.steps 150 and not 300;"),
        ("model.width=128", "with model.width 64 and not 128;"),
    ],
)
def test_another_signal_size_or_budget_is_named(override: str, says: str) -> None:
    assert f"found {says}" in said("quick", override)["image"]


def test_a_signal_of_ones_own_has_the_command_that_searches_it() -> None:
    note = said("quick", "tasks.image.signals=[my photo.png]")["image"]
    assert note.endswith("Search on it: inrbench try 'my photo.png' -t image")


def test_settings_of_the_file_alone_count() -> None:
    plain = suite.load("quick")[0].model_copy(update={"activations": {"relu": {}, "siren": {}}})
    assert notes(suite.load("quick")[0], plain.model_copy(update={"train": {"steps": 3}})) == {}


def test_a_terminal_has_one_line() -> None:
    assert in_short({}) == []
    assert in_short({"image": "text"}) == ["image: text"]
    (line,) = in_short(dict.fromkeys("abcde", "text"))
    assert line.startswith("scales and learning rates of a, b, c and 2 more tasks were found on other")


def test_terminal_table_and_page_say_it(inrbench: Inrbench) -> None:
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save("photo.png")
    words = [
        "-t",
        "image",
        "-a",
        "siren",
        "-a",
        "relu",
        "--set",
        "tasks.image.signals=[photo.png]",
        "--set",
        "repeats=1",
    ]
    done = inrbench("run", "quick", *words, "--set", "train.steps=2", "--set", "tasks.image.size=16")
    text = "found on coins and not on photo.png, with size 96 and not 16, with train.steps 150 and not 2"
    assert done.returncode == 0
    assert done.stderr.count(text) == 1
    for file in ("index.html", "tables/image.md", "tables/image.tex"):
        page = Path("results/quick/report", file).read_text()
        assert text in page.replace("train\\_steps", "train_steps"), file
