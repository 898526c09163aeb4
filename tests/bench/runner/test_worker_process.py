"""A worker process: its limit, and its end with all its children."""

from __future__ import annotations

import os
from pathlib import Path

from inrbench.bench.runner.plan import RunOptions
from tests.bench.runner.runs import run


def test_a_job_over_its_limit_is_ended_with_its_children(trouble: Path, tmp_path: Path) -> None:
    rows = run(trouble, tmp_path, ["hang"], RunOptions(limit_s=8.0))
    assert rows["status"].to_dict() == {"relu": "ok", "hang": "timeout"}
    assert "sleep\x00600" not in "".join(
        path.read_text() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK) and path.exists()
    )
