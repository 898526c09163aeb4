"""The compiler's process: ``python -m inrbench.bench.engine.compiler_process COMMANDS``.

COMMANDS are the `inrbench.bench.engine.aot.Recipe.command` of each code in JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Compile one code after another; print the place and the cause of one that fails."""
    for index, (module, *command) in enumerate(json.loads(arguments[0])):
        try:
            importlib.import_module(module).compile_from(command)
        except Exception as error:  # the next one may be compiled all the same
            lines = f"{type(error).__name__}: {error}".strip().splitlines()
            print(index, lines[-1] if lines else "", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
