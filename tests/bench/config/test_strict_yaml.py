"""Strict YAML and validation: one line for each mistake, and no other exception."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import accepts, read_text, read_yaml, validated
from inrbench.bench.config.suite import Suite, Tuning
from inrbench.bench.errors import BadInput


class Sizes(Settings):
    size: int | tuple[int, int] = 8
    angles: int = Field(60, gt=0)


def test_exponents_without_a_dot_are_numbers() -> None:
    assert read_yaml("{a: 1e-3, b: 3E4, c: 1.0e-3, d: e3, e: 12}", "x") == {
        "a": 1e-3,
        "b": 3e4,
        "c": 1e-3,
        "d": "e3",
        "e": 12,
    }


def test_a_whole_number_with_an_exponent_is_whole() -> None:
    found = read_yaml("[1e3, 2E+1, 1.5e3, 1e-3, 1.5e0, 1e30, 1000.0]", "x")
    assert found == [1000, 20, 1500, 0.001, 1.5, 1e30, 1000.0]
    assert [type(value) for value in found] == [int, int, int, float, float, float, float]
    assert validated(Train, read_yaml("{steps: 1e3, lr: 1e0}", "x"), "s") == Train(steps=1000, lr=1.0)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: 020", "020 would be a number to base 8; write it without the zero"),
        ("a: 1:30", "1:30 would be a number to base 60"),
        ("a: 1:30.5", "1:30.5 would be a number to base 60"),
        ("a: [1", "line"),
        ("a: 1\na: 2", "twice"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("1: 2", "not text"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("a: 2024-99-99", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
    ],
)
def test_bad_yaml_is_refused_in_one_line(text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        read_yaml(text, "suite.yaml")
    assert str(caught.value).startswith("suite.yaml")
    assert "\n" not in str(caught.value)


def test_large_files_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_text("a" * 1_000_001)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        read_text(path)


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (Train, {"steps": 10, "lr": "fast"}, "s: lr: 'fast' is not a number"),
        (Train, {"steps": 1.5}, "s: steps: 1.5 is not a whole number"),
        (Train, {"steps": True}, "s: steps: True is not a whole number"),
        (Train, {"steps": 0}, "s: steps: 0 is out of range; input should be greater than or equal to 1"),
        (Train, {"lr": 1e-3}, "s: steps: missing; give it a value"),
        (Train, {"steps": 1, "lrr": 1.0}, "s: lrr: no such setting — did you mean 'lr'?"),
        (Train, {"steps": 1, "lr": float("nan")}, "s: lr: nan"),
        (Tuning, {"trails": 1}, "s: trails: no such setting — did you mean 'trials'?"),
        (Suite, {"suite": "s", "tuning": {"trails": 1}}, "s: tuning.trails: no such setting — did you mean 'trials'?"),
        (Tuning, {"rounds": [{"trails": 1}]}, "s: rounds.0.trails: no such setting — did you mean 'trials'?"),
        (Tuning, {"rounds": [{"share": 1}]}, "s: rounds.0.trials: missing; give it a value"),
        (Tuning, {"rounds": [{"trials": 0}]}, "s: rounds.0.trials: 0 is out of range"),
        (Train, {"steps": 1, "loss": {"name": "l2", "dleta": 1}}, "s: loss.dleta: no such setting — did you mean"),
        (Model, {"width": 8, "params": 9}, "s: give exactly one of width and params"),
        (Model, {"depth": 2}, "s: give exactly one of width and params"),
        (Sizes, {"size": "big"}, "s: size: 'big'"),
        (Sizes, {"size": [1, 2, 3]}, "s: size: (1, 2, 3)"),
    ],
)
def test_a_wrong_setting_names_key_value_and_remedy(
    cls: type[Settings], values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        validated(cls, values, "s")
    assert str(caught.value).startswith(message)


def test_whole_numbers_are_numbers_and_lists_are_tuples() -> None:
    assert validated(Train, {"steps": 1, "lr": 1}, "s").lr == 1.0
    assert validated(Sizes, {"size": [8, 9]}, "s").size == (8, 9)


def test_a_list_is_a_sweep_where_the_field_is_none() -> None:
    assert accepts(Sizes, "size", [8, 9])
    assert not accepts(Sizes, "angles", [8, 9])
    assert accepts(Train, "lr", 0.1)
    assert not accepts(Train, "lr", [0.1])
    assert not accepts(Model, "depth", [1, 2])


@given(st.text(max_size=60))
def test_no_text_escapes_as_another_error(text: str) -> None:
    with contextlib.suppress(BadInput):
        read_yaml(text, "x")
