"""Machine code of small functions of tensors, made once by PyTorch's own compiler and kept on disk.

A call of such code costs about two microseconds; through ``torch.compile``, which looks at each call anew whether its
code still fits, it costs thirty, as much as the arithmetic of a small block takes. Loading it costs a millisecond, and
nothing of the compiler is imported for it. Making it costs a few seconds a function, once for a machine.

Only for the CPU. What is kept is kept for one processor, number of threads and version of PyTorch.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Code = Callable[[list[Tensor]], list[Tensor]]

_OPTIONS: dict[str, Any] = {
    # Headers that are compiled beforehand would fill 300 MB of the temporary folder for a second's gain, and the code
    # around a kernel is too short to be worth optimising.
    "aot_inductor.precompile_headers": False,
    "aot_inductor.compile_wrapper_opt_level": "O0",
}


def cache_folder() -> Path:
    """Where this user's machine-dependent results are kept between runs: ``$XDG_CACHE_HOME/inrbench``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inrbench"


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right half of the columns, as ``x.chunk(2, dim=-1)``, which cannot be compiled for any width."""
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


@dataclass(frozen=True)
class Source:
    """What machine code is made of.

    Attributes:
        function: of float32 tensors, then of scalar tensors; at the top level of its file. Whatever it calls of ours
            must stand in the same file or in this one: their content is part of the name under which the code is kept.
        tensors: how many they are, before the scalars.
        columns: for each tensor the multiple of one number of columns that it has: they are matrices of as many rows;
            None if all are vectors of one length. No size may be below 2.

    Raises:
        TypeError: if the function is a lambda or inside another one.
    """

    function: Callable[..., Tensor]
    tensors: int
    columns: tuple[int, ...] | None

    def __post_init__(self) -> None:
        if not self.function.__qualname__.isidentifier():
            raise TypeError(f"{self.function.__qualname__}: define it with def at the top level of its file")

    @property
    def path(self) -> Path:
        """Where its code is kept: the name tells whatever it depends on."""
        name = self.function.__qualname__
        facts = [torch.__version__, str(torch.get_num_threads()), processor(), name]
        contents = [Path(file).read_bytes() for file in (inspect.getfile(self.function), __file__)]
        key = hashlib.sha256(b"\n".join([*(fact.encode() for fact in facts), *contents])).hexdigest()[:16]
        return cache_folder() / "kernels" / f"{name.strip('_')}-{key}.so"


def native(source: Source, *others: Source) -> Code:
    """Machine code for the present number of threads, made if no earlier process has.

    Args:
        others: what will be wanted next; made at the same time where it is missing too.

    Raises:
        RuntimeError: if it cannot be made, for want of a compiler for example.
    """
    path = source.path
    if not path.exists():
        # By processes of their own: the compiler's 200 MB stay out of this one, and several work at a time.
        makers = [_maker(each) for each in (source, *others) if not each.path.exists()]
        errors = [maker.communicate()[1] for maker in makers]
        if not path.exists():
            raise RuntimeError(next(iter(errors[0].strip().splitlines()[::-1]), "the compiler said nothing"))
    run: Code = torch._C._aoti.AOTIModelContainerRunnerCpu(str(path), 1).run
    return run


def _maker(source: Source) -> subprocess.Popen[str]:
    function = source.function
    command = [sys.executable, "-P", "-m", "activations.native", inspect.getfile(function), function.__qualname__]
    rest = [str(source.tensors), json.dumps(source.columns), str(torch.get_num_threads()), str(source.path)]
    return subprocess.Popen(
        [*command, *rest], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


@functools.cache
def processor() -> str:
    """The processor's name and what it can do: code made for one may not run on another."""
    found = [platform.machine(), platform.processor(), torch.backends.cpu.get_cpu_capability()]
    try:
        first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
        found += [line for line in first.splitlines() if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        pass
    return "\n".join(found)


def _compile(source: Source, path: Path) -> None:
    from torch.export import Dim, export

    class Module(nn.Module):
        def forward(self, *inputs: Tensor) -> Tensor:
            return source.function(*inputs)

    # The examples are large, or the compiler would think that they are not worth several threads.
    rows, units = Dim("rows", min=2), Dim("units", min=2)
    if source.columns is None:
        tensors, sizes = [torch.rand(1 << 20) for _ in range(source.tensors)], [{0: rows}] * source.tensors
    else:
        tensors = [torch.rand(1 << 12, 256 * multiple) for multiple in source.columns]
        sizes = [{0: rows, 1: multiple * units} for multiple in source.columns]
    scalars = len(inspect.signature(source.function).parameters) - source.tensors
    inputs = (*tensors, *(torch.rand(()) for _ in range(scalars)))
    shapes = {"inputs": (*sizes, *[None] * scalars)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        module: Any = export(Module(), inputs, dynamic_shapes=shapes).module(check_guards=False)
        options = {**_OPTIONS, "aot_inductor.output_path": f"{folder}/code.so"}
        made = torch._inductor.aot_compile(module, inputs, options=options)
        os.replace(str(made), path)  # whole or not at all, whoever else is at it


def main() -> None:
    """Make the code of one function: ``python -m activations.native FILE FUNCTION TENSORS COLUMNS THREADS PATH``."""
    file, name, tensors, columns, threads, path = sys.argv[1:]
    torch.set_num_threads(int(threads))
    spec = importlib.util.spec_from_file_location(f"source_of_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = json.loads(columns)
    with torch.no_grad():
        _compile(Source(getattr(module, name), int(tensors), found and tuple(found)), Path(path))


if __name__ == "__main__":
    main()
