"""What ``--devices`` means, with GPUs that do not exist."""

from __future__ import annotations

import pytest

from inrbench.bench.errors import BadInput
from inrbench.bench.machine.devices import slots


@pytest.mark.parametrize(
    ("text", "gpus", "expected"),
    [
        ("auto", [], [("cpu", "", 8, True)]),
        ("auto", ["0"], [("cuda:0", "0", 8, True)]),
        ("cpu", ["0"], [("cpu", "", 8, True)]),
        ("cpu*2", [], [("cpu", "", 4, False)] * 2),
        ("cuda", ["4", "GPU-ab"], [("cuda:0", "4", 4, True), ("cuda:0", "GPU-ab", 4, True)]),
        ("cuda:1", ["4", "6"], [("cuda:0", "6", 8, True)]),
        ("cuda:0*2,cpu", ["4"], [("cuda:0", "4", 2, False)] * 2 + [("cpu", "", 2, True)]),
    ],
)
def test_slots(text: str, gpus: list[str], expected: list[tuple[str, str, int, bool]]) -> None:
    assert [(s.device, s.visible, s.threads, s.exclusive) for s in slots(text, gpus, 8)] == expected


@pytest.mark.parametrize("text", ["gpu", "cuda", "cuda:2", "cpu*0", "", "cpu,,cpu"])
def test_bad_devices(text: str) -> None:
    with pytest.raises(BadInput, match="--devices"):
        slots(text, [], 8)
