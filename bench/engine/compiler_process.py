"""The compiler's process: ``python -m inrbench.bench.engine.compiler_process COMMANDS [HEADERS INDEX]``.

COMMANDS are the `inrbench.bench.engine.aot.Recipe.command` of each code in JSON; HEADERS and INDEX the arguments of
`share_headers`.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ENOUGH = 3
"""Number of codes for each process from which precompiled headers (PCH) save time.

On two cores without AVX-512 they take 12 s of each to make, and save 6 of the 18 s of the C++ compiler with each code.
"""


def share_headers(folder: Path, index: int) -> None:
    """Let PyTorch's compiler in this process make and use the precompiled headers in a folder.

    By itself PyTorch reads all headers again for each code, to see whether they have changed, and processes wait for
    each other. A header that cannot be made, for want of space for example, is read as text.

    Args:
        folder: one for all processes, which takes about 300 MB; the caller removes it.
        index: number of this process: every other one begins with the other header.
    """
    codecache: Any = importlib.import_module("torch._inductor.codecache")
    original = getattr(codecache, "_precompile_header", None)
    if original is None:  # another version of PyTorch
        return
    made: dict[str, str | None] = {}

    def precompile(header: str, command: str, **options: Any) -> str | None:
        if header not in made:
            # The header of kernels, which has no option `min_optimize`, comes second to PyTorch.
            if index % 2 and "min_optimize" in options and (kernels := codecache._get_cpp_prefix_header("cpu")):
                precompile(kernels, command, **{name: options[name] for name in options if name != "min_optimize"})
            try:
                made[header] = original(header, command, **options)
            except Exception:
                made[header] = None
        return made[header]

    codecache._HEADER_DIR, codecache._HEADER_LOCK_DIR = str(folder), str(folder / "locks")
    codecache._precompile_header = precompile
    importlib.import_module("torch._inductor.config").aot_inductor.precompile_headers = True


def main(arguments: Sequence[str]) -> None:
    """Compile one code after another; print the place and the cause of one that fails."""
    importlib.import_module("torch._inductor.config").aot_inductor.precompile_headers = False
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
