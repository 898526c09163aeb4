"""The key of compiled code: another one whenever something changes that the code depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.activations import siren
from inrbench.bench.engine import code_cache, compiled_mlp, elementary
from inrbench.bench.engine.code_cache import code_file, imported_files


def plugin(folder: Path, **files: str) -> str:
    """A plugin of the files of those names, the first of which it is."""
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content)
    return str(folder / f"{next(iter(files))}.py")


def test_the_key_covers_name_settings_source_and_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plugin(tmp_path, own="x = 1\n")
    found = [code_file("f", ["a"], [file]), code_file("f", ["b"], [file]), code_file("g", ["a"], [file])]
    assert code_file("f", ["a"], [file]) == found[0]
    plugin(tmp_path, own="x = 2\n")
    found.append(code_file("f", ["a"], [file]))
    monkeypatch.setattr(code_cache, "processor", lambda: "another")
    found.append(code_file("f", ["a"], [file]))
    assert len(set(found)) == len(found)


def test_the_key_covers_what_the_source_imports_at_any_depth(tmp_path: Path) -> None:
    file = plugin(tmp_path, own="from helper import factor\n", helper="def factor():\n    return 2\n")
    found = [code_file("f", [], [file])]
    plugin(tmp_path, helper="from deeper import number as factor\n", deeper="def number():\n    return 2\n")
    found.append(code_file("f", [], [file]))
    plugin(tmp_path, deeper="def number():\n    return 3.5\n")
    found.append(code_file("f", [], [file]))
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "line", ["from ..helper import factor", "from .. import helper", "import lab.helper", "from lab import helper"]
)
def test_a_plugin_in_a_package_is_followed_by_any_kind_of_import(tmp_path: Path, line: str) -> None:
    deep = tmp_path / "lab" / "deep"
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent):
        (folder / "__init__.py").touch()
    plugin(deep.parent, helper="factor = 2\n")
    assert deep.parent / "helper.py" in imported_files([plugin(deep, own=line + "\n")])


def test_a_shipped_activation_depends_on_the_core_it_is_built_from_and_on_no_other() -> None:
    names = {file.name for file in imported_files([siren.__file__])}
    assert {"siren.py", "kernel.py", "base.py", "mlp.py"} <= names
    assert "gauss.py" not in names


def test_compiled_code_depends_on_how_it_is_compiled() -> None:
    assert Path(elementary.__file__).resolve() in imported_files([compiled_mlp.__file__])


def test_files_without_imports_of_ours_stand_alone(tmp_path: Path) -> None:
    file = plugin(tmp_path, alone="import torch, json\nfrom os import path\n")
    assert imported_files([file]) == [Path(file)]


def test_installed_packages_of_others_are_not_followed(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    for name in ("lab", "other"):
        (installed / name).mkdir(parents=True)
        (installed / name / "__init__.py").touch()
    plugin(installed / "lab", helper="factor = 2\n")
    file = plugin(installed / "lab", own="import other, single\nfrom lab import helper\n")
    alone = plugin(installed, single="import other\n")
    found = imported_files([file])
    assert [path.name for path in found] == ["__init__.py", "helper.py", "own.py"]
    assert installed / "other" / "__init__.py" not in found
    assert imported_files([alone]) == [Path(alone)]
