"""Settings and fixtures of all tests."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
import torch
from hypothesis import settings

from inrbench.bench.engine.aot import obstacle

# On CI the random examples are the same every time, so that a failure is due to a change. Elsewhere they are new.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {}
    if (why := obstacle()) is not None:
        missing["needs_compiler"] = why
    if not torch.cuda.is_available():
        missing["gpu"] = "needs a GPU with CUDA"
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without figures, for tests of something else: figures take nine tenths of the time of a report."""
    from inrbench.report.figures import gallery

    monkeypatch.setattr(gallery, "entries", lambda *_: iter(()))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Fixed seeds of the global generators, so that a test does not depend on the tests before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  the global generator is what must not differ
    torch.manual_seed(0)
