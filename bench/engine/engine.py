"""Engines: each evaluates a network and its gradient in blocks of rows. One is chosen when a job is set up.

In order of preference, on a CPU:

- ``chain``: the network as two compiled functions (`inrbench.bench.engine.compiled_chain`), each thread on blocks of
  its own; ``chain-onednn`` where its matrix products are those of oneDNN (`inrbench.bench.engine.products`);
- ``kernels``: autograd, each thread on blocks of its own, with the nonlinearities compiled one by one;
- ``autograd``: the same, with nothing compiled. It is the only one where training needs derivatives of the network at
  its coordinates, which compiled code does not give.

On a GPU there is one thread, and kernels go through ``torch.compile``.
"""

from __future__ import annotations

import functools
import os
import warnings
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import PLAIN, Kernel, KernelCode, using
from inrbench.bench.engine.aot import CompilationError
from inrbench.bench.engine.capture import ChainSpec, chain_spec
from inrbench.bench.engine.compiled_chain import CompiledChain, library_of
from inrbench.bench.engine.kernel_code import AotKernels, Recorder, TorchCompiledKernels
from inrbench.bench.engine.precision import in_precision
from inrbench.bench.machine.cache import cache_folder

TRIED = 64
"""Number of rows on which a compiled chain is compared with autograd before it is used."""

NEAR_VALUES, NEAR_GRADIENTS = 1e-2, 1e-1
"""Tolerances of that comparison, as parts of the norm.

The one of gradients is wide because rounding decides on which side of a jump of the derivative a unit is."""


class Engine(Protocol):
    """Evaluates a network and its gradient.

    Attributes:
        name: ``chain``, ``chain-onednn``, ``kernels`` or ``autograd``.
        network: the network; its parameters may change between two passes.
        threads: number of threads that may call `forward` and `backward` at the same time.
        precision: of matrix products, see `inrbench.bench.engine.precision`.
    """

    name: str
    network: nn.Module
    threads: int
    precision: str | None

    def begin(self) -> None:
        """Read the parameters as they are now; sums of gradients start at zero."""

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        """(N, d) coordinates to (N, C) values without a gradient, and what `backward` needs if ``keep``."""

    def backward(self, thread: int, kept: Any, gradient: Tensor) -> None:
        """Add the gradient of the parameters, for a gradient (N, C) at the values, to the sums of a thread."""

    def end(self) -> None:
        """Add the sums of all threads, in order, to the parameters' ``grad``."""


class AutogradEngine:
    """PyTorch's autograd, by default on one thread of ours, among whose operations PyTorch divides its own threads."""

    def __init__(
        self, network: nn.Module, threads: int = 1, code: KernelCode = PLAIN, precision: str | None = None
    ) -> None:
        self.name = "autograd" if code is PLAIN else "kernels"
        self.network, self.threads, self.precision = network, threads, precision
        self._code = code
        self._parameters = [p for p in network.parameters() if p.requires_grad]
        self._device = next((p.device for p in self._parameters), torch.device("cpu"))
        self._sums: list[list[Tensor | None]] = []

    def begin(self) -> None:
        self._sums = [[] for _ in range(self.threads)]

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Tensor]:
        # All three are settings of the calling thread.
        with torch.set_grad_enabled(keep), using(self._code), in_precision(self.precision, self._device):
            output: Tensor = self.network(coords)
        return output.detach(), output

    def backward(self, thread: int, kept: Tensor, gradient: Tensor) -> None:
        with in_precision(self.precision, self._device):
            # Of a scalar: to compare the shape of a given gradient, PyTorch imports sympy, which takes a second.
            product = (kept * gradient.to(kept.dtype)).sum()
            found = torch.autograd.grad(product, self._parameters, allow_unused=True)
        sums = self._sums[thread]
        self._sums[thread] = _added(sums, list(found)) if sums else list(found)

    def end(self) -> None:
        total, *others = [sums for sums in self._sums if sums]
        for other in others:
            total = _added(total, other)
        given: set[int] = set()
        for parameter, gradient in zip(self._parameters, total, strict=True):
            if gradient is None:
                continue
            # Autograd returns one tensor for both terms of a sum, and views; fused optimisers need the layout of the
            # parameter.
            if gradient.data_ptr() in given or gradient.stride() != parameter.stride():
                gradient = torch.empty_like(parameter).copy_(gradient)
            given.add(gradient.data_ptr())
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def _added(first: list[Tensor | None], second: list[Tensor | None]) -> list[Tensor | None]:
    """Sums of pairs; None where the network has not used a parameter. Nothing is overwritten: tensors may be shared."""
    return [b if a is None else a if b is None else a + b for a, b in zip(first, second, strict=True)]


class ChainEngine:
    """A compiled chain, each thread of ours on one thread of the processor.

    Raises:
        CompilationError: if the chain cannot be compiled.
    """

    def __init__(self, network: nn.Module, spec: ChainSpec, threads: int, library: str) -> None:
        self.name = "chain" if library == "blas" else f"chain-{library}"
        self.network, self.threads = network, threads
        self.precision: str | None = None
        self._chain = CompiledChain(spec, threads, library)
        self._sums: list[list[Tensor]] = []

    def begin(self) -> None:
        self._chain.refresh()
        self._sums = [[] for _ in range(self.threads)]

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        values, kept = self._chain.forward(coords)
        return values, kept if keep else None

    def backward(self, thread: int, kept: list[Tensor], gradient: Tensor) -> None:
        found = self._chain.backward(kept, gradient)
        if self._sums[thread]:
            torch._foreach_add_(self._sums[thread], found)
        else:
            self._sums[thread] = found

    def end(self) -> None:
        total, *others = [sums for sums in self._sums if sums]
        for other in others:
            torch._foreach_add_(total, other)
        self._chain.add_gradients(total)


