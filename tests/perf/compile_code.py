"""Compiled code of the measurements, made before they start: ``python -m tests.perf.compile_code``.

One compiler process for each core makes all of it, in place of two for each network while the others wait.
"""

from __future__ import annotations

from activations.core.base import Domain, build
from bench.config.plugins import Plugins
from bench.engine.aot import Recipe, compile_all, has_compiler
from bench.engine.capture import chain_spec
from bench.engine.compiled_chain import passes_of
from tests.perf.test_scaling import NAMES, SWEEPS
from tests.perf.test_step import ACTIVATIONS, DEPTH, ON_THE_IMAGE_ALONE


def recipes() -> list[Recipe]:
    """The passes of all measured networks that are chains; they fit every width."""
    cases = [(name, DEPTH) for name in (*ACTIVATIONS, *ON_THE_IMAGE_ALONE)]
    cases += [(name, depth) for name in NAMES for depth in SWEEPS["depth"]]
    found: dict[str, Recipe] = {}
    for name, depth in cases:
        activation = Plugins().activations.get(name.split()[0])(**ACTIVATIONS.get(name, {}))
        spec = chain_spec(build(activation, Domain(2, 1, (16, 16)), width=16, depth=depth, seed=0))
        found |= {str(each.path): each for each in ([] if spec is None else passes_of(spec))}
    return list(found.values())


if __name__ == "__main__" and has_compiler():
    missing = [recipe for recipe in recipes() if not recipe.path.exists()]
    if missing:
        print(f"compiling {len(missing)} codes of the measurements, once for this machine", flush=True)
    compile_all(missing)
