"""The tables over all tasks."""

from __future__ import annotations

from inrbench.report.data.leaderboard import leaderboard
from inrbench.report.data.load import load
from inrbench.report.tables.formats import comma_separated, markdown
from inrbench.report.tables.leaderboard import tables
from tests.report.laboratory import Lab


def test_the_tables_of_a_suite(lab: Lab) -> None:
    for task in ("image", "ct"):
        for method, final in (("siren", 33.0), ("bw-relu", 30.0)):
            for repeat in range(2):
                lab.job(method, final, task=task, repeat=repeat, engine="chain" if method == "siren" else "autograd")
    suite = load(lab.store)
    ranking, wins, best, speed = tables(suite, leaderboard(suite))
    assert [[cell.text for cell in row] for row in ranking.rows] == [
        ["SIREN", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00]"],
        ["BW-ReLU", "2.00 [2.00, 2.00]", "0.00 [0.00, 0.00]", "0.00 [0.00, 0.00]"],
    ]
    assert "2 tasks, 2 cases" in ranking.caption
    assert "too narrow" in markdown(ranking)
    assert [[cell.text for cell in row] for row in wins.rows] == [["SIREN", "—", "100 %"], ["BW-ReLU", "0 %", "—"]]
    assert [row[2].text for row in best.rows] == ["SIREN", "SIREN"]
    assert speed.columns[1:3] == ("ct: PSNR (dB)", "ct: time to 31.5 dB (s)")
    siren, other = speed.rows
    assert siren[2].text.rstrip("§") == "1.16"  # 31.5 dB lies between 27 dB at 0.125 s and 31.91 dB at 1.25 s
    assert other[2].text == "0/2"
    assert "image seconds@Some CPU, 2 threads, chain" in comma_separated(speed)


def test_one_method_has_no_ranking_but_times(lab: Lab) -> None:
    lab.job("siren", 30.0)
    suite = load(lab.store)
    (speed,) = tables(suite, leaderboard(suite))
    assert speed.task == "time-to-level"


def test_a_method_that_lacks_a_task_is_left_out_by_its_name(lab: Lab) -> None:
    for task in ("image", "ct"):
        lab.job("siren", task=task)
        lab.job("relu", 20.0, task=task)
    lab.job("bw-relu", 40.0, task="ct")
    suite = load(lab.store)
    ranking, *_ = tables(suite, leaderboard(suite))
    assert len(ranking.rows) == 2
    assert any(note.startswith("BW-ReLU is left out") for note in ranking.notes)
