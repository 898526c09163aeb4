"""The files that ``inrbench new`` writes: plugins, and a package of them, that work as they stand."""

from __future__ import annotations

import re

from inrbench.bench.config import suite as suites
from inrbench.bench.config.strict_yaml import read_text, read_yaml, validated
from inrbench.bench.errors import BadInput
from inrbench.bench.suites import file_of

ACTIVATION = '''"""{label}: one line with the standard term."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench import Activation, LogUniform, Param


class {cls}(Activation):
    """x * exp(-(scale * x)**2 / 2): replace this with your formula, and cite where it is from."""

    name, label, version = "{name}", "{label}", 1
    derivatives = 2  # how often it is differentiable; 1 with kinks

    scale: float = Param(5.0, gt=0, tune=LogUniform(1, 50))

    def forward(self, z: Tensor) -> Tensor:
        x = self.scale * z
        return x * torch.exp(-x.square() / 2)
'''

TASK = '''"""{label}: one line with the standard term."""

from __future__ import annotations

from pydantic import Field

from inrbench import Mask, Problem, Signal, Size, Task, draw, grid_coords, picture


class {cls}(Task):
    """A share of the pixels is measured: replace this with your operator and your measurements."""

    name, label, version = "{name}", "{label}", 1

    size: Size = 64
    share: float = Field(0.5, gt=0, lt=1)

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        operator = Mask(len(truth), draw(len(truth), round(self.share * len(truth)), seed))
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)
'''


PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "0.1.0"
description = "An activation and a task for inrbench"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["inrbench"]

[project.optional-dependencies]
dev = ["pytest>=8"]

# By these lines inrbench finds the plugins of this package, wherever it is installed: name = "module". All plugins of a
# module are found.
[project.entry-points."inrbench.activations"]
{name} = "{module}.activation"

[project.entry-points."inrbench.tasks"]
{name}-task = "{module}.task"

[tool.setuptools.packages.find]
where = ["src"]
"""

README = """\
# {name}

An activation and a task for inrbench, which finds them once this package is installed.

    pip install -e ".[dev]"
    pytest                                                # the conformance checks of inrbench
    inrbench list activations                             # {name} is among them
    inrbench run smoke -a {name} -a siren -a relu         # next to others, in a minute
    inrbench run smoke --set "tasks.{name}-task={{}}" -t {name}-task -a {name} -a siren

`src/{module}/activation.py` has the activation, `src/{module}/task.py` the task. A change that changes results raises
`version` in the class: its jobs then run again.
"""

TESTS = '''"""The plugins keep the contract of inrbench."""

from __future__ import annotations

from collections.abc import Callable

from inrbench import testing
from {module}.activation import {cls}
from {module}.task import {cls}Task


@testing.parametrize_with_checks({cls}(), {cls}Task(size=24))
def test_conformance(check: Callable[[], None]) -> None:
    check()
'''


def render(kind: str, name: str) -> str:
    """The text of a new plugin, ``"activation"`` or ``"task"``.

    Raises:
        BadInput: if the name is not lower-case letters, digits and dashes.
    """
    return (ACTIVATION if kind == "activation" else TASK).format(**_words(kind, name))


def package(name: str) -> dict[str, str]:
    """The files of a new package, an activation and a task with their tests, by path.

    Raises:
        BadInput: as `render`.
    """
    words = _words("package", name)
    module = words["module"] = name.replace("-", "_")
    files = {"pyproject.toml": PYPROJECT, "README.md": README, "tests/test_plugins.py": TESTS}
    return {path: text.format(**words) for path, text in files.items()} | {
        f"src/{module}/__init__.py": '"""An activation and a task for inrbench."""\n',
        f"src/{module}/activation.py": render("activation", name),
        f"src/{module}/task.py": render("task", f"{name}-task"),
    }


_CLAIM = re.compile(r"^claim:.*\n(?:[ \t]+.*\n)*", re.MULTILINE)
_LOCK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.lock\.yaml")


def suite(name: str, source: str) -> dict[str, str]:
    """The files of a new suite that is a copy of another one, by path: the suite, and its lock files, those of its
    scales too.

    Raises:
        BadInput: if there is no such suite, or the name is not one of a suite.
    """
    original, _ = suites.load(source)
    text = _CLAIM.sub("", read_text(file_of(source)))  # which is of the original's results
    titles = {original.lock: name}
    for scale, values in original.scales.items():
        titles.setdefault(values.get("lock"), f"{name}-{scale}")
    files = {
        f"{title}.lock.yaml": _named(read_text(suites.beside(source, lock)), "suite", title)
        for lock, title in titles.items()
        if lock
    }
    text = _LOCK.sub(lambda found: f"{titles[found[0]]}.lock.yaml" if found[0] in titles else found[0], text)
    text = f"# A copy of the suite `{original.suite}` to start from. Keys: docs/reference/suite-files.md\n" + text
    files[f"{name}.yaml"] = _named(text, "suite", name)
    validated(suites.Suite, read_yaml(files[f"{name}.yaml"], name), f"new suite {name}")
    return files


def _named(text: str, key: str, value: str) -> str:
    """YAML with another value of a key at the top."""
    return re.sub(rf"^{key}:.*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)


def _words(kind: str, name: str) -> dict[str, str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise BadInput(f"new {kind} {name}: a name is lower-case letters, digits and dashes, e.g. soft-sine")
    parts = [part.capitalize() for part in name.split("-")]
    return {"name": name, "cls": "".join(parts), "label": " ".join(parts)}
