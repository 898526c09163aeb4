"""What others read of the project: citation, licence, version."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import yaml

import inrbench

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_citation_is_of_the_citation_file_format() -> None:
    schema = json.loads((ROOT / "tests/data/citation-file-format-1.2.0.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(CITATION)


def test_the_version_is_the_same_wherever_it_is_said() -> None:
    (bibtex,) = re.findall(r"```bibtex\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (cited,) = re.findall(r"version\s*=\s*\{(.*?)\}", bibtex)
    (newest, *_) = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert {CITATION["version"], cited, newest, inrbench.__version__} == {PROJECT["version"]}


def test_licence_and_authors_are_the_same_wherever_they_are_said() -> None:
    (author,) = PROJECT["authors"]
    assert CITATION["authors"] == [author]
    assert f"Copyright (c) 2026 {author['name']}" in (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == CITATION["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_ci_runs_on_every_python_that_the_package_names() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    prefix = "Programming Language :: Python :: 3."
    named = [f"3.{line.removeprefix(prefix)}" for line in PROJECT["classifiers"] if line.startswith(prefix)]
    assert workflow["jobs"]["check"]["strategy"]["matrix"]["python"] == named
    assert "bash .ci/run" in [step.get("run") for step in workflow["jobs"]["check"]["steps"]]
