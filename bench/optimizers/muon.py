"""Muon: momentum whose matrices are orthogonalised before each step, and Adam for everything else.

The step of a matrix W (out, in) with momentum M is W -= lr √max(1, out / in) · O, where O ≈ U Vᵀ for M = U S Vᵀ, found
by five Newton–Schulz iterations X ← aX + b(XXᵀ)X + c(XXᵀ)²X of X = M / ‖M‖ [Jordan et al.,
https://kellerjordan.github.io/posts/muon, 2024]. PyTorch's own (2.9 and later) computes them in bfloat16 and knows no
complex matrices; here they are in the precision of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.hidden_matrices import HiddenMatrix
from inrbench.bench.optimizers.base import Trained, Untraced
from inrbench.bench.optimizers.first_order import Adam

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""a, b, c: those whose slope at zero is the largest. Singular values end between 0.68 and 1.13, not exactly at 1."""


class Muon(Adam):
    """Muon on the matrices between hidden units; Adam trains first layer, head, biases and everything else.

    `train.lr` is the rate of the matrices and ``adam_lr`` that of everything else; a schedule lowers both alike. A
    complex matrix (WIRE) is orthogonalised as a complex one, to the nearest unitary; where a unit has two
    pre-activations, their matrices are orthogonalised one by one. What a network has of hash tables or grids is Adam's.
    For INRs: [McGinnis et al., 2025, arXiv 2512.14366].
    """

    name, label = "muon", "Muon"
    rates = LogUniform(2e-3, 2e-1)

    adam_lr: float = Param(1e-3, gt=0, tune=LogUniform(5e-4, 2e-2))
    momentum: float = Param(0.95, ge=0, lt=1)
    nesterov: bool = True
    iterations: int = Param(5, ge=1, le=20)

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        matrices = {id(matrix.weight) for matrix in trained.hidden}
        factor = self.adam_lr / trained.lr
        others = [
            replace(
                group,
                parameters=[p for p in group.parameters if id(p) not in matrices],
                lr_factor=group.lr_factor * factor,
            )
            for group in trained.groups
        ]
        others = [group for group in others if group.parameters]
        optimizers = super().build_all(replace(trained, groups=others)) if others else []
        if not trained.hidden:
            print("muon: the network has no hidden matrix, so that Adam trains all of it, at the rate adam_lr")
            return optimizers
        decay = trained.weight_decay or 0.0
        lr = trained.rate(1.0)
        return [MuonSteps(trained.hidden, lr, self.momentum, self.nesterov, self.iterations, decay), *optimizers]

    def constants(self, group: Any) -> dict[str, Any]:
        constants = super().constants(group)
        return {name: constants[name] for name in ("betas", "eps")}


class MuonSteps(Untraced):
    """The optimiser of hidden matrices alone.

    Args:
        lr: a number, or a scalar tensor.
        momentum: μ of the running mean M ← μM + (1 - μ)G; with ``nesterov`` the step is of μM + (1 - μ)G once more.
        iterations: of Newton–Schulz.
        weight_decay: decoupled; 0 is off.
    """

    def __init__(
        self,
        hidden: Sequence[HiddenMatrix],
        lr: float | Tensor,
        momentum: float = 0.95,
        nesterov: bool = True,
        iterations: int = 5,
        weight_decay: float = 0.0,
    ) -> None:
        self._hidden = list(hidden)
        self._momentum, self._nesterov, self._iterations = momentum, nesterov, iterations
        self._weight_decay = weight_decay
        super().__init__([{"params": [matrix.weight for matrix in hidden], "factor": 1.0}], {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        lr = self.param_groups[0]["lr"]
        alike: dict[tuple[object, ...], list[tuple[Tensor, Tensor]]] = {}
        for matrix in self._hidden:
            weight = matrix.weight
            if weight.grad is None:
                continue
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            momentum: Tensor = state["momentum"]
            momentum.lerp_(weight.grad, 1 - self._momentum)
            update = weight.grad.lerp(momentum, self._momentum) if self._nesterov else momentum
            if self._weight_decay:
                weight.mul_(1 - lr * self._weight_decay)
            maps = matrix.maps(update)
            alike.setdefault((maps.shape[1:], maps.dtype), []).append((matrix.maps(weight), maps))
        for pairs in alike.values():  # one batch of products for all matrices of a size
            updates = torch.cat([update for _, update in pairs])
            out, inner = updates.shape[1:]
            steps = orthogonalised(updates, self._iterations) * (lr * max(1.0, out / inner) ** 0.5)
            for (maps, _), step in zip(pairs, steps.split([len(maps) for maps, _ in pairs]), strict=True):
                maps.sub_(step)


def orthogonalised(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Matrices (B, m, n), real or complex, with all their singular values brought near 1."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mH if tall else matrices
    x = x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mH
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mH if tall else x
