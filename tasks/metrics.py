"""Metrics: one registry of correct ones. Everything here is numpy: (*shape, C) estimate and truth in, a float out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Metric:
    """A metric. ``direction`` is +1 where higher is better and -1 where lower is better."""

    name: str
    direction: int
    function: Callable[[Array, Array], float]


METRICS: dict[str, Metric] = {}
