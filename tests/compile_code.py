"""Compiled code of the tests, made before they start: ``python -m tests.compile_code``.

The compiler is imported once for each core in place of once for each code, and two processes of tests do not compile
the same at the same time. Does nothing where all is in the cache; what is missing here is compiled by its test.
"""

from __future__ import annotations

from collections.abc import Iterable

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.mfn import Mfn
from inrbench.activations.siren import Siren
from inrbench.bench.engine.aot import Recipe, compile_all, has_compiler
from inrbench.bench.engine.capture import mlp_spec
from inrbench.bench.engine.compiled_mlp import Pass, passes_of
from tests.bench.engine.test_compiled_mlp import Mixed
from tests.bench.engine.test_elementary import Wave


def recipes() -> list[Recipe]:
    """What tests that are not marked as slow compile: MLPs of three layers, and one of the sines."""
    found: list[Recipe] = [*mlp_passes(Wave(), depth=1, library="blas")]
    for activation in (Siren(), Mfn(), BwRelu(skip=True), Mixed()):
        passes = mlp_passes(activation, depth=3, library="blas")
        assert passes
        found += passes
    return [*found, *mlp_passes(Mixed(), depth=3, library="onednn")]


def mlp_passes(activation: Activation, depth: int, library: str) -> list[Pass]:
    """The passes of a network with the matrix products of a library, which fit every width; none if it is no MLP."""
    spec = mlp_spec(build(activation, Domain(2, 1, (16, 16)), width=16, depth=depth, seed=0))
    return [] if spec is None else passes_of(spec, library)


def compile_missing(recipes: Iterable[Recipe], name: str) -> None:
    """Compile what is not in the cache, and say so; nothing where there is no compiler."""
    missing = {recipe.path: recipe for recipe in recipes if not recipe.path.exists()}
    if missing and has_compiler():
        print(f"compiling {len(missing)} codes of the {name}, once for this machine", flush=True)
        compile_all(list(missing.values()))


if __name__ == "__main__":
    compile_missing(recipes(), "tests")
