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
from inrbench.bench.engine.compiled_mlp import MLPCode
from tests.bench.engine.test_compiled_mlp import Mixed
from tests.bench.engine.test_elementary import Wave


def recipes() -> list[Recipe]:
    """What tests that are not marked as slow compile: four MLPs, and one of the sines."""
    found = [mlp_code(activation) for activation in (Wave(), Siren(), Mfn(), BwRelu(skip=True), Mixed())]
    assert None not in found
    return [code for code in found if code]


def mlp_code(activation: Activation) -> MLPCode | None:
    """The code of a network, which fits every width and depth; None if it is no MLP."""
    spec = mlp_spec(build(activation, Domain(2, 1, (16, 16)), width=16, depth=3, seed=0))
    return None if spec is None else MLPCode.of(spec)


def compile_missing(recipes: Iterable[Recipe], name: str) -> None:
    """Compile what is not in the cache, and say so; nothing where there is no compiler."""
    missing = {recipe.path: recipe for recipe in recipes if not recipe.path.exists()}
    if missing and has_compiler():
        print(f"compiling {len(missing)} codes of the {name}, once for this machine", flush=True)
        compile_all(list(missing.values()))


if __name__ == "__main__":
    compile_missing(recipes(), "tests")
