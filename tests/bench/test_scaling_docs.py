"""The sbatch script of docs/how-to/cluster.md: every task of the array asks for its part, and together they do all."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from inrbench.bench.cli import parser
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner import plan
from inrbench.bench.store.store import Store

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "cluster.md"

SRUN = """#!/bin/bash
printf '%s\\n' "$@" > "$SCRATCH/$SLURM_ARRAY_TASK_ID"
"""


def test_the_sbatch_script_runs_every_part(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```bash\n(#!/bin/bash\n.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    (first, last) = map(int, re.findall(r"^#SBATCH --array=(\d+)-(\d+)$", script, re.MULTILINE)[0])
    (tmp_path / "inrbench").mkdir()
    fake = tmp_path / "srun"
    fake.write_text(SRUN)
    fake.chmod(0o755)

    parts = set()
    for task in range(first, last + 1):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "SCRATCH": str(tmp_path)}
        environment["SLURM_ARRAY_TASK_ID"] = str(task)
        subprocess.run(["bash", "-eu"], input=script, text=True, env=environment, check=True)
        program, *words = (tmp_path / str(task)).read_text().splitlines()
        assert program == ".venv/bin/inrbench"
        options = parser().parse_args(words)
        assert options.results == tmp_path / "results"
        parts.add(plan.shard(options.shard))
    chosen, where = suite.load(options.suite)
    jobs = expand.jobs(chosen, Plugins(), where)
    store = Store(tmp_path, chosen.suite)
    done = [job.job_id for part in parts for job in plan.make(jobs, store, shard=part).todo]
    assert sorted(done) == sorted({job.job_id for job in jobs})
