"""What the system says about the processor."""

from __future__ import annotations

from pathlib import Path


def cpu_info() -> dict[str, str]:
    """The fields of the first core in ``/proc/cpuinfo``, such as ``model name``; none where there is no such file."""
    try:
        first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
