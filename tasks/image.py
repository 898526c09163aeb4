"""Image representation: every pixel is measured, so the score tells capacity and speed, not generalisation."""

from __future__ import annotations

from tasks.core.base import Problem, Size, Task, grid_coords, picture
from tasks.core.operators import Identity
from tasks.signals.signal import Signal


class Image(Task):
    """Fit a picture from all of its pixels.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
    """

    name, label, version = "image", "Image", 1

    size: Size = None

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        return Problem(grid_coords(shape), Identity(len(truth)), truth, truth, shape)
