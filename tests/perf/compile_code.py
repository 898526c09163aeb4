"""Compiled code of the measurements, made before they start: ``python -m tests.perf.compile_code``.

One compiler process for each core makes all of it, in place of two for each network while the others wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.config.plugins import Plugins
from bench.engine.aot import Recipe
from tests.compile_code import chain_passes, compile_missing
from tests.perf.test_scaling import NAMES, SWEEPS
from tests.perf.test_step import ACTIVATIONS, DEPTH, ON_THE_IMAGE_ALONE


def recipes() -> Iterator[Recipe]:
    """The passes of all measured networks that are chains; those of two rows may be the same."""
    activations = Plugins().activations
    cases = [(name, DEPTH) for name in (*ACTIVATIONS, *ON_THE_IMAGE_ALONE)]
    cases += [(name, depth) for name in NAMES for depth in SWEEPS["depth"]]
    for name, depth in cases:
        yield from chain_passes(activations.get(name.split()[0])(**ACTIVATIONS.get(name, {})), depth)


if __name__ == "__main__":
    compile_missing(recipes(), "measurements")
