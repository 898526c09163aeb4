"""What the galleries take from docstrings."""

from __future__ import annotations

import pytest

from docs.site import docstrings
from inrbench.bench.config.plugins import Plugins

PLUGINS = Plugins()


@pytest.mark.parametrize("name", PLUGINS.activations.names())
def test_every_activation_says_its_formula(name: str) -> None:
    text = docstrings.text(PLUGINS.activations.get(name))
    found = docstrings.formula(text)
    assert found
    assert text.replace("\n", " ").startswith(found)
    assert not found.endswith(".")


@pytest.mark.parametrize(
    ("name", "formula"), [("siren", "sin(omega0 * z)"), ("gauss", "exp(-(scale * z)²)"), ("relu", "max(0, z)")]
)
def test_formulas_end_where_words_begin(name: str, formula: str) -> None:
    assert docstrings.formula(docstrings.text(PLUGINS.activations.get(name))) == formula


def test_the_source_and_the_initialisation_are_found() -> None:
    text = (
        "sin(z) with an example [Author & Other, ICML 2020].\n\nWeights are initialised with U(±1/n). Unrelated, here."
        "\n\nAttributes:\n    scale, shift: two\n        lines.\n    other: one."
    )
    assert docstrings.source(text) == "Author & Other, ICML 2020"
    assert docstrings.initialisation(text) == "Weights are initialised with U(±1/n)."
    assert docstrings.attributes(text) == {"scale": "two lines.", "shift": "two lines.", "other": "one."}
    assert docstrings.body(text).endswith("here.")
