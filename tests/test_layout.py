"""The folders of tests mirror those of the code, so that the tests of a module are found by its name.

A plugin needs no test module to be added: the tests of all activations find it (`tests/activations/core`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BY_USE = {
    "bench/api/commands.py": "tests/bench/test_networks.py",
    "bench/reporting.py": "tests/bench/test_reporting.py",
    "bench/summary.py": "tests/bench/test_reporting.py",
    "bench/workspace.py": "tests/bench/test_cli.py",
    "report/figures/tuning.py": "tests/report/tables/test_tuning.py",
}
"""Modules that only connect others, and the test module in which they are used."""

MODULES = [
    path.relative_to(ROOT)
    for pattern in ("activations/*/*.py", "tasks/*/*.py", "bench/**/*.py", "report/**/*.py")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "__init__.py"
]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_that_is_no_plugin_has_a_test_module_of_its_name(module: Path) -> None:
    expected = BY_USE.get(module.as_posix(), f"tests/{module.parent.as_posix()}/test_{module.name}")
    assert (ROOT / expected).is_file(), f"add {expected}"
