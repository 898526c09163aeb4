"""Conformance checks of plugins, for the tests of packages that bring their own.

With pytest, one test for each check::

    from inrbench import testing
    from my_package import SoftSine

    @testing.parametrize_with_checks(SoftSine())
    def test_soft_sine(check):
        check()

Activations and tasks alike; of a task give small variants, such as ``*MyTask.small()``. The checks are those of
``inrbench check``. Their names and number may change between versions: a new version may find a fault that an older one
did not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from unittest import SkipTest

from inrbench.activations.core import conformance as of_activations
from inrbench.activations.core.base import Activation
from inrbench.checks import Finding, run_check
from inrbench.tasks.core import conformance as of_tasks
from inrbench.tasks.core.base import Task

__all__ = ["assert_conforms", "checks", "parametrize_with_checks"]

F = TypeVar("F", bound=Callable[..., object])

Plugin = Activation | Task


def checks(plugin: Plugin) -> dict[str, Callable[[], None]]:
    """The checks of a plugin by name.

    Each raises AssertionError with a message for the plugin's author, or `unittest.SkipTest` where it does not apply.
    """
    return {name: partial(_run, finding) for name, finding in _findings(plugin).items()}


def assert_conforms(plugin: Plugin) -> None:
    """Run all checks of a plugin.

    Raises:
        AssertionError: with one line for each check that failed.
    """
    failed = [str(finding) for run in _findings(plugin).values() if not (finding := run()).ok]
    if failed:
        raise AssertionError("\n".join(failed))


def parametrize_with_checks(*plugins: Plugin) -> Callable[[F], F]:
    """A decorator that makes one pytest test of each check of each plugin; the test takes it as ``check``."""
    import pytest  # only where tests run

    cases = [
        pytest.param(check, id=f"{plugin.name}-{name}") for plugin in plugins for name, check in checks(plugin).items()
    ]
    return pytest.mark.parametrize("check", cases)


def _findings(plugin: Plugin) -> dict[str, Callable[[], Finding]]:
    """What runs each check of a plugin, by name."""
    if isinstance(plugin, Task):
        return {one.__name__.removeprefix("check_"): partial(run_check, one, plugin) for one in of_tasks.CHECKS}
    return {one.__name__.removeprefix("check_"): partial(run_check, one, plugin) for one in of_activations.CHECKS}


def _run(check: Callable[[], Finding]) -> None:
    finding = check()
    if finding.status == "failed":
        raise AssertionError(finding.message)
    if finding.status == "skipped":
        raise SkipTest(finding.message)
