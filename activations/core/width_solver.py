"""Width from a parameter budget: what makes networks of different activations comparable in size."""

from __future__ import annotations

import torch

from activations.core.base import Activation, Domain, count_params

TOLERANCE = 0.05
"""The largest relative distance from the budget that is accepted."""

WIDEST = 1 << 20
"""A search that gets here has met a network that does not grow with its width."""


def params_at(activation: Activation, domain: Domain, *, width: int, depth: int) -> int:
    """Real degrees of freedom of the network, counted without making a single weight."""
    with torch.device("meta"):
        return count_params(activation.network(domain, width=width, depth=depth))


def solve_width(activation: Activation, domain: Domain, depth: int, params: int) -> int:
    """The `width` whose network has the real degrees of freedom nearest to `params`; the smaller one of a tie.

    The count must not fall as the width grows.

    Raises:
        ValueError: no width comes within 5 % of `params`, with the nearest counts in one line.
    """
    if params < 1:
        raise ValueError(f"params must be positive, not {params}")

    def count(width: int) -> int:
        return params_at(activation, domain, width=width, depth=depth)

    above = 1
    while count(above) < params:
        above *= 2
        if above > WIDEST:
            raise ValueError(f"{activation.name}: no width up to {WIDEST} gives {params:,} parameters at depth {depth}")
    below = above // 2  # count(below) < params <= count(above), if below is a width at all
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if count(middle) < params else (below, middle)

    found = {width: count(width) for width in (below, above) if width >= 1}
    width = min(found, key=lambda candidate: (abs(found[candidate] - params), candidate))
    if abs(found[width] - params) > TOLERANCE * params:
        nearest = " or ".join(f"{n:,} (width {w})" for w, n in found.items())
        raise ValueError(
            f"{activation.name}: no width comes within {TOLERANCE:.0%} of {params:,} parameters at depth {depth}; "
            f"the nearest are {nearest}"
        )
    return width
