"""L-BFGS: a quasi-Newton method with full batches and a line search."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import torch

from inrbench.activations.core.base import LogUniform, Param
from inrbench.bench.optimizers.base import Optimizer, Trained, Untraced

TRIES = 25
"""Points that one line search may try."""


class Lbfgs(Optimizer):
    """L-BFGS [Liu & Nocedal, Math. Programming 1989], PyTorch's version with one update per step.

    A step computes the loss and its gradient as often as its line search asks; the column ``passes`` of the results
    counts them. `train.lr` is the length that a line search tries first, of which 1 is the natural one. All parameters
    are one vector: an activation's ``lr_factor`` has no meaning. Where no step lowers the loss (float32 has reached its
    end, or the memory of gradients misleads) the memory is dropped, and the next step is one of steepest descent.
    """

    name, label = "lbfgs", "L-BFGS"
    rates = LogUniform(1e-1, 1.0)
    excludes = ("weight_decay", "clip", "batch", "tv")
    full_batch = True

    history: int = Param(100, ge=1)
    line_search: Literal["strong_wolfe", "none"] = "strong_wolfe"

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        parameters = [p for group in trained.groups for p in group.parameters]
        search = None if self.line_search == "none" else self.line_search
        return [OneUpdate([{"params": parameters, "factor": 1.0}], trained.lr, self.history, search)]


class OneUpdate(Untraced, torch.optim.LBFGS):
    """`torch.optim.LBFGS` with one update per step; it keeps trying as long as there are steps."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, history: int, line_search: str | None) -> None:
        super().__init__(
            groups,
            lr,
            max_iter=1,
            max_eval=1 + TRIES,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=history,
            line_search_fn=line_search,
        )

    _update = torch.no_grad()(inspect.unwrap(torch.optim.LBFGS.step))

    @torch.no_grad()
    def step(self, closure: Any) -> Any:  # type: ignore[override]
        parameters = self.param_groups[0]["params"]
        before = [p.clone() for p in parameters]
        loss = self._update(closure)
        if all(torch.equal(p, value) for p, value in zip(parameters, before, strict=True)):
            self.state.clear()
        return loss
