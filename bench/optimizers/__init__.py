"""Optimisers by name: those of `torch.optim` that fit, Muon, and any that a plugin brings."""

from inrbench.bench.optimizers.base import Optimizer, Trained

__all__ = ["Optimizer", "Trained"]
