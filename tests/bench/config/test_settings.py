"""Settings that contradict each other are refused; settings of equal value have one text."""

from __future__ import annotations

import pytest

from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.errors import BadInput


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (Train, {"steps": 5, "stop": "heldout"}, "stop: heldout needs a holdout"),
        (Train, {"steps": 5, "optimizer": "sgd", "weight_decay": 0.1}, "weight_decay goes with adam only"),
        (Train, {"steps": 5, "checkpoints": 9}, "it is called eval_steps now"),
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
