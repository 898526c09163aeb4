"""Activations: one file per plugin. A plugin's author needs only what is re-exported here."""

from activations.core.base import Activation, Domain, LogUniform, Param

__all__ = ["Activation", "Domain", "LogUniform", "Param"]
