"""Compiled code of the measurements, made before they start: ``python -m tests.perf.compile_code``.

One compiler process for each core makes all of it, in place of two for each network while the others wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine.aot import Recipe
from inrbench.bench.engine.products import faster_library
from tests.compile_code import compile_missing, mlp_passes
from tests.perf import test_peers as peers
from tests.perf.test_scaling import BASE, NAMES, SWEEPS
from tests.perf.test_step import ACTIVATIONS, DEPTH, ON_THE_IMAGE_ALONE, WIDTH, hidden_columns


def recipes() -> Iterator[Recipe]:
    """The passes of all measured networks that are MLPs; those of two rows may be the same."""
    activations = Plugins().activations
    cases = [(name, DEPTH, WIDTH) for name in (*ACTIVATIONS, *ON_THE_IMAGE_ALONE)]
    cases += [(name, BASE["depth"], width) for name in NAMES for width in SWEEPS["width"]]
    cases += [(name, depth, BASE["width"]) for name in NAMES for depth in SWEEPS["depth"]]
    cases += [(name, peers.DEPTH, width) for name in peers.NAMES for _, width in peers.SIZES]
    for name, depth, width in cases:
        activation = activations.get(name.split()[0])(**ACTIVATIONS.get(name, {}))
        yield from mlp_passes(activation, depth, faster_library(hidden_columns(name, width)))


if __name__ == "__main__":
    compile_missing(recipes(), "measurements")
