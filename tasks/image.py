"""Image representation: fitting of a picture from all of its pixels.

Every scored pixel is a training pixel, so the score measures capacity and speed, not generalisation.
"""

from __future__ import annotations

from inrbench.tasks.core.base import Problem, Size, Task, grid_coords, picture
from inrbench.tasks.core.operators import Identity
from inrbench.tasks.signals.signal import PICTURES, Signal


class Image(Task):
    """Fitting of a picture from all of its pixels.

    Attributes:
        size: size of the picture in pixels: its longer side, [height, width], or None for its own size.
    """

    name, label, version = "image", "Pictures", 1
    kinds = PICTURES

    size: Size = None

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        return Problem(grid_coords(shape), Identity(len(truth)), truth, truth, shape)
