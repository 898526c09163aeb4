"""Styles of methods: fixed by the activation, different for variants."""

from __future__ import annotations

import matplotlib

from inrbench.report.figures.style import method_styles, styled


def test_drawing_restores_the_settings_of_the_caller() -> None:
    before = dict(matplotlib.rcParams)
    with styled():
        assert matplotlib.rcParams["axes.grid"]
    assert dict(matplotlib.rcParams) == before


def test_styles_are_fixed_and_variants_differ() -> None:
    alone = method_styles([("siren", "siren")])
    among = method_styles(
        [("siren", "siren"), ("new", "new"), ("siren[omega0=5]", "siren"), ("siren[omega0=10]", "siren")]
    )
    assert alone["siren"] == among["siren"]
    assert len({(style.color, style.line) for style in among.values()}) == 4
    assert among["new"] == method_styles([("new", "new"), ("relu", "relu")])["new"]
    for count in (7, 8, 24):  # 8 are more than there are colours
        many = method_styles([(f"p{index}", f"p{index}") for index in range(count)])
        assert len({style.color for style in many.values()}) == count
        assert len({(style.marker, style.line) for style in many.values()}) == count


def test_swept_variants_run_from_dark_to_light() -> None:
    found = method_styles([("bw-relu", "bw-relu"), *((f"bw-relu[c={c}]", "bw-relu") for c in (10, 1, 3, 0.5))])
    light = [sum(matplotlib.colors.to_rgb(found[f"bw-relu[c={c}]"].color)) for c in (0.5, 1, 3, 10)]
    assert light == sorted(light)
    assert found["bw-relu"].color == "#d55e00"
