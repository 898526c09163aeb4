"""The references show what the registry and the small reference hold. `make docs` builds the whole site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site import activation_reference, example, example_figure, registries, task_reference, wins
from docs.site.archive import archived
from docs.site.markdown import illustrated
from inrbench import Activation
from inrbench.bench.config.plugins import Plugins
from inrbench.report.tables import winners

PLUGINS = Plugins()


def test_every_activation_has_its_formula_parameters_ranges_and_wins() -> None:
    text = activation_reference.sections(PLUGINS.activations, {"siren": ["ct, PSNR (dB) 30.00"]})
    assert text.count("- **Best of:** ct, PSNR (dB) 30.00\n") == 1
    assert text.count("- **File:**") == len(PLUGINS.activations.names())
    siren: type[Activation] = PLUGINS.activations.get("siren")
    searched = siren.search_space()["omega0"]
    assert f"| `omega0` | `{siren().model_dump()['omega0']!r}` | number, > 0 | {searched.low:g} … " in text
    assert "**SIREN**: `sin(omega0 * z)`, where omega0 multiplies weights and bias [Sitzmann" in text
    rows = activation_reference.overview(PLUGINS.activations)
    assert f"| [`siren`](#siren) | SIREN | `sin(omega0 * z)` | `omega0` {searched.low:g} … {searched.high:g} |" in rows


def test_every_task_has_its_metrics_signals_methods_and_parameters() -> None:
    text = task_reference.sections(PLUGINS.tasks)
    ct = text.partition("\n## ct\n")[2].partition("\n## ")[0]
    assert "- **Metrics:** PSNR (dB) ↑" in ct
    assert "`ct-small`" in ct
    assert re.search(r"\n    - `tv`: .*[Tt]otal variation", ct)
    assert re.search(r"\| `angles` \| `60` \| whole number, .* \| number of projections", ct)


def test_a_classical_method_of_another_problem_is_described_by_what_it_does() -> None:
    text = task_reference.sections(PLUGINS.tasks)
    dose = text.partition("\n## low-dose-ct\n")[2].partition("\n## ")[0]
    assert "    - `fbp`: Filtered backprojection for n angles" in dose
    assert "    - `pwls`: Penalised weighted least squares [" in dose
    assert not re.search(r"\n    - `[^`]*`: _", text)


def test_metrics_count_the_tasks_that_score_them_with_some_settings() -> None:
    audio, function = (PLUGINS.tasks.get(name) for name in ("audio", "function"))
    assert registries.scored(audio) == {*audio.metrics, "snr_unseen"}  # with a factor
    assert registries.scored(function) == set(function.metrics)  # freq_error depends on the signal
    table = (Path(__file__).parents[3] / "docs/reference/metrics.md").read_text()
    assert re.search(r"\n\| `snr_unseen` \|.* \| 1 \| Signal-to-noise", table)
    assert re.search(r"\n\| `freq_error` \|.* \| — \| Relative error of the DFT", table)


def test_wins_are_those_of_the_table_of_winners() -> None:
    found = {(name, text.partition(",")[0]) for name, won in wins.wins().items() for text in won}
    assert found == {(winner.best.key, winner.task.key) for winner in winners.of(archived("reference-small"))}


def test_curves_are_drawn_where_there_is_one() -> None:
    drawn = activation_reference.pictures(PLUGINS.activations)
    assert b"<svg" in drawn["siren"]
    assert "grid" not in drawn


@pytest.mark.parametrize("name", ["superres", "helmholtz"])
def test_a_task_is_drawn_with_its_measurements_and_baselines(name: str) -> None:
    plugin = PLUGINS.tasks.get(name)
    solved = example.solve(plugin)
    assert list(solved.estimates) == list(solved.scores)
    assert all(values.shape == solved.truth.shape for values in solved.estimates.values())
    given = example.measured(solved.problem)
    assert (given.values is None) == bool(solved.problem.residuals)


def test_a_picture_of_a_task_is_a_png() -> None:
    plugin = PLUGINS.tasks.get("image")
    drawn = example_figure.draw(example.solve(plugin), "")
    assert drawn.startswith(b"\x89PNG")


def test_pictures_come_below_the_headings_and_into_a_gallery_before_the_first() -> None:
    page = "# All\n\nText.\n\n## one\n\nFirst.\n\n## two\n\nSecond.\n"
    text = illustrated(page, {"two": ("two.png", "A caption.")}, wide=True)
    head, _, rest = text.partition("\n## one\n")
    assert '<div class="gallery wide" markdown>\n[![](two.png)<span>two</span>](#two)\n</div>' in head
    assert "## two\n\n![two](two.png)\n\n*A caption.*\n\nSecond." in rest
