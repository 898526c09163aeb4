"""Conformance checks: properties that every task must have for the scores on it to mean something.

`inrbench check NAME` runs them for one task, and the tests of the project for all, on the variants that `Task.small`
names. A check is a function of a task that raises `AssertionError` with a message for the plugin's author; its
docstring is the requirement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from inrbench.checks import Finding, Skip, require, require_frozen, require_identity, run_check
from inrbench.tasks.core.base import Problem, Task, noise_like
from inrbench.tasks.core.metrics import METRICS, describe
from inrbench.tasks.core.operators import check_adjoint
from inrbench.tasks.signals.load import load

SEED, OTHER = 3, 2**63 - 1

Check = Callable[[Task], None]


def check(task: Task) -> list[Finding]:
    """Results of all checks of one task; all of them run, also after a failure."""
    return [run_check(one, task) for one in CHECKS]


@lru_cache(maxsize=2)
def problem_of(task: Task, seed: int = SEED) -> Problem:
    """The problem of the task's first signal."""
    return task.problem(load(task.signals()[0]), seed)


def data_of(problem: Problem) -> list[Tensor]:
    """What a network is trained on: the measurements, or the points of a step and what is known there."""
    samples = [residual.sample(0) for residual in problem.residuals]
    return [problem.measured, *(tensor for sample in samples for tensor in sample)]


def same(first: list[Tensor], other: list[Tensor]) -> bool:
    """Whether two lists of tensors have the same bits."""
    return len(first) == len(other) and all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


# -- checks ------------------------------------------------------------------------------------------------------------


def check_identity(task: Task) -> None:
    """The name has lower-case letters, digits and dashes, the label is a string, the version a positive integer."""
    require_identity(task)


def check_configuration(task: Task) -> None:
    """Parameters are frozen, unknown ones are an error, and the declared ones, as JSON has them, rebuild the task."""
    kind = type(task)
    rebuilt = kind.model_validate(task.model_dump(mode="json"), strict=False)
    require(rebuilt == task, "its parameters do not rebuild it; keep all state in fields")
    require_frozen(task)


def check_shapes(task: Task) -> None:
    """Coordinates, operator, measurements and truth fit each other, in float32."""
    problem = problem_of(task)
    n, d = problem.coords.shape
    require(
        d == len(problem.shape), f"coords have {d} dimensions, and the grid {problem.shape} has {len(problem.shape)}"
    )
    require(n == math.prod(problem.shape), f"coords have {n} points, and the grid {problem.shape} has others")
    require(len(problem.truth) == n, f"truth has {len(problem.truth)} values, and the grid has {n}")
    require(
        problem.operator.in_rows == n, f"operator.in_rows is {problem.operator.in_rows}, and the grid has {n} points"
    )
    require(problem.coords.abs().max() <= 1, "coords leave [-1, 1]; scale them, as all activations expect that")
    for name in ("coords", "measured", "truth"):
        values = getattr(problem, name)
        require(values.ndim == 2, f"{name} has the shape {tuple(values.shape)}; give it one column for each channel")
        require(values.dtype == torch.float32, f"{name} is {values.dtype}; end with .float()")
        require(torch.isfinite(values).all(), f"{name} is not finite")
    predicted, expected = problem.operator.forward(problem.truth), problem.measured
    require(
        predicted.shape == expected.shape,
        f"operator.forward gives {tuple(predicted.shape)}, measured is {tuple(expected.shape)}",
    )
    require(
        problem.operator.out_rows == len(expected), f"operator.out_rows is not {len(expected)}, as there are measured"
    )


def check_seed(task: Task) -> None:
    """One seed gives one problem, whatever else was drawn before; another seed changes no truth."""
    signal, state = load(task.signals()[0]), torch.get_rng_state()
    first = task.problem(signal, SEED)
    require(
        torch.equal(state, torch.get_rng_state()),
        "it draws from torch's global generator, so that every job of a repeat has other data; draw with noise_like, "
        "draw, or a torch.Generator of the seed",
    )
    again, other = task.problem(signal, SEED), task.problem(signal, OTHER)
    require(same(data_of(first), data_of(again)), "one seed gives two problems; draw all random numbers by the seed")
    require(torch.equal(first.truth, again.truth), "one seed gives two truths")
    require(torch.equal(first.coords, again.coords), "one seed gives two sets of coordinates")
    require(torch.equal(first.truth, other.truth), "the truth depends on the seed; seed the measurements only")


