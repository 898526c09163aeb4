"""The tables over all tasks."""

from __future__ import annotations

from inrbench.report.data.leaderboard import leaderboard
from inrbench.report.data.load import load
from inrbench.report.tables.formats import comma_separated, markdown
from inrbench.report.tables.leaderboard import tables
from tests.report.laboratory import Lab


def test_the_tables_of_a_suite(lab: Lab) -> None:
    for task in ("image", "ct", "denoise"):
        for method, final in (("siren", 33.0), ("bw-relu", 30.0)):
            for repeat in range(2):
                lab.job(method, final, task=task, repeat=repeat, engine="mlp" if method == "siren" else "autograd")
    suite = load(lab.store)
    ranking, wins, best, speed = tables(suite, leaderboard(suite))
    assert [[cell.text for cell in row] for row in ranking.rows] == [
        ["SIREN", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00]"],
        ["BW-ReLU", "2.00 [2.00, 2.00]", "0.00 [0.00, 0.00]"],
    ]
    assert "3 tasks, 3 cases (task and signal), 2 repeats" in ranking.caption
    assert "3 tasks are few" in markdown(ranking)
    assert [[cell.text for cell in row] for row in wins.rows] == [["SIREN", "—", "100 %"], ["BW-ReLU", "0 %", "—"]]
    assert [row[2].text for row in best.rows] == ["SIREN"] * 3
    assert speed.columns[1:3] == ("ct: PSNR (dB)", "ct: time to 31.5 dB (s)")
    siren, other = speed.rows
    assert siren[2].text.rstrip("§") == "1.16"  # 31.5 dB lies between 27 dB at 0.125 s and 31.91 dB at 1.25 s
    assert other[2].text == "0/2"
    assert "image seconds@Some CPU, 2 threads, mlp" in comma_separated(speed)


def test_one_method_has_no_ranking_but_times(lab: Lab) -> None:
    lab.job("siren", 30.0)
    suite = load(lab.store)
    (speed,) = tables(suite, leaderboard(suite))
    assert speed.task == "time-to-level"


def test_a_method_that_lacks_a_task_is_left_out_by_its_name(lab: Lab) -> None:
    for task in ("image", "ct", "denoise"):
        lab.job("siren", task=task)
        lab.job("relu", 20.0, task=task)
    lab.job("bw-relu", 40.0, task="ct")
    suite = load(lab.store)
    ranking, *_ = tables(suite, leaderboard(suite))
    assert len(ranking.rows) == 2
    assert any(note.startswith("BW-ReLU is left out") for note in ranking.notes)


def test_methods_that_are_not_separated_from_the_first_are_marked_and_effects_need_a_scale(lab: Lab) -> None:
    for number, task in enumerate(("image", "ct", "denoise", "mri")):
        for name, level in (("tv", 30.0), ("fbp", 20.0))[: 1 if task == "mri" else 2]:
            lab.job(name, level, task=task, kind="baseline")
        for method, final in (("siren", 25.0), ("gauss", 25.0 + (-1) ** number), ("relu", 15.0)):
            lab.job(method, final, task=task)
    suite = load(lab.store)
    ranking, *_ = tables(suite, leaderboard(suite))
    assert ranking.columns[-1] == "effect"
    assert {row[0].text: row[3].text for row in ranking.rows} == {"SIREN": "0.50", "gauss": "0.60", "relu": "−0.50"}
    assert ranking.rows[1][1].text.endswith("≈")
    assert not ranking.rows[2][1].text.endswith("≈")
    text = markdown(ranking)
    assert "≈ Not separated from the first" in text
    assert "image FBP to TV, 10.00 dB" in text
    assert "Without such a scale: mri." in text