def choose_engine(
    network: nn.Module, coords: Tensor, *, large: bool, precision: str | None = None, derivatives: bool = False
) -> Engine:
    """The fastest engine for a network on its device.

    Args:
        network: on its device.
        coords: coordinates that it will be evaluated at; on the first `TRIED` the choice is tested.
        large: whether the job is worth compilation and threads (`inrbench.bench.engine.block_size.worthwhile`). The
            variable ``INRBENCH_COMPILE`` overrules it for compilation: 0 is never, 1 for every job.
        precision: of matrix products; only float32 is compiled as a chain.
        derivatives: whether training needs derivatives of the network at its coordinates.
    """
    compile_ = {"0": False, "1": True}.get(os.environ.get("INRBENCH_COMPILE", ""), large) and not derivatives
    sample = coords[:TRIED]
    if coords.device.type != "cpu":
        return AutogradEngine(network, 1, TorchCompiledKernels() if compile_ else PLAIN, precision)
    processors, code, cause = torch.get_num_threads(), cast(KernelCode, PLAIN), ""
    if compile_ and precision is None:
        try:
            if (chain := _chain_engine(network, sample, processors)) is not None:
                return chain
        except CompilationError as error:
            cause = str(error)
    kernels, repeatable = _trial(network, sample)
    # The many small operations of a double backward pass are not worth dividing among PyTorch's threads.
    threads = processors if (large or derivatives) and repeatable else 1
    if compile_ and kernels:
        try:
            code = AotKernels(kernels, 1 if threads > 1 else processors, threads)
        except CompilationError as error:
            cause = cause or str(error)
    if cause:
        warn_once(f"training runs without compiled code and slower: {' '.join(cause.split())[:200]}")
    return AutogradEngine(network, threads, code, precision)


@functools.cache
def warn_once(message: str) -> None:
    """Warn once in a process. (Python forgets which warnings it has shown whenever a library changes a filter.)"""
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def _chain_engine(network: nn.Module, coords: Tensor, threads: int) -> ChainEngine | None:
    """The compiled chain of a network; None if it is no chain in float32.

    Raises:
        CompilationError: if the chain cannot be compiled, or does not agree with autograd.
    """
    spec = chain_spec(network)
    if spec is None or any(tensor.dtype != torch.float32 for tensor in (coords, *network.parameters())):
        return None
    library = library_of(spec)
    try:
        return _checked(ChainEngine(network, spec, threads, library), coords)
    except CompilationError as error:
        if library == "blas":
            raise
        # Another version of PyTorch may not let oneDNN be compiled in.
        engine = _checked(ChainEngine(network, spec, threads, "blas"), coords)
        warn_once(f"training takes longer, without the products of {library}: {' '.join(str(error).split())[:200]}")
        return engine


def _checked(engine: ChainEngine, coords: Tensor) -> ChainEngine:
    """The engine, once its code has been compared with autograd.

    Raises:
        CompilationError: if it fails, or does not agree with autograd.
    """
    try:
        agrees = _agrees(engine.network, engine, coords)
    except Exception as error:  # of the code, or of the plugin: then it is raised again by autograd
        raise CompilationError(f"its code fails: {error}") from error
    if not agrees:
        raise CompilationError(f"its code does not agree with autograd; remove {cache_folder() / 'kernels'}")
    return engine


def _trial(network: nn.Module, coords: Tensor) -> tuple[list[Kernel], bool]:
    """The kernels that a forward pass uses, and whether it leaves no trace: no buffer changed, no random number drawn.

    Only such a pass can run on several threads and give the same bits each time. Buffers and generator are restored.
    """
    buffers, generator = [buffer.clone() for buffer in network.buffers()], torch.get_rng_state()
    recorder = Recorder()
    with torch.no_grad(), using(recorder):
        network(coords)
    same = torch.equal(generator, torch.get_rng_state())
    torch.set_rng_state(generator)
    for buffer, before in zip(network.buffers(), buffers, strict=True):
        same = same and torch.equal(buffer, before)
        buffer.copy_(before)
    return list({call.kernel: None for call in recorder.calls}), same


def _agrees(network: nn.Module, engine: ChainEngine, coords: Tensor) -> bool:
    """Whether values and gradients are those of autograd: a plugin may not be a pure function of its source."""
    parameters = list(network.parameters())
    before, results = [p.grad for p in parameters], []
    engines: tuple[Engine, Engine] = (AutogradEngine(network), engine)
    try:
        for each in engines:
            for parameter in parameters:
                parameter.grad = None
            each.begin()
            values, kept = each.forward(coords)
            each.backward(0, kept, torch.linspace(-1, 1, values.numel()).reshape(values.shape))
            each.end()
            results.append([values, *(torch.zeros_like(p) if p.grad is None else p.grad for p in parameters)])
    finally:
        for parameter, grad in zip(parameters, before, strict=True):
            parameter.grad = grad
    for group, near in ((slice(0, 1), NEAR_VALUES), (slice(1, None), NEAR_GRADIENTS)):
        expected, other = (torch.cat([tensor.flatten() for tensor in result[group]]) for result in results)
        if bool((other - expected).norm() > near * expected.norm()):  # not so where autograd's is no number
            return False
    return True
