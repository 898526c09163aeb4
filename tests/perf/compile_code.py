"""Compiled code of the measurements, made before they start: ``python -m tests.perf.compile_code``.

One compiler process for each core makes all of it, in place of one for each network while the others wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine.aot import Recipe
from tests.compile_code import compile_missing, mlp_code
from tests.perf import test_peers as peers
from tests.perf.test_scaling import NAMES
from tests.perf.test_step import ACTIVATIONS, ON_THE_IMAGE_ALONE


def recipes() -> Iterator[Recipe]:
    """The codes of all measured networks that are MLPs; those of two rows may be the same."""
    activations = Plugins().activations
    for name in dict.fromkeys((*ACTIVATIONS, *ON_THE_IMAGE_ALONE, *NAMES, *peers.NAMES)):
        code = mlp_code(activations.get(name.split()[0])(**ACTIVATIONS.get(name, {})))
        if code is not None:
            yield code


if __name__ == "__main__":
    compile_missing(recipes(), "measurements")
