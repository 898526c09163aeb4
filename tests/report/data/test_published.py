"""Published numbers: each is of a method, a task and a metric that there are, once."""

from __future__ import annotations

from collections import Counter

from inrbench.bench.config.plugins import Plugins
from inrbench.report.data.published import published
from inrbench.tasks.core.metrics import METRICS


def test_every_number_is_of_a_method_a_task_and_a_metric_that_there_are() -> None:
    plugins = Plugins()
    for item in published():
        assert item.method in plugins.activations.names()
        assert item.task in plugins.tasks.names()
        assert item.metric in METRICS
        assert item.data
        assert item.protocol


def test_no_number_is_there_twice_and_shares_are_shares() -> None:
    keys = Counter((item.paper, item.data, item.task, item.metric, item.method) for item in published())
    assert max(keys.values()) == 1
    assert all(0 < item.value <= 1 for item in published() if item.metric in ("ssim", "iou"))
    assert all(10 < item.value < 60 for item in published() if item.metric.startswith("psnr"))
