"""The compiler's process: ``python -m inrbench.bench.engine.compiler_process COMMANDS [HEADERS INDEX]``.

COMMANDS are the `inrbench.bench.engine.aot.Recipe.command` of each code in JSON; HEADERS and INDEX the arguments of
`inrbench.bench.engine.torch_internals.share_headers`.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from inrbench.bench.engine.torch_internals import precompile_headers, share_headers

ENOUGH = 3
"""Number of codes for each process from which precompiled headers (PCH) save time.

On two cores without AVX-512 they take 12 s of each to make, and save 6 of the 18 s of the C++ compiler with each code.
"""


def main(arguments: Sequence[str]) -> None:
    """Compile one code after another; print the place and the cause of one that fails."""
    precompile_headers(False)
    if len(arguments) > 1:
        share_headers(Path(arguments[1]), int(arguments[2]))
    for index, (module, *command) in enumerate(json.loads(arguments[0])):
        try:
            importlib.import_module(module).compile_from(command)
        except Exception as error:  # the next one may be compiled all the same
            lines = f"{type(error).__name__}: {error}".strip().splitlines()
            print(index, lines[-1] if lines else "", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
