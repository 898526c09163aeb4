"""The galleries show what the registry and the reference results hold. `make docs` builds the whole site."""

from __future__ import annotations

import inspect

import pytest

from docs.site import activation_gallery, example, example_figure, wins
from docs.site.archive import archived
from inrbench.activations import Activation
from inrbench.bench.config.plugins import Plugins
from inrbench.report.tables import winners

PLUGINS = Plugins()


def test_every_activation_has_a_section_with_its_curve_parameters_and_wins() -> None:
    files = activation_gallery.pages(PLUGINS.activations, {"siren": ["ct, PSNR (dB) 30.00"]})
    page = files["activations.md"]
    assert isinstance(page, str)
    for name in PLUGINS.activations.names():
        assert f"## {PLUGINS.activations.get(name).label} {{ #{name} }}" in page
        drawn = files.get(f"gallery/activations/{name}.svg")
        assert (drawn is not None) == (f"](gallery/activations/{name}.svg)" in page)
    assert page.count("- **Where it won:** ct, PSNR (dB) 30.00\n") == 1
    assert page.count("- **Formula:**") == page.count("- **File:**") == len(PLUGINS.activations.names())
    siren: type[Activation] = PLUGINS.activations.get("siren")
    searched = siren.search_space()["omega0"]
    assert f"| `omega0` | `{siren().model_dump()['omega0']!r}` | {searched.low:g} … {searched.high:g} |" in page


def test_wins_are_those_of_the_table_of_winners() -> None:
    found = {(name, text.partition(",")[0]) for name, won in wins.wins().items() for text in won}
    assert found == {(winner.best.key, winner.task.key) for winner in winners.of(archived("reference"))}


@pytest.mark.parametrize("name", ["superres", "helmholtz"])
def test_a_task_is_drawn_with_its_measurements_and_baselines(name: str) -> None:
    plugin = PLUGINS.tasks.get(name)
    solved = example.solve(plugin)
    assert list(solved.estimates) == list(solved.scores)
    assert all(values.shape == solved.truth.shape for values in solved.estimates.values())
    given = example.measured(solved.problem)
    assert (given.values is None) == bool(solved.problem.residuals)
    doc = inspect.cleandoc(type(solved.problem.operator).__doc__ or "")
    assert doc.replace("\n", " ").startswith(example.operator_text(solved.problem))


def test_a_picture_of_a_task_is_a_png() -> None:
    plugin = PLUGINS.tasks.get("image")
    drawn = example_figure.draw(example.solve(plugin), "")
    assert drawn.startswith(b"\x89PNG")
