"""What an activation cannot be combined with is refused when a suite is laid out, in one line with the remedy."""

from __future__ import annotations

import pytest

from inrbench.bench.errors import BadInput
from tests.bench.config.layout import lay_out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "activations: {mfn: {model: {init: variance}}}",
            r"activations.mfn: model.init: variance is for MLPs, and \w+ is not one; "
            r"write activations.mfn.model: {init: plugin}, or leave MFN out",
        ),
        (
            "model: {width: 8, init: variance}\nactivations: {relu: {}, bacon: {}}",
            "activations.bacon: model.init: variance is for MLPs",
        ),
        (
            "activations: {bw-relu: {weight_norm: true, model: {init: variance}}}",
            "layers that are one linear map and a nonlinearity; write",
        ),
        ("activations: {grid: {model: {init: torch}}}", r"init: torch is for linear layers, and \w+ has none; write"),
        (
            "activations: {siren: {train: {path_norm: 1e-3}}}",
            "SIREN has no path norm; write activations.siren.train: {path_norm: null}, or leave it out",
        ),
        (
            "tasks: {ct: {size: 16, angles: 4}}\nactivations: {winner: {}}",
            r"activations.winner: WINNER takes its initial weights from measurements of every grid point, which task "
            r"ct has not; leave one of them out, or name the tasks for it in activations.winner.tasks: \[...\]",
        ),
        ("activations: {winner: {train: {holdout: 0.1}}}", "from all measurements; leave train.holdout out for it"),
    ],
)
def test_what_an_activation_cannot_take_is_refused_before_any_job_runs(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as error:
        lay_out(text)
    assert "\n" not in str(error.value)


def test_what_an_activation_can_take_is_laid_out() -> None:
    text = """
        tasks: {image: {size: 16}, ct: {size: 16, angles: 4}, eikonal: {size: 16}}
        activations:
          bw-relu: {tasks: [image], train: {path_norm: 1.0e-3}, model: {init: [torch, variance]}}
          mfn: {tasks: [image], model: {init: torch}}
          winner: {tasks: [image]}
          winner-set: {activation: winner, s0: 20.0, s1: 0.1}
    """
    methods = {job.method for job in lay_out(text) if job.activation}
    assert methods == {"bw-relu[init=torch]", "bw-relu[init=variance]", "mfn", "winner", "winner-set"}
