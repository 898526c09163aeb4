"""A class of a notebook or script as a plugin file."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from inrbench.bench.api.class_source import plugin_file
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.errors import BadInput

HEAD = """
import math
import numpy as np
import torch
from torch import Tensor
import torch.nn.functional as F
from inrbench import Activation, LogUniform, Param

SLOPE = 0.25
KNOTS = [0.0, 1.0]
weights = torch.ones(3)

def ramp(z):
    return torch.clamp(z, KNOTS[0], math.inf) * SLOPE
"""

MINE = '''
class Mine(Activation):
    """A ramp on a sine."""

    name, label, version = "mine", "Mine", 1
    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 200))

    def forward(self, z: Tensor) -> Tensor:
        weights = np.pi  # a name of its own, not the tensor of the notebook
        return torch.sin(self.omega0 * z) + ramp(F.relu(z)) * weights
'''


class Notebook:
    """Cells that are run as a notebook runs them: in `__main__`, with their text known to `linecache` alone."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self._cells = module, 0

    def run(self, source: str) -> None:
        self._cells += 1
        name = f"<ipython-input-{self._cells}-{abs(hash(source))}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), vars(self.module))

    def __getitem__(self, name: str) -> Any:
        return vars(self.module)[name]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    found = Notebook(module)
    found.run(HEAD)
    yield found
    linecache.clearcache()


def built(path: Path, name: str) -> Any:
    return Plugins([path]).activations.get(name)


def test_a_class_of_a_notebook_is_built_from_a_file_with_all_that_it_uses(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(MINE)
    path, name = plugin_file(notebook["Mine"], tmp_path)
    copy = built(path, name)
    z = torch.linspace(-1, 1, 11)
    assert torch.equal(copy(omega0=7.0).forward(z), notebook["Mine"](omega0=7.0).forward(z))
    assert (copy.label, copy.name) == ("Mine", name)
    assert "weights = torch" not in path.read_text()


def test_the_name_changes_with_the_source_and_with_what_it_uses(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(MINE)
    _, first = plugin_file(notebook["Mine"], tmp_path)
    assert plugin_file(notebook["Mine"], tmp_path)[1] == first
    notebook.run("SLOPE = 0.5")
    _, second = plugin_file(notebook["Mine"], tmp_path)
    notebook.run(MINE.replace("torch.sin", "torch.cos"))
    _, third = plugin_file(notebook["Mine"], tmp_path)
    assert len({first, second, third}) == 3
    assert all(name.startswith("mine@") for name in (first, second, third))


def test_two_classes_that_share_a_base_of_the_notebook_can_be_used_together(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(MINE)
    for name in ("A", "B"):
        notebook.run(
            f"class {name}(Mine):\n    name, label = '{name.lower()}', '{name}'\n"
            f"    def forward(self, z):\n        return z + {len(name)}"
        )
    files, names = zip(*(plugin_file(notebook[name], tmp_path) for name in ("A", "B", "Mine")), strict=True)
    registry = Plugins(files).activations
    assert [registry.get(name).label for name in names] == ["A", "B", "Mine"]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (MINE.replace("weights = np.pi", "pass"), "uses weights, a Tensor that other processes cannot build; put it"),
        (
            f"def make():\n{''.join('    ' + line for line in MINE.splitlines(True))}\n    return Mine\nMine = make()",
            "defined inside make; define it at the top",
        ),
    ],
)
def test_what_cannot_be_built_elsewhere_is_refused_in_one_line(
    notebook: Notebook, tmp_path: Path, cell: str, says: str
) -> None:
    notebook.run(cell)
    with pytest.raises(BadInput, match=says) as error:
        plugin_file(notebook["Mine"], tmp_path)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_class_without_known_source_is_refused(notebook: Notebook, tmp_path: Path) -> None:
    exec(compile(MINE, "<stdin>", "exec"), vars(notebook.module))
    with pytest.raises(BadInput, match=r"source is unknown; put it into a \.py file"):
        plugin_file(notebook["Mine"], tmp_path)
