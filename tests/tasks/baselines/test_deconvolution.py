import numpy as np
import torch

from inrbench.tasks.baselines.deconvolution import wiener
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.fourier import Convolution


def test_a_smooth_picture_comes_back_where_it_was() -> None:
    """A kernel without symmetry, so that a wrong centre or a mirrored kernel would shift the picture."""
    at = grid_coords((48, 40))
    truth = (0.5 + 0.3 * torch.exp(-8 * (at - torch.tensor([0.1, -0.2])).square().sum(dim=1)))[:, None]
    kernel = np.zeros((5, 7))
    kernel[0, 1], kernel[2, 3], kernel[3, 6] = 0.5, 0.3, 0.2
    operator = Convolution((48, 40), kernel)
    problem = Problem(at, operator, operator.forward(truth), truth, (48, 40))
    error = np.abs(wiener(problem, 1e-4) - problem.grid(truth))[8:-8, 8:-8]
    assert error.max() < 0.01
