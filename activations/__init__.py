"""Activations, one plugin in each file. The names for a plugin are those of `inrbench`."""

from inrbench import __getattr__ as __getattr__  # type: ignore[attr-defined]

__all__ = ["Activation", "Domain", "LogUniform", "Param"]
