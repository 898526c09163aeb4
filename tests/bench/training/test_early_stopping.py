"""Choosing a eval step without the truth."""

from __future__ import annotations

import pytest

from inrbench.bench.training.early_stopping import EvalPoint, chosen_step


def points(*losses: float, heldout: tuple[float, ...] = ()) -> list[EvalPoint]:
    held = heldout or (None,) * len(losses)
    return [EvalPoint(2**i, loss, other) for i, (loss, other) in enumerate(zip(losses, held, strict=True))]


def test_without_a_rule_the_last_eval_step_is_chosen() -> None:
    assert chosen_step(None, points(1, 0.5, 0.1)) == 4


def test_a_plateau_is_where_the_loss_hardly_falls_twice_in_a_row() -> None:
    assert chosen_step("plateau", points(1, 0.5, 0.25, 0.249, 0.1, 0.0999, 0.0998, 0.0997)) == 32
    assert chosen_step("plateau", points(1, 0.5, 0.25, 0.125)) == 8


def test_a_slow_start_is_no_plateau() -> None:
    assert chosen_step("plateau", points(1, 0.999, 0.998, 0.997, 0.1, 0.05)) == 32


def test_the_discrepancy_principle_stops_at_the_noise() -> None:
    assert chosen_step("discrepancy", points(1, 0.5, 0.04, 0.01), noise_level=0.04) == 4
    assert chosen_step("discrepancy", points(1, 0.5), noise_level=0.04) == 2
    with pytest.raises(ValueError, match="noise is known"):
        chosen_step("discrepancy", points(1, 0.5))


def test_the_least_loss_on_what_was_held_out_is_chosen() -> None:
    assert chosen_step("heldout", points(1, 0.5, 0.1, 0.01, heldout=(1, 0.6, 0.5, 0.7))) == 4
    with pytest.raises(ValueError, match="holdout"):
        chosen_step("heldout", points(1, 0.5))
