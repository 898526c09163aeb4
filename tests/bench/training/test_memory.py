"""Memory stays bounded as the signal grows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

LARGE = """
import json
import sys
import torch
from inrbench.bench.config import expand, suite
from inrbench.bench.training.run_job import execute
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite

values = {
    "suite": "s",
    "repeats": 1,
    "model": {"depth": 3, "width": 16},
    "train": {"steps": 2, "eval_steps": 2},
    "tasks": {"image": {"signals": [sys.argv[1]]}},
    "activations": {"siren": {}},
}
plugins = Plugins()
(job,) = (job for job in expand.jobs(validated(Suite, values, "s"), plugins, "s") if job.activation)
outcome = execute(job, plugins, torch.device("cpu"))
print(json.dumps({"status": outcome.status, "peak_mem_bytes": outcome.peak_mem_bytes}))
"""


@pytest.mark.slow
def test_an_image_of_4096_by_4096_trains_in_four_gibibytes(tmp_path: Path) -> None:
    picture = tmp_path / "large.png"
    ramp = np.arange(4096, dtype=np.uint16) >> 4
    Image.fromarray((ramp[:, None] ^ ramp).astype(np.uint8)).save(picture)
    run = subprocess.run(
        [sys.executable, "-c", LARGE, picture], capture_output=True, text=True, check=True, timeout=270
    )
    row = json.loads(run.stdout.splitlines()[-1])
    assert row["status"] == "ok"
    assert row["peak_mem_bytes"] < 4 << 30
