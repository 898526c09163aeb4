"""Typed settings of a job: the size of its network and its training."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inrbench.bench.config.identity import canonical


class Settings(BaseModel):
    """Base of all settings: immutable, strictly typed, unknown names forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @property
    def text(self) -> str:
        """Canonical JSON, from which identities are computed."""
        return _text(self)

    def declared(self) -> dict[str, Any]:
        """The values in `text`."""
        return self.model_dump(mode="json")


@lru_cache(maxsize=10_000)
def _text(settings: Settings) -> str:
    # By value: a grid of a hundred thousand jobs has a few hundred different settings. A cached property would be
    # copied by `model_copy` and then belong to other values.
    return canonical(settings.declared())


class Model(Settings):
    """The size of the network: its depth, and either its width or its number of real degrees of freedom.

    Attributes:
        depth: number of layers with a nonlinearity; the linear output layer does not count.
        width: units of a hidden layer. An activation with more parameters per unit gets fewer units.
        params: real degrees of freedom of the network, instead of the width; the nearest possible size is used.
        init: initial weights: ``plugin`` for those of the activation, ``torch`` for PyTorch's default in every linear
            layer, ``variance`` for weights that keep the variance of the pre-activations, see
            `inrbench.activations.core.initialisation`.
        sigma_p: the standard deviation that ``variance`` keeps; 1 by default.
        output: a bound on the values: ``tanh`` gives (1 + tanh v) / 2, in [0, 1]. Without it, values are
            unbounded.
    """

    depth: int = Field(3, ge=1, le=100)
    width: int | None = Field(None, ge=1, le=1_000_000)
    params: int | None = Field(None, ge=1, le=10_000_000_000)
    output: Literal["tanh"] | None = None
    init: Literal["plugin", "torch", "variance"] = "plugin"
    sigma_p: float | None = Field(None, gt=0)

    def declared(self) -> dict[str, Any]:
        """The activation's own initialisation had no name when the first results were stored."""
        named = {"init": None if self.init == "plugin" else self.init}
        return super().declared() | named | ({"sigma_p": self.sigma_p or 1.0} if self.init == "variance" else {})

    @model_validator(mode="after")
    def _one_size(self) -> Model:
        if self.sigma_p is not None and self.init != "variance":
            raise ValueError("sigma_p goes with init: variance; leave one of the two out")
        if (self.width is None) == (self.params is None):
            raise ValueError("give exactly one of width and params")
        return self


def _batch(value: Any) -> Any:
    """A checked batch. pydantic's own check of the union would give one message for each member type."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and (0 < value < 1 or (isinstance(value, int) and value >= 1))):
        raise ValueError("a batch is a share between 0 and 1, or a whole number of measurements; null trains on all")
    return value


Batch = Annotated[int | float | None, BeforeValidator(_batch)]


class Loss(Settings):
    """A data loss instead of the task's, see `inrbench.tasks.core.losses`.

    Attributes:
        name: mean square, mean absolute difference, Huber loss, or Poisson likelihood.
        delta: where the quadratic part of ``huber`` ends, in the unit of the measurements.
        weighted: whether measurements have the weights that the task defines.
    """

    name: Literal["l2", "l1", "huber", "poisson"]
    delta: float | None = Field(None, gt=0)
    weighted: Literal[True] | None = None

    @model_validator(mode="after")
    def _delta_of_huber(self) -> Loss:
        if self.delta is not None and self.name != "huber":
            raise ValueError(f"delta has no effect on the loss {self.name}; leave it out")
        return self


def _loss(value: Any) -> Any:
    """A checked loss: a name alone is short for a mapping with nothing else."""
    if isinstance(value, str):
        value = {"name": value}
    if isinstance(value, dict) and value.get("name") not in get_args(Loss.model_fields["name"].annotation):
        raise ValueError("a loss is l2, l1, huber or poisson, or a mapping such as {name: huber, delta: 0.05}")
    return value


class OptimizerChoice(Settings):
    """An optimiser by its name, with its settings, which are checked when a suite is laid out.

    Attributes:
        version: version of a plugin, if above 1; set when a suite is laid out.
    """

    model_config = ConfigDict(extra="allow")

    name: str
    version: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The settings given."""
        return self.model_extra or {}

    def declared(self) -> Any:
        """The name alone if there are no settings."""
        values = {name: value for name, value in super().declared().items() if value is not None}
        return self.name if values.keys() == {"name"} else values


def _optimizer(value: Any) -> Any:
    if isinstance(value, str):
        return OptimizerChoice(name=value)
    if isinstance(value, OptimizerChoice) or (isinstance(value, dict) and isinstance(value.get("name"), str)):
        return value
    raise ValueError("an optimizer is a name such as adam, or a mapping with one: {name: adam, betas: [0.9, 0.99]}")


Schedule = Literal["exponential", "cosine", "warmup-cosine", "step", "constant"]

WARMUP, DROPS = 0.05, 2
"""Defaults of the schedules that use them."""


