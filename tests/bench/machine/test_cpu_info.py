"""The fields of ``/proc/cpuinfo``."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.bench.machine.cpu_info import cpu_info


def test_the_fields_are_those_of_the_first_core(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "vendor_id\t: AuthenticAMD\nmodel name\t: A: b\npower management:\n\nmodel name\t: another\n"
    monkeypatch.setattr(Path, "read_text", lambda _: text)
    assert cpu_info() == {"vendor_id": "AuthenticAMD", "model name": "A: b", "power management": ""}


def test_without_the_file_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert cpu_info() == {}
