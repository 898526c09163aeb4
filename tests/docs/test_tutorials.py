"""The code of the tutorial and how-to pages is complete: each block is a plugin that passes its checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inrbench import testing
from inrbench.bench.config.plugins import Plugins

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    """The Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.mark.parametrize(("number", "name"), [(0, "morlet"), (1, "learned-sine"), (2, "max-pair")])
def test_each_activation_of_the_tutorial_passes_every_check(tmp_path: Path, number: int, name: str) -> None:
    file = tmp_path / f"{name.replace('-', '_')}.py"
    file.write_text(blocks("tutorial/your-activation.md")[number])
    testing.assert_conforms(Plugins([file]).activations.get(name)())


def test_the_task_of_the_how_to_passes_every_check(tmp_path: Path) -> None:
    (code,) = blocks("how-to/your-task.md")
    file = tmp_path / "coded_aperture.py"
    file.write_text(code)
    testing.assert_conforms(Plugins([file]).tasks.get("coded-aperture").model_validate({"size": 16}))