class Train(Settings):
    """How a network is trained: by default on all measurements in each step, with a learning rate from ``lr`` to
    ``lr * lr_decay``.

    A setting that is None is off, and then not part of a job's identity.

    Attributes:
        steps: number of steps of the optimiser.
        lr: learning rate at the first step.
        lr_decay: share of ``lr`` that is left at the last step.
        schedule: how the rate falls, with s the share of steps done: ``exponential`` is lr · lr_decay^s; ``cosine``
            half a period of a cosine; ``warmup-cosine`` the same after a linear rise from zero; ``step`` equal drops;
            ``constant`` the same as ``lr_decay: 1``.
        warmup: share of the steps in which ``warmup-cosine`` rises; 0.05 by default.
        drops: number of drops of ``step``, after equal shares of the steps; 2 by default.
        optimizer: name of the optimiser, or a mapping with its name and settings; see `inrbench.bench.optimizers`.
        precision: precision of matrix products; weights and gradients stay in float32, see
            `inrbench.bench.engine.precision`.
        clip: largest norm of a step's gradient; a longer gradient is scaled down.
        weight_decay: decoupled from the gradient, as in AdamW.
        path_norm: λ of a penalty λ · path norm; only for activations that have one.
        loss: a data loss instead of the task's: ``l2``, ``l1``, ``huber``, ``poisson``, or a mapping of `Loss`.
        tv: λ of a penalty λ · total variation of the values on the problem's grid, for any network; see
            `inrbench.activations.core.variation`.
        stop_loss: training ends as soon as the data loss of all training measurements falls to this value.
        stop: rule that chooses an eval step without the truth, see `inrbench.bench.training.early_stopping`; training
            continues to the end. ``discrepancy`` needs a known noise, and data that the task's operator made.
        batch: measurements for each step, drawn without replacement: a share such as 0.1, or a number such as 4096.
            Projections are drawn by whole angles. Other operators that mix rows train on all measurements, and the
            job's log says so.
        holdout: share of the measurements that is not trained on; ``stop: heldout`` uses it.
        eval_steps: how often the network is scored during training.
        diagnostics: whether to score also the conditioning and the stable rank of every layer, and the tangent kernel
            and the spectrum of the network before and after training.
    """

    steps: int = Field(..., ge=1, le=100_000_000)
    lr: float = Field(1e-3, gt=0)
    lr_decay: float = Field(0.1, gt=0, le=1)
    schedule: Schedule = "exponential"
    warmup: float | None = Field(None, gt=0, lt=1)
    drops: int | None = Field(None, ge=1, le=1000)
    optimizer: Annotated[OptimizerChoice, BeforeValidator(_optimizer)] = OptimizerChoice(name="adam")
    precision: Literal["tf32", "bf16"] | None = None
    clip: float | None = Field(None, gt=0)
    weight_decay: float | None = Field(None, gt=0)
    path_norm: float | None = Field(None, gt=0)
    loss: Annotated[Loss | None, BeforeValidator(_loss)] = None
    tv: float | None = Field(None, gt=0)
    stop_loss: float | None = Field(None, gt=0)
    stop: Literal["plateau", "discrepancy", "heldout"] | None = None
    batch: Batch = None
    holdout: float | None = Field(None, gt=0, lt=1)
    eval_steps: int | None = Field(None, ge=2, le=1000)
    diagnostics: bool | None = None

    @property
    def without_residuals(self) -> list[str]:
        """The settings in force that have no meaning where a task trains on residuals instead of measurements."""
        names = [name for name in ("batch", "holdout", "precision", "loss", "tv") if getattr(self, name) is not None]
        return names + ["stop: discrepancy"] * (self.stop == "discrepancy")

    def declared(self) -> dict[str, Any]:
        """What is given, with one text for one training: that of the first results that were stored.

        The number of eval steps was called ``checkpoints``; Adam, AdamW and the exponential schedule had no name; and a
        constant rate is a decay of 1.
        """
        values = super().declared()
        values["checkpoints"] = values.pop("eval_steps")
        chosen = self.optimizer
        if chosen.name == "adamw":  # Adam with a weight decay
            chosen = chosen.model_copy(update={"name": "adam"})
        values["optimizer"] = None if chosen.declared() == "adam" else chosen.declared()
        if self.schedule == "constant":
            values["lr_decay"] = 1.0
        if self.schedule in ("exponential", "constant"):
            values["schedule"] = None
        if self.schedule == "warmup-cosine":
            values["warmup"] = self.warmup or WARMUP
        if self.schedule == "step":
            values["drops"] = self.drops or DROPS
        return values

    @staticmethod
    def stored(text: str) -> dict[str, Any]:
        """The values of a stored `text` under their names of today; a `Train` of them has the same text."""
        values: dict[str, Any] = json.loads(text)
        if "checkpoints" in values:
            values["eval_steps"] = values.pop("checkpoints")
        return values

    def rate(self, done: float) -> float:
        """The learning rate when a share of the steps is done."""
        decay, falling = 1.0 if self.schedule == "constant" else self.lr_decay, done
        if self.schedule == "step":
            drops = self.drops or DROPS
            return float(self.lr * decay ** (min(int(done * (drops + 1)), drops) / drops))
        if self.schedule == "warmup-cosine":
            warmup = self.warmup or WARMUP
            if done < warmup:
                return self.lr * (self.steps * done + 1) / (self.steps * warmup + 1)
            falling = (done - warmup) / (1 - warmup)
        if self.schedule in ("cosine", "warmup-cosine"):
            return self.lr * (decay + (1 - decay) * (1 + math.cos(math.pi * falling)) / 2)
        return float(self.lr * decay**done)

    @model_validator(mode="before")
    @classmethod
    def _names_of_today(cls, values: Any) -> Any:
        if isinstance(values, dict) and "checkpoints" in values:
            raise ValueError("checkpoints: it is called eval_steps now; rename it")
        return values

    @model_validator(mode="after")
    def _rule_has_what_it_needs(self) -> Train:
        if self.stop == "heldout" and self.holdout is None:
            raise ValueError("stop: heldout needs a holdout, e.g. holdout: 0.1")
        if self.warmup is not None and self.schedule != "warmup-cosine":
            raise ValueError("warmup goes with schedule: warmup-cosine; leave one of the two out")
        if self.drops is not None and self.schedule != "step":
            raise ValueError("drops goes with schedule: step; leave one of the two out")
        return self
