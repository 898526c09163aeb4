import torch

from tasks.image import Image
from tasks.signals.load import load
from tasks.signals.resize import resize


def test_every_pixel_is_measured() -> None:
    problem = Image(size=(32, 48)).problem(load("coffee"), seed=0)
    assert problem.shape == (32, 48)
    assert problem.operator.rows == slice(None)
    expected = torch.from_numpy(resize(load("coffee").array, (32, 48)))
    assert torch.equal(problem.measured.reshape(32, 48, 3), expected)
    assert Image().baselines() == {}
    assert Image().random is False
