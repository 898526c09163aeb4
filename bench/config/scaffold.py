"""The files that ``inrbench new`` writes: plugins that work as they stand."""

from __future__ import annotations

import re

from inrbench.bench.errors import BadInput

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


def render(kind: str, name: str) -> str:
    """The text of a new plugin.

    Raises:
        BadInput: if the name is not lower-case letters, digits and dashes.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise BadInput(f"new {kind} {name}: a name is lower-case letters, digits and dashes, e.g. soft-sine")
    cls = "".join(part.capitalize() for part in name.split("-"))
    template = ACTIVATION if kind == "activation" else TASK
    return template.format(name=name, cls=cls, label=" ".join(part.capitalize() for part in name.split("-")))
