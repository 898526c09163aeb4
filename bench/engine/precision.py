"""Precision of matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def in_precision(name: str | None, device: torch.device) -> Iterator[None]:
    """Within it, products of matrices are computed in a precision; None is float32.

    - ``tf32``: factors are rounded to 10 bits after the leading one, on an NVIDIA GPU.
    - ``bf16``: factors, and the values between layers, are rounded to bfloat16, 7 bits; the layer on the coordinates is
      not. On a CPU too.

    Raises:
        ValueError: for tf32 without an NVIDIA GPU: the result would be float32 under another name.
    """
    if name is None:
        yield
        return
    if name == "tf32" and device.type != "cuda":
        raise ValueError("train.precision: tf32 needs an NVIDIA GPU; leave it out, or give bf16")
    # No cache of rounded weights: it would outlive the step that changes them.
    mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=name == "bf16", cache_enabled=False)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
    try:
        with mixed:
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
