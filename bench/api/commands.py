"""The commands of the Python interface, parsed by `inrbench.bench.cli`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from inrbench.bench import arguments


def render(options: arguments.RenderArgs) -> int:
    from inrbench.bench import networks
    from inrbench.bench.results import store_of

    trained = networks.trained(store_of(options.folder), options.job, options.files)
    values = trained.reconstruction(options.size)
    blueprint = trained.blueprint
    path = options.out or Path(f"{blueprint.job_id}-{max(values.shape[:-1])}{networks.suffix(values, blueprint)}")
    networks.write(values, blueprint, path)
    print(f"{path}: {blueprint.activation.name} on {blueprint.signal}, {' × '.join(map(str, values.shape))}")
    return 0


def try_(options: arguments.TryArgs) -> int:
    from inrbench.bench.api.explore import explored

    results = explored(options, options.signal, {})
    print(results)
    print(f"\nReport: {results.report()}")
    return 1 if len(results.failed) else 0


def rank(options: arguments.RankArgs) -> int:
    from inrbench.bench.api.rank import ranked, settings

    ranking = ranked(options)
    print(f"{ranking}\n\nSettings found:\n{settings(ranking)}")
    print(f"\nReport: {ranking.report()}")
    return 1 if ranking.failed["method"].eq(ranking.entry).any() else 0


def verify(options: arguments.VerifyArgs) -> int:
    from inrbench.bench.api.verify import verify as recompute

    verification = recompute(options.folder, options.job, options.files, options.signal)
    print(verification)
    return 0 if verification.agrees else 1


ACTIONS: dict[str, Callable[[Any], int]] = {
    "rank": rank,
    "render": render,
    "try": try_,
    "verify": verify,
}
