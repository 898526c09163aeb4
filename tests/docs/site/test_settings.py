"""The page on suite files: what may stand there is what the models accept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from pydantic import BaseModel

from docs.site import docstrings, settings
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.scaffold import render

PAGE = (Path(__file__).parents[3] / "docs/reference/suite-files.md").read_text()


@pytest.mark.parametrize("cls", settings.MODELS.values(), ids=settings.MODELS)
def test_every_key_has_a_meaning_and_a_row(cls: type[BaseModel]) -> None:
    meanings = docstrings.attributes(docstrings.text(cls))
    assert set(meanings) == set(cls.model_fields), "describe each field under Attributes of the class"
    rows = re.findall(r"^\| `(\w+)` \|", settings.table(cls), re.MULTILINE)
    assert rows == list(cls.model_fields)
    assert settings.table(cls) in PAGE


def test_a_row_says_what_may_stand_there_and_the_default() -> None:
    rows = settings.table(settings.MODELS["train"]).splitlines()
    assert rows[2].startswith("| `steps` | whole number, ≥ 1, ≤ 100,000,000 | required | ")
    assert any(row.startswith("| `schedule` | `exponential` or ") for row in rows)


def test_the_example_is_a_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    Path("my.yaml").write_text(example)
    Path("mine.py").write_text(render("activation", "mine"))
    Image.new("RGB", (160, 120)).save("photo.png")
    chosen, where = suite.load("my.yaml")
    jobs = expand.jobs(chosen, Plugins(suite.plugin_files("my.yaml", chosen, where)), where)
    methods = {job.method for job in jobs if job.activation}
    assert methods == {"relu", *(f"siren[omega0={value}]" for value in (15, 30, 60)), "wide-siren", "mine"}
    assert {job.task_key for job in jobs} == {"image", "few-angles[angles=10]", "few-angles[angles=20]"}
    scales = {job.signal: job.activation.params["scale"] for job in jobs if job.activation and job.method == "mine"}
    assert scales["camera"] == 12.0
