"""Activations, one plugin in each file. The names exported here are all that a usual plugin needs."""

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param

__all__ = ["Activation", "Domain", "LogUniform", "Param"]
