"""Scenes of solids: their tables. `tests/tasks/core/test_radiance.py` has their geometry."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals.load import load


@pytest.mark.parametrize("name", ["still-life", "pillars"])
def test_a_table_has_kinds_shares_and_colours(name: str) -> None:
    signal = load(name)
    assert signal.kind == "solids"
    assert signal.array.shape[1] == 11
    assert set(np.unique(signal.array[:, 0])) <= {0, 1}
    assert (signal.array[:, 4:7] > 0).all()
    assert ((signal.array[:, 7:] >= 0) & (signal.array[:, 7:] <= 1)).all()
    assert len(np.unique(signal.array[:, 8:], axis=0)) == len(signal.array)
