"""Figures as SVG: parts of a method are marked, ids are of their own."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from inrbench.report.page.svg import fixed, pictures, svg

COLOURS = {"#ff0000": 0, "#0000ff": 1}


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


def marked(text: str) -> list[str]:
    return re.findall(r'data-method="(\d+)"', text)


def test_lines_bands_names_and_panels_of_a_method_are_marked() -> None:
    text = svg(figure(), {"A": 0, "B": 1}, COLOURS, "f")
    assert sorted(marked(text)) == ["0", "0", "1", "1", "1"]  # line, name; line, band, panel
    ElementTree.fromstring(text)


def test_markers_without_a_line_and_parts_with_the_name_as_their_gid_are_marked() -> None:
    made = Figure()
    axis = made.subplots()
    axis.plot([0], [0], "o", mfc="#ff0000", mec="white")
    axis.plot([0], [1], "o", mfc="none", mec="#0000ff")
    axis.text(0, 0, "failed", gid="C")
    axis.text(0, 0, "none", gid="none of them")
    assert sorted(marked(svg(made, {"C": 2}, COLOURS, "f"))) == ["0", "1", "2"]


def test_pictures_and_cells_of_several_methods_cannot_be_hidden() -> None:
    made = Figure()
    axis = made.subplots()
    axis.pcolormesh([[0, 1], [2, 3]])
    axis.set_title("A")
    assert not fixed(made, {"A": 0})
    assert fixed(made, {"A, first": 0, "A, second": 1})
    axis.clear()
    axis.imshow([[0, 1]])
    assert fixed(made, {"A": 0})
    assert not fixed(figure(), {"A": 0, "B": 1})


def test_ids_begin_with_the_prefix_and_every_reference_has_its_target() -> None:
    text = svg(figure(), {}, {}, "some-figure")
    ids = re.findall(r'\bid="([^"]+)"', text)
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert ids
    assert all(name.startswith("some-figure-") for name in ids)
    assert len(ids) == len(set(ids))
    assert {first or second for first, second in references} == set(ids)
    assert "<metadata" not in text


def test_pictures_stay_pictures() -> None:
    made = Figure()
    assert not pictures(figure())
    made.subplots().imshow([[0, 1]])
    assert pictures(made)
