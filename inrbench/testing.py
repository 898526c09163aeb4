"""Conformance checks of plugins, for the tests of packages that bring their own.

With pytest, one test for each check::

    from inrbench import testing
    from my_package import SoftSine

    @testing.parametrize_with_checks(SoftSine())
    def test_soft_sine(check):
        check()

The checks are those of ``inrbench check``. Their names and number may change between versions: a new version may find a
fault that an older one did not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from unittest import SkipTest

from inrbench.activations.core import conformance
from inrbench.activations.core.base import Activation

__all__ = ["assert_conforms", "checks", "parametrize_with_checks"]

F = TypeVar("F", bound=Callable[..., object])


def checks(plugin: Activation) -> dict[str, Callable[[], None]]:
    """The checks of a plugin by name.

    Each raises AssertionError with a message for the plugin's author, or `unittest.SkipTest` where it does not apply.
    """
    return {one.__name__.removeprefix("check_"): partial(_run, one, plugin) for one in conformance.CHECKS}


def assert_conforms(plugin: Activation) -> None:
    """Run all checks of a plugin.

    Raises:
        AssertionError: with one line for each check that failed.
    """
    failed = [str(finding) for finding in conformance.check(plugin) if not finding.ok]
    if failed:
        raise AssertionError("\n".join(failed))


def parametrize_with_checks(*plugins: Activation) -> Callable[[F], F]:
    """A decorator that makes one pytest test of each check of each plugin; the test takes it as ``check``."""
    import pytest  # only where tests run

    cases = [
        pytest.param(check, id=f"{plugin.name}-{name}") for plugin in plugins for name, check in checks(plugin).items()
    ]
    return pytest.mark.parametrize("check", cases)


def _run(one: conformance.Check, plugin: Activation) -> None:
    finding = conformance.run_check(one, plugin)
    if finding.status == "failed":
        raise AssertionError(finding.message)
    if finding.status == "skipped":
        raise SkipTest(finding.message)
