import numpy as np
import torch
from numpy.typing import NDArray

from inrbench.tasks.baselines.total_variation import tv
from inrbench.tasks.compressive import Compressive
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.operators import Identity
from inrbench.tasks.signals.load import load


def test_of_the_identity_it_is_the_denoising_of_scikit_image() -> None:
    from skimage.restoration import denoise_tv_chambolle

    noisy = torch.rand(16 * 20, 1, generator=torch.Generator().manual_seed(0))
    problem = Problem(grid_coords((16, 20)), Identity(320), noisy, noisy, (16, 20))
    expected = denoise_tv_chambolle(problem.grid(noisy)[..., 0].astype(float), weight=3e-3, eps=0, max_num_iter=3000)
    np.testing.assert_allclose(tv(problem, 3e-3)[..., 0], expected, atol=1e-4)


def test_more_iterations_lower_the_objective_and_the_floor_holds() -> None:
    problem = Compressive(size=32).problem(load("camera"), seed=0)

    def objective(picture: NDArray[np.float32]) -> float:
        values = torch.from_numpy(picture).reshape(-1, 1)
        misfit = float((problem.operator.forward(values) - problem.measured).square().sum()) / 2
        down, right = np.diff(picture[..., 0], axis=0)[:, :-1], np.diff(picture[..., 0], axis=1)[:-1]
        return misfit + 3e-2 * float(np.hypot(down, right).sum())

    values = [objective(tv(problem, 3e-2, iterations=iterations)) for iterations in (1, 10, 100)]
    assert values[0] > values[1] > values[2]
    assert tv(problem, 3e-2, lowest=0.2, iterations=5).min() >= np.float32(0.2)
