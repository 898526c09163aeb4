"""Figures as SVG: ids are of their own."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from inrbench.report.page.svg import pictures, svg


def figure() -> Figure:
    made = Figure(figsize=(3, 2))
    left, right = made.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="#ff0000", marker="o")
    left.plot([0, 1], [1, 0], color="#0000ff")
    left.plot([0, 1], [1, 1], color="#00ff00")
    left.fill_between([0, 1], 0, 1, color="#0000ff", alpha=0.2)
    left.set_yticks([0, 1], ["A", "other"])
    right.set_title("B\n3 dB")
    right.plot([0, 1], [0, 1], color="#123456")
    return made


def test_ids_begin_with_the_prefix_and_every_reference_has_its_target() -> None:
    text = svg(figure(), {}, "some-figure")
    ids = re.findall(r'\bid="([^"]+)"', text)
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert ids
    assert all(name.startswith("some-figure-") for name in ids)
    assert len(ids) == len(set(ids))
    assert {first or second for first, second in references} == set(ids)
    assert "<metadata" not in text
    ElementTree.fromstring(text)


def test_colours_are_variables_of_the_page_and_text_is_text() -> None:
    text = svg(figure(), {"#ff0000": 4}, "f")
    assert "stroke: var(--m4)" in text
    assert "#ff0000" not in text
    assert "stroke: #0000ff" in text
    assert not re.search(r"#(ffffff|000000|262626)", text)
    assert re.search(r"<text[^>]*fill: var\(--text\)[^>]*>3 dB</text>", text)


def test_pictures_stay_pictures() -> None:
    made = Figure()
    assert not pictures(figure())
    made.subplots().imshow([[0, 1]])
    assert pictures(made)
