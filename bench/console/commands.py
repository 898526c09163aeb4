"""The commands that need no results of runs, and therefore neither pyarrow nor pandas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from inrbench.bench import arguments
from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.errors import BadInput


def completion(options: arguments.CompletionArgs) -> int:
    from inrbench.bench.console import completion as shells  # here, as no other command needs argcomplete

    return shells.completion(options)


def doctor(options: arguments.DoctorArgs) -> int:
    from inrbench.bench.console import doctor as checks

    return checks.doctor(options)


def listing(options: arguments.ListArgs) -> int:
    from inrbench.bench.console import listing as lists  # here: completion at a shell's start needs no pydantic

    return lists.listing(options)


def new(options: arguments.NewArgs) -> int:
    makers = {"package": new_package, "suite": new_suite}
    return makers.get(options.kind, new_plugin)(options)


def new_plugin(options: arguments.NewArgs) -> int:
    from inrbench.bench.config.plugins import Plugins
    from inrbench.bench.config.scaffold import render

    folder = Path(f"{options.kind}s")
    inside = inside_checkout(folder)
    path = (folder if inside else Path()) / f"{options.name.replace('-', '_')}.py"
    if path.exists():
        raise BadInput(f"{path} exists already; choose another name")
    if options.name in getattr(Plugins(options.plugin), f"{options.kind}s").names():
        raise BadInput(f"{options.kind} {options.name!r} exists already; choose another name")
    atomic_write(path, render(options.kind, options.name).encode())
    plugin = "" if inside else f" --plugin {path}"
    print(f"wrote {path}; next:")
    if options.kind == "activation":
        print(f"  inrbench check {options.name}{plugin}")
        print(f"  inrbench run smoke -a {options.name} -a relu -a siren{plugin}")
    else:
        print(f"  inrbench run smoke --set tasks.{options.name}={{}} -t {options.name} -a relu -a siren{plugin}")
        print(f"  name {options.name} under `tasks:` in your suite")
    return 0


def new_package(options: arguments.NewArgs) -> int:
    from inrbench.bench.config.plugins import Plugins
    from inrbench.bench.config.scaffold import package

    files, folder = package(options.name), Path(options.name)
    if folder.exists():
        raise BadInput(f"{folder} exists already; choose another name")
    if options.name in Plugins(options.plugin).activations.names():
        raise BadInput(f"activation {options.name!r} exists already; choose another name")
    for path, text in files.items():
        atomic_write(folder / path, text.encode())
    print(f"wrote {folder}/; next:")
    print(f'  pip install -e "{folder}[dev]" && pytest {folder}')
    print(f"  inrbench run smoke -a {options.name} -a relu -a siren")
    return 0


def new_suite(options: arguments.NewArgs) -> int:
    from inrbench.bench.config import suite
    from inrbench.bench.config.scaffold import suite as copied

    files = copied(options.name, options.source)
    if options.name in suite.shipped():
        raise BadInput(f"a suite {options.name!r} comes with inrbench; choose another name")
    for path in files:
        if Path(path).exists():
            raise BadInput(f"{path} exists already; choose another name")
    for path, text in files.items():
        Path(path).write_text(text)
    print(f"wrote {' and '.join(files)}; next:")
    print(f"  inrbench plan {options.name}.yaml")
    print(f"  inrbench run {options.name}.yaml")
    return 0


def inside_checkout(folder: Path) -> bool:
    """Whether a folder is that of the plugins of a checkout."""
    return (folder / "core" / "base.py").is_file()


ACTIONS: dict[str, Callable[[Any], int]] = {
    "completion": completion,
    "doctor": doctor,
    "list": listing,
    "new": new,
}
