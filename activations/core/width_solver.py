"""Width of a network from a parameter budget.

It makes networks of different activations comparable in size, because equal widths can have different parameter counts.
"""

from __future__ import annotations

import torch

from inrbench.activations.core.base import Activation, Domain, count_params

WIDEST = 1 << 20
"""Limit of the search: the parameter count of such a network does not grow with its width."""


def params_at(activation: Activation, domain: Domain, *, width: int, depth: int) -> int:
    """Number of real degrees of freedom of a network, counted on the meta device without allocating weights."""
    with torch.device("meta"):
        return count_params(activation.network(domain, width=width, depth=depth))


def solve_width(activation: Activation, domain: Domain, depth: int, params: int) -> int:
    """Width whose network has the number of real degrees of freedom nearest to `params`; of two, the smaller one.

    The count must not decrease with the width. A network of coarse sizes can miss the budget; the number that it
    reaches is stored, and reports mark it.

    Raises:
        ValueError: if `params` is not positive, or no width reaches it.
    """
    if params < 1:
        raise ValueError(f"params must be positive, not {params}; set at least 1")

    def count(width: int) -> int:
        return params_at(activation, domain, width=width, depth=depth)

    above = 1
    while count(above) < params:
        above *= 2
        if above > WIDEST:
            raise ValueError(
                f"{activation.name}: no width up to {WIDEST} gives {params:,} parameters at depth {depth}; set width"
            )
    below = above // 2  # count(below) < params <= count(above), unless below is 0
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if count(middle) < params else (below, middle)

    counts = {width: count(width) for width in (below, above) if width >= 1}
    return min(counts, key=lambda candidate: (abs(counts[candidate] - params), candidate))