def check_random(task: Task) -> None:
    """``random`` says whether the problem depends on its seed, and noise differs from seed to seed."""
    first, other = problem_of(task), problem_of(task, OTHER)
    alike = same(data_of(first), data_of(other)) and same_operator(first, other)
    require(
        alike is not task.random,
        "all seeds give the same data, and random is True: return False, or use the seed"
        if alike
        else "the data depend on the seed, and random is False: return True, or baselines run for one repeat only",
    )
    noisy = first.noise_std is not None and len(first.measured) > 0
    require(
        not (noisy and same(data_of(first), data_of(other))), "the noise is the same for all seeds; draw it by the seed"
    )


def same_operator(first: Problem, other: Problem) -> bool:
    """Whether two problems measure the truth in the same way."""
    return torch.equal(first.operator.forward(first.truth), other.operator.forward(other.truth))


def check_operator(task: Task) -> None:
    """`forward` has a gradient, the adjoint is that of `forward`, and a move to a device keeps the class."""
    problem = problem_of(task)
    operator, truth = problem.operator, problem.truth
    if problem.residuals:
        raise Skip("it trains on residuals, not on measurements")
    try:
        check_adjoint(operator, truth.shape[1])
    except ValueError as error:
        raise AssertionError(str(error)) from error
    gradient = operator.vjp(truth, torch.ones_like(problem.measured))
    require(torch.isfinite(gradient).all(), "the gradient of operator.forward at the truth is not finite")
    require(gradient.any(), "operator.forward has no gradient at the truth: it does not depend on its argument")
    moved = operator.to("cpu")
    require(
        type(moved) is type(operator), f"operator.to gives a {type(moved).__name__}, not a {type(operator).__name__}"
    )
    require(torch.equal(moved.forward(truth), operator.forward(truth)), "operator.to changes what is measured")


def check_noise(task: Task) -> None:
    """``noise_std`` is the root mean square of the noise, and noise that is not declared is found.

    Where each seed has another operator, the data loss of the truth stands for it.
    """
    first, other = problem_of(task), problem_of(task, OTHER)
    if first.residuals:
        raise Skip("it trains on residuals, not on measurements")
    loss = task.loss()
    level = loss.noise_level(first.noise_std)
    predicted = first.operator.forward(first.truth)
    if level is None:
        if not same_operator(first, other):
            raise Skip("no noise is declared, and another seed measures something else")
        unlike = (first.measured - other.measured).abs().max()
        require(
            unlike <= 1e-5 * first.measured.abs().max(),
            f"the measurements of two seeds differ by up to {float(unlike):.2g}, and noise_std is None: give Problem "
            "the root mean square of the noise",
        )
        raise Skip("no noise is declared")
    if first.noise_std is not None and same_operator(first, other):
        measured = float((first.measured - other.measured).square().mean().sqrt()) / math.sqrt(2)
        assert 0.85 < measured / first.noise_std < 1.15, (
            f"the noise has a root mean square of {measured:.3g}, and noise_std is {first.noise_std:.3g}; "
            "its unit is that of the measurements"
        )
        return
    terms = loss.terms(predicted, first.measured)
    measured = float((terms if first.weights is None or not loss.weighted else terms * first.weights).mean())
    require(
        0.75 < measured / level < 1.33,
        f"the data loss of the truth is {measured:.3g}, and {level:.3g} is expected from noise_std = {first.noise_std}"
        "; its unit is that of the measurements",
    )


def check_loss(task: Task) -> None:
    """The data loss has a finite gradient, is zero where measurements are met, and weights have a mean of one."""
    problem = problem_of(task)
    if problem.residuals:
        raise Skip("it trains on residuals, not on measurements")
    loss, measured = task.loss(), problem.measured
    refusal = loss.refusal(measured)
    require(not refusal, f"the loss {loss.name} {refusal}")
    require(
        float(loss.terms(measured, measured).abs().max()) < 1e-4, "the loss of the measurements themselves is not 0"
    )
    total, gradient = loss.sum_and_gradient(measured + 0.1, measured, problem.weights if loss.weighted else None)
    require(float(total) > 0, "the loss of wrong values is not positive")
    require(torch.isfinite(gradient).all(), "the gradient of the loss is not finite")
    if problem.weights is not None:
        require(problem.weights.shape[0] == len(measured), "weights need one row for each measurement")
        require(abs(float(problem.weights.mean()) - 1) < 1e-3, "weights need a mean of 1: divide them by their mean")


