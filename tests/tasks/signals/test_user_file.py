"""Files as suites name them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile, scaled


def test_a_mapping_of_a_suite() -> None:
    file = UserFile.of({"path": "x.dcm", "range": [-1000, 2000], "unit": "HU", "frame": 3})
    assert file == UserFile("x.dcm", (-1000.0, 2000.0), "HU", 3)
    assert UserFile.of({"path": "x.dcm"}) == UserFile("x.dcm")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "path: None is not the path of a file"),
        ({"path": 3}, "path: 3 is not"),
        ({"path": "x", "window": 3}, "'window' is not an option of a file; use path, range, unit, frame"),
        ({"path": "x", 3: 3}, "3 is not an option"),
        ({"path": "x", "range": 3}, "range: 3 is not a pair"),
        ({"path": "x", "range": [2, 1]}, "range: [2, 1] is not a pair of two numbers, the lower one first"),
        ({"path": "x", "range": [0, float("inf")]}, "is not a pair"),
        ({"path": "x", "range": [0, True]}, "is not a pair"),
        ({"path": "x", "unit": 3}, "unit: 3 is not text"),
        ({"path": "x", "frame": -1}, "frame: -1 is not the number of a frame"),
        ({"path": "x", "frame": True}, "frame: True is not the number of a frame"),
    ],
)
def test_what_is_wrong_is_said(options: dict[Any, Any], message: str) -> None:
    with pytest.raises(SignalError, match=re.escape(message)):
        UserFile.of(options)


def test_values_are_scaled_and_clipped() -> None:
    values, note = scaled(np.array([-2, 0, 1, 4, 9], np.int16), (0, 4), "K")
    np.testing.assert_array_equal(values, [0, 0, 0.25, 1, 1])
    assert note == "0…4 K → 0…1, 40 % of the values clipped"
    values, note = scaled(np.array([0.0, 2.0, 4.0]), (0, 4), "", black=-1)
    np.testing.assert_array_equal(values, [-1, 0, 1])
    assert note == "0…4 → -1…1"
