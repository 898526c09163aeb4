"""Labels: names of files, numbers and settings in running text."""

from __future__ import annotations

from typing import Any

import pytest

from inrbench.report.labels import MetricLabel, engine, seconds, setting, shared_settings, slug, span, told_apart


def test_slugs_of_different_names_differ() -> None:
    assert slug("ct-head_2.0") == "ct-head_2.0"
    assert len({slug(name) for name in ("a b", "a/b", "a-b", "../a-b")}) == 4
    assert "/" not in slug("../../x")


def test_a_metric_has_its_unit_in_labels_and_values() -> None:
    psnr = MetricLabel.described("psnr", {"label": "PSNR", "unit": "dB", "direction": 1, "format": ".2f"}, 0)
    assert (psnr.label, psnr.short, psnr.value(30)) == ("PSNR (dB)", "PSNR", "30.00 dB")
    raw = MetricLabel.described("blur", {}, -1)
    assert (raw.label, raw.value(1 / 3), raw.direction) == ("blur", "0.3333", -1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (1e-5, "< 0.0001"), (0.01234, "0.012"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_seconds_have_no_exponent(value: float | None, text: str) -> None:
    assert seconds(value) == text


def test_a_span_is_one_number_or_two() -> None:
    assert span([]) == "—"
    assert span([1234.0, None, 1234.0]) == "1,234"
    assert span([2345.0, 1234.0]) == "1,234–2,345"


def test_settings_in_running_text() -> None:
    values = (True, 1e-3, [96, 144], ["a", "b"], {"b": 1, "a": False}, None)
    assert [setting(value) for value in values] == ["on", "0.001", "96 × 144", "a, b", "a off, b 1", "none"]
    both: list[dict[str, Any]] = [{"lr_decay": 0.1, "steps": 5, "stop": None}, {"lr_decay": 0.1, "steps": 6}]
    assert shared_settings(both) == ["lr decay 0.1", "steps per method"]


def test_an_unknown_engine_keeps_its_name() -> None:
    names = ("mlp", "chain-onednn", "other", "")
    words = ["compiled MLP", "compiled MLP of version 0.1 with products of oneDNN", "other", "engine not stored"]
    assert [engine(name) for name in names] == words


def test_methods_with_one_label_have_their_keys_beside_it() -> None:
    methods = [("siren", "SIREN"), ("two", "SIREN"), ("relu", "ReLU"), ("siren", "SIREN")]
    assert list(map(told_apart(methods).__getitem__, methods[:3])) == ["SIREN (siren)", "SIREN (two)", "ReLU"]
    assert told_apart([("wave", "wave"), ("b", "wave")]) == {("wave", "wave"): "wave", ("b", "wave"): "wave (b)"}