def check_scores(task: Task) -> None:
    """The truth scores best, scores fall with the error and are NaN without values, and values are left alone."""
    problem = problem_of(task)
    noise = noise_like(problem.truth, 0.3, seed=1)
    cases = [problem.truth.clone(), problem.truth + noise, problem.truth + 2 * noise]
    copies = [values.clone() for values in cases]
    scores = [task.score(problem, values) for values in cases]
    require(same(cases, copies), "score changes the values that it is given; copy them first")
    require(set(task.metrics) <= set(scores[0]), f"score lacks {sorted(set(task.metrics) - set(scores[0]))} of metrics")
    unknown = sorted(name for name in task.metrics if name not in METRICS)
    require(
        not unknown, f"metric {', '.join(unknown)} is not registered; add it to inrbench.tasks.core.metrics.METRICS"
    )
    for name, best in scores[0].items():
        require(type(best) is float, f"{name} is a {type(best).__name__}, not a float")
        direction = describe(name).direction
        require(direction, f"{name} has no direction: say in its MetricInfo whether higher is better")
        near, far = (direction * score[name] for score in scores[1:])
        require(
            direction * best > near > far, f"{name} is {best:.4g} for the truth, then {near:.4g}, {far:.4g} with noise"
        )
        require(direction > 0 or abs(best) < 1e-6, f"{name} of the truth is {best:.3g}, not 0")
    nothing = task.score(problem, torch.full_like(problem.truth, torch.nan))[task.metrics[0]]
    require(math.isnan(nothing), f"{task.metrics[0]} of values that are not finite is {nothing}, not NaN")


def check_baselines(task: Task) -> None:
    """A classical method gives finite float32 values on the grid, the same each time, better than zeros."""
    baselines = task.baselines()
    if not baselines:
        raise Skip("it has no classical method to compare with; add one in baselines")
    problem, metric = problem_of(task), task.metrics[0]
    copies = [tensor.clone() for tensor in (problem.measured, problem.truth)]
    shape = (*problem.shape, problem.truth.shape[1])
    nothing = task.score(problem, torch.zeros_like(problem.truth))[metric]
    for name, method in baselines.items():
        values = method(problem)
        require(values.shape == shape, f"{name} has the shape {values.shape}, not {shape}")
        require(values.dtype == np.float32, f"{name} is {values.dtype}, not float32")
        require(np.isfinite(values).all(), f"{name} is not finite")
        require(same([problem.measured, problem.truth], copies), f"{name} changes the problem that it is given")
        require(np.array_equal(values, method(problem)), f"{name} gives other values at its second call")
        score = task.score(problem, torch.from_numpy(values).reshape(problem.truth.shape))[metric]
        better = describe(metric).direction * (score - nothing) > 0
        require(better, f"{name} has a {metric} of {score:.4g}, no better than zeros with {nothing:.4g}")


def check_classical(task: Task) -> None:
    """Parameters of classical methods are parameters of the task, and both ends of their ranges give the method."""
    for method, ranges in task.classical.items():
        for parameter, (low, high) in ranges.items():
            assert parameter in type(task).model_fields, f"classical names {parameter}, which is not a parameter"
            assert 0 < low < high, (
                f"the range of {parameter} is ({low}, {high}); give two positive ends, the lower first"
            )
            for value in (low, high):
                variant = type(task).model_validate({**task.model_dump(), parameter: value})
                methods = variant.baselines()
                assert method in methods or not set(task.classical) & set(methods), (
                    f"classical names {method}, no baseline"
                )


def check_derivatives(task: Task) -> None:
    """``derivatives`` is the highest order of the problem's residuals."""
    needed = max((residual.order for residual in problem_of(task).residuals), default=0)
    require(task.derivatives == needed, f"derivatives is {task.derivatives}, and its residuals need {needed}")


CHECKS: tuple[Check, ...] = (
    check_identity,
    check_configuration,
    check_shapes,
    check_seed,
    check_random,
    check_operator,
    check_noise,
    check_loss,
    check_scores,
    check_baselines,
    check_classical,
    check_derivatives,
)
