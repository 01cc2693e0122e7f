"""The benchmark of the way to a phone measures what it says."""

from __future__ import annotations

import pytest

from tests.helpers.adb_server import adb_program
from workbench.devices.agent.protocol import BenchOptions
from workbench.services import benchmark_adb, benchmark_phones


@pytest.mark.parametrize("with_adb", [True, False])
def test_figures_and_what_they_are_compared_with(
    with_adb: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_adb and adb_program() is None:
        pytest.skip("needs Debian's adb")
    if not with_adb:
        monkeypatch.setattr(benchmark_adb.shutil, "which", lambda name: None)
    monkeypatch.setattr(benchmark_adb, "ROUND_TRIPS", 3)
    monkeypatch.setattr(benchmark_adb, "SLOW_ROUND_TRIPS", 2)
    monkeypatch.setattr(benchmark_adb, "TRANSFERS", 1)
    monkeypatch.setattr(benchmark_adb, "SAMPLER_S", 0.5)
    monkeypatch.setattr(benchmark_phones, "PHONES_AT_ONCE", 2)
    monkeypatch.setattr(benchmark_phones, "WAITS", 2)
    monkeypatch.setattr(benchmark_phones, "BLOCKS", 1)
    monkeypatch.setattr(benchmark_phones, "BLOCK", BenchOptions(warm_up=1, runs=5))
    said: list[str] = []
    figures = {f.name: f for f in benchmark_adb.bench_adb(1, said.append)}
    assert ("push through the server" in figures) == with_adb
    assert {"sampler at 10 Hz", "2 phones waiting at once / one alone"} < figures.keys()
    (profiling,) = (f for name, f in figures.items() if name.startswith("2 phones profiling"))
    assert "agents without phones" in profiling.compared
    assert all(figure.value > 0 for figure in figures.values())
    assert (figures["pull directly"].holds is None) != with_adb
    assert any("not installed" in text for text in said) != with_adb
    # What plain adb-shell takes longer is Nagle's delay, not this machine's speed.
    assert figures["plain adb-shell's round trip / ours"].value > 2
