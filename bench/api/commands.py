"""The commands of the Python interface, parsed by `inrbench.bench.cli`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from inrbench.bench import arguments
from inrbench.bench.arguments import typed


def render(options: arguments.Render) -> int:
    from inrbench.bench import networks
    from inrbench.bench.results import store_of

    trained = networks.trained(store_of(options.folder), options.job, options.files)
    values = trained.drawn(options.size)
    blueprint = trained.blueprint
    path = options.out or Path(f"{blueprint.job_id}-{max(values.shape[:-1])}{networks.suffix(values, blueprint)}")
    networks.write(values, blueprint, path)
    print(f"{path}: {blueprint.activation.name} on {blueprint.signal}, {' × '.join(map(str, values.shape))}")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "render": typed(arguments.Render, render),
}
