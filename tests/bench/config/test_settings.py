"""Settings that contradict each other are refused; settings of equal value have one text."""

from __future__ import annotations

import pytest
import torch

from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.errors import BadInput


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (Train, {"steps": 5, "stop": "heldout"}, "stop: heldout needs a holdout"),
        (Train, {"steps": 5, "warmup": 0.1}, "warmup goes with schedule: warmup-cosine"),
        (Train, {"steps": 5, "schedule": "cosine", "drops": 3}, "drops goes with schedule: step"),
        (Train, {"steps": 5, "schedule": "linear"}, "schedule"),
        (Train, {"steps": 5, "optimizer": {"betas": [0.9, 0.9]}}, "a name such as adam, or a mapping with one"),
        (Train, {"steps": 5, "optimizer": 3}, "a name such as adam"),
        (Train, {"steps": 5, "checkpoints": 9}, "it is called eval_steps now"),
        (Model, {"width": 8, "sigma_p": 2.0}, "sigma_p goes with init: variance"),
        (Model, {"width": 8, "params": 100}, "exactly one of width and params"),
    ],
)
def test_a_contradiction_is_refused(cls: type[Settings], values: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        validated(cls, values, "s.yaml")


def test_the_text_of_settings_follows_their_values() -> None:
    train = Train(steps=5)
    assert train.text == '{"lr":0.001,"lr_decay":0.1,"steps":5}'
    changed = train.model_copy(update={"steps": 6})
    assert changed.text == Train(steps=6).text != train.text


def test_eval_steps_keep_the_name_that_stored_results_know() -> None:
    assert Train(steps=5, eval_steps=9).text == '{"checkpoints":9,"lr":0.001,"lr_decay":0.1,"steps":5}'


@pytest.mark.parametrize(
    "values",
    [
        {"eval_steps": 9, "batch": 0.1, "holdout": 0.2, "stop": "heldout", "loss": "l1"},
        {"schedule": "constant", "lr_decay": 0.5, "optimizer": "adamw", "weight_decay": 0.1},
        {"schedule": "warmup-cosine", "optimizer": {"name": "adam", "betas": [0.5, 0.9]}},
        {"schedule": "step", "optimizer": "sgd"},
    ],
)
def test_stored_settings_are_read_again(values: dict[str, object]) -> None:
    text = validated(Train, {"steps": 5, **values}, "s.yaml").text
    assert validated(Train, Train.stored(text), "stored").text == text


def test_schedules_fall_by_a_power_or_as_pytorch_s_cosine() -> None:
    power = Train(steps=8, lr=0.2, lr_decay=0.01)
    assert [power.rate(done) for done in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.02, 0.002])
    cosine = power.model_copy(update={"schedule": "cosine"})
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8, eta_min=0.002)
    for step in range(9):
        assert cosine.rate(step / 8) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()


def test_a_schedule_warms_up_drops_or_stays() -> None:
    constant = Train(steps=100, lr=0.2, lr_decay=0.01, schedule="constant")
    assert {constant.rate(step / 100) for step in range(101)} == {0.2}

    drops = Train(steps=100, lr=0.2, lr_decay=0.01, schedule="step")
    assert [drops.rate(done) for done in (0.0, 0.33, 0.34, 0.66, 0.67, 1.0)] == pytest.approx(
        [0.2, 0.2, 0.02, 0.02, 0.002, 0.002]
    )
    assert len({Train(steps=100, lr_decay=0.01, schedule="step", drops=5).rate(step / 100) for step in range(101)}) == 6

    warm = Train(steps=100, lr=0.2, lr_decay=0.01, schedule="warmup-cosine", warmup=0.2)
    rates = [warm.rate(step / 100) for step in range(101)]
    assert 0 < rates[0] < 0.011
    assert rates[20] == max(rates) == pytest.approx(0.2)
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[60] == pytest.approx(0.101)  # half of the cosine
    assert rates[100] == pytest.approx(0.002)


def test_initial_weights_are_part_of_the_text_where_they_are_not_the_plugin_s() -> None:
    assert Model(width=8).text == Model(width=8, init="plugin").text == '{"depth":3,"width":8}'
    by_variance = Model(width=8, init="variance").text
    assert by_variance == Model(width=8, init="variance", sigma_p=1.0).text
    assert len({by_variance, Model(width=8, init="variance", sigma_p=2.0).text, Model(width=8, init="torch").text}) == 3
