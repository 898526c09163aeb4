"""Suggestions at the end of an error message."""

from __future__ import annotations

from inrbench.bench.errors import did_you_mean


def test_a_near_miss_is_suggested_and_anything_else_gets_the_list() -> None:
    assert did_you_mean("siern", ["wire", "siren"]) == " — did you mean 'siren'?"
    assert did_you_mean("SIREN", ["wire", "siren"]) == " — did you mean 'siren'?"
    assert did_you_mean("transformer", ["wire", "siren"]) == "; known: siren, wire"
    assert did_you_mean("nosuch", ["hosc", "siren"]) == "; known: hosc, siren"
    assert did_you_mean("siren", []) == ""
