"""The lists of activations, tasks, signals and suites."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

Inrbench = Callable[..., "subprocess.CompletedProcess[str]"]


def test_lists_are_readable_by_programs(inrbench: Inrbench) -> None:
    activations = {row["name"]: row for row in json.loads(inrbench("list", "activations", "--json").stdout)}
    assert {"bw-relu", "relu", "relu-pe", "siren", "wire", "gauss", "mfn", "finer"} <= set(activations)
    assert activations["siren"]["params"] == {"omega0": 30.0, "first_omega0": None, "alpha": None}
    assert {"image", "superres", "ct"} <= {
        row["name"] for row in json.loads(inrbench("list", "tasks", "--json").stdout)
    }
    assert {"camera", "ct-head"} <= {row["name"] for row in json.loads(inrbench("list", "signals", "--json").stdout)}
    assert "quick" in inrbench("list", "suites").stdout
