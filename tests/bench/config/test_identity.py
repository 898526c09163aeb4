"""Canonical JSON and seeds: independent of order, small, repeatable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inrbench.bench.config.identity import canonical, digest, seed

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_canonical_json_knows_no_order(settings: dict[str, object]) -> None:
    assert canonical(dict(reversed(settings.items()))) == canonical(settings)
    assert digest(settings) == digest(dict(reversed(settings.items())))


@given(st.integers(), st.text())
def test_seeds_are_small_and_repeatable(repeat: int, signal: str) -> None:
    value = seed(repeat=repeat, signal=signal)
    assert 0 <= value < 2**31
    assert value == seed(signal=signal, repeat=repeat)
