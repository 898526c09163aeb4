"""The code of the page on Python runs as it stands, from top to bottom, as a notebook would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "from-python.md"


@pytest.mark.slow
@pytest.mark.timeout(900)  # five runs, each of which starts a worker
def test_the_code_of_the_page_runs_from_an_empty_folder(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 6
    checks = (
        'assert finer.shape == (192, 192, 1)\nassert fit.history["loss"].iloc[-1] < fit.history["loss"].iloc[0]\n',
        "assert fit.reconstruction.shape == (40, 40, 1)\n",
        'assert list(results.table().columns) == ["image"]\n',
        'assert "Damped sine" in results.table().index\n',
        'assert set(found.settings["method"]) == {"SIREN", "Gauss"}\n',
        "assert network(inrbench.grid_coords((64, 64))).shape == (4096, 1)\n",
    )
    script = tmp_path / "page.py"
    parts = [block + check for block, check in zip(blocks, checks, strict=True)]
    script.write_text("\n".join(["import matplotlib", "matplotlib.use('Agg')", *parts]))
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "results" / "smoke").is_dir()
