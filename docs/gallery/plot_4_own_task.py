"""
# Your own task, with its own operator

A scanner that measures only the means of rows and columns. The loss and its gradient come from `forward`.
The file is its own plugin (`plugins=["plot_4_own_task.py"]`), hence the `if` at the end.
"""

import matplotlib.pyplot as plt
import torch

import inrbench
from inrbench import Operator, Problem, Task, grid_coords, picture


class Means(Operator):
    """Means over rows and over columns of an n × n picture: (n², 1) -> (2n, 1)."""

    def __init__(self, n):
        self.n, self.in_rows, self.out_rows = n, n * n, 2 * n

    def forward(self, values):
        grid = values.reshape(self.n, self.n)
        return torch.cat([grid.mean(dim=0), grid.mean(dim=1)])[:, None]


class TwoViews(Task):
    """Recover a picture from its projections along two axes."""

    name, label, version = "two-views", "Two views", 1

    def problem(self, signal, seed):
        truth, shape = picture(signal, (32, 32))
        operator = Means(32)
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)


if __name__ == "__main__":
    fit = inrbench.fit("coins", "siren", TwoViews(), steps=200, plugins=["plot_4_own_task.py"], progress=False)
    print(fit)
    figure, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
    axes[0].imshow(fit.truth, cmap="gray")
    axes[1].imshow(fit.reconstruction, cmap="gray")
