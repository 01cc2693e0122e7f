"""Estimated device profiles from published latencies; a developer's command.

    python -m workbench.profiling.published --latency latency.csv --layers layers.csv \\
        --power power.csv --out device_profiles

The tables hold figures of the benchmark page of the ncnn repository (latencies), those networks'
layers, and vendors' power profiles. The program ships the fitted profiles, not the tables.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from workbench.core.errors import InputFileError
from workbench.core.files import read_text
from workbench.core.provenance import Provenance
from workbench.devices.profile import (
    Battery,
    Cluster,
    DeviceProfile,
    LatencyModel,
    Memory,
    PowerModel,
)
from workbench.devices.profile_file import save_profile
from workbench.profiling.latency_fit import (
    HeldOutError,
    fit_terms,
    least_prices,
    leave_one_group_out,
)
from workbench.profiling.published_devices import DEVICES, PublishedDevice, Stand
from workbench.space.graph import Node
from workbench.space.tables import LATENCY_TERMS, latency_terms

FloatArray = npt.NDArray[np.float64]

SOURCE = "benchmark page of the ncnn repository (BSD-3), as of July 2026"
NOMINAL_V = 3.85
"""Usual nominal voltage of a phone's lithium-ion battery."""
REACHABLE_BANDWIDTH = 0.4
"""Share of a memory's peak bandwidth that one core reaches; a common figure, not a measurement."""

RANGE_NOTE = (
    "The published networks take inputs of 128 x 128 to 227 x 227. Networks with small inputs, such"
    " as 28 x 28, lie outside that range, and the error there is larger than the one stated."
)

_CONVOLUTIONS = ("conv", "grouped", "depthwise")


@dataclass(frozen=True, slots=True)
class Run:
    """One published latency."""

    device: str
    threads: int
    powersave: int
    network: str
    latency_ms: float


@dataclass(frozen=True, slots=True)
class PowerPoint:
    """One line of a vendor's power profile: current at the battery with one core busy."""

    device: str
    cluster: str
    frequency_khz: float
    active_ma: float


def read_terms(path: str | Path) -> dict[str, FloatArray]:
    """(terms,) counts of `LATENCY_TERMS` of each network in a table of layers.

    Raises:
        InputFileError: when the table cannot be read.
    """
    nodes: dict[str, list[Node]] = {}

    def take(row: dict[str, str]) -> None:
        number = {key: int(row[key]) for key in _LAYER_COLUMNS}
        kind = row["kind"]
        nodes.setdefault(row["network"], []).append(
            Node(
                "linear" if kind == "fc" else "conv" if kind in _CONVOLUTIONS else "add",
                (-1,), number["in_channels"], number["out_channels"],
                (number["in_height"], number["in_width"]),
                (number["out_height"], number["out_width"]),
                (number["kernel_h"], number["kernel_w"]), (number["stride"],) * 2,
                number["groups"],
            )
        )  # fmt: skip

    _read_table(path, ("network", "kind", *_LAYER_COLUMNS), take)
    return {network: np.array(latency_terms(layers)) for network, layers in nodes.items()}


def read_latencies(path: str | Path) -> list[Run]:
    """The published latencies (averages over the page's runs).

    Raises:
        InputFileError: when the table cannot be read.
    """
    runs: list[Run] = []

    def take(row: dict[str, str]) -> None:
        runs.append(
            Run(
                row["device"], int(row["threads"]), int(row["powersave"]), row["network"],
                _positive(row["avg_ms"]),
            )
        )  # fmt: skip

    _read_table(path, ("device", "threads", "powersave", "network", "avg_ms"), take)
    return runs


def read_power(path: str | Path) -> list[PowerPoint]:
    """Lines of the vendors' power profiles.

    Raises:
        InputFileError: when the table cannot be read.
    """
    points: list[PowerPoint] = []

    def take(row: dict[str, str]) -> None:
        points.append(
            PowerPoint(
                row["device"], row["cluster"], _positive(row["frequency_khz"]),
                _positive(row["active_ma_per_core"]),
            )
        )  # fmt: skip

    _read_table(path, ("device", "cluster", "frequency_khz", "active_ma_per_core"), take)
    return points


def estimated_profile(
    device: PublishedDevice,
    runs: Iterable[Run],
    terms: dict[str, FloatArray],
    points: Sequence[PowerPoint],
) -> tuple[DeviceProfile, HeldOutError]:
    """Fit one device's profile, and say how well it predicts networks left out of the fit.

    Raises:
        ValueError: when the table has no latencies of this device.
    """
    used = [(run, stand) for run in runs for stand in device.stands if _serves(run, stand)]
    used = [(run, stand) for run, stand in used if run.network in terms]
    if not used:
        raise ValueError(f"the table of latencies holds none for {device.title}")
    counts = np.array([terms[run.network] for run, _ in used])
    latency_ms = np.array([run.latency_ms * stand.scale for run, stand in used])
    floor = least_prices(device.clusters[0][3])
    prices = fit_terms(counts, latency_ms, floor)
    error = leave_one_group_out(counts, latency_ms, [run.network for run, _ in used], floor)
    threads = device.stands[0].threads
    profile = DeviceProfile(
        id=device.id,
        title=device.title,
        soc=device.soc,
        clusters=_clusters(device, points),
        memory=Memory(
            bandwidth_bytes_per_s=_round(device.memory[1] * 1e9 * REACHABLE_BANDWIDTH),
            provenance=Provenance.ESTIMATED,
            story=f"{REACHABLE_BANDWIDTH:.0%} of the peak of its memory"
            f" ({device.memory[0]}: {device.memory[1]:g} GB/s), which is what one core reaches",
        ),
        latency=LatencyModel(
            ms_per={name: _round(price) for name, price in zip(LATENCY_TERMS, prices)},
            cluster=device.clusters[0][0],
            threads=threads,
            points=len(used),
            relative_error=_round(error.median),
            relative_error_p90=_round(error.p90),
            provenance=Provenance.ESTIMATED,
            story=_story(device, len(used), len({run.network for run, _ in used})),
        ),
        battery=_battery(device),
        power=_power(device, points),
        notes=(*device.notes, *_threads_note(threads), RANGE_NOTE),
    )
    return profile, error


def _clusters(device: PublishedDevice, points: Sequence[PowerPoint]) -> tuple[Cluster, ...]:
    return tuple(
        Cluster(
            name=name, core_type=core, cores=cores, max_mhz=mhz, l2_kib=l2_kib,
            frequencies_mhz=_frequencies(device, mhz, points),
            provenance=Provenance.ESTIMATED,
            story=f"published figures of the {device.soc}",
        )
        for name, core, cores, mhz, l2_kib in device.clusters
    )  # fmt: skip


def _frequencies(
    device: PublishedDevice, max_mhz: float, points: Sequence[PowerPoint]
) -> tuple[float, ...]:
    """Clocks of the cluster whose power profile ends at `max_mhz`; empty where there is none."""
    if device.power is None:
        return ()
    by_cluster: dict[str, list[float]] = {}
    for point in points:
        # A table without clusters mixes the clocks of all of them.
        if point.device == device.power[0] and point.cluster:
            by_cluster.setdefault(point.cluster, []).append(point.frequency_khz / 1000)
    fitting = [sorted(clocks) for clocks in by_cluster.values() if max(clocks) == max_mhz]
    return tuple(fitting[0]) if fitting else ()


def _serves(run: Run, stand: Stand) -> bool:
    return (
        run.device.startswith(stand.prefix)
        and run.threads == stand.threads
        and run.powersave == stand.powersave
    )


def _story(device: PublishedDevice, points: int, networks: int) -> str:
    whose = " and ".join(stand.prefix for stand in device.stands)
    return (
        f"eight terms fitted to {points} latencies of {networks} networks on {whose}, from the"
        f" {SOURCE}; error on networks left out of the fit"
    )


def _threads_note(threads: int) -> tuple[str, ...]:
    if threads == 1:
        return ()
    return (f"Only latencies with {threads} threads are published; they are what is modelled.",)


def _battery(device: PublishedDevice) -> Battery | None:
    if device.battery_mah is None:
        return None
    return Battery(
        capacity_mah=device.battery_mah,
        nominal_v=NOMINAL_V,
        provenance=Provenance.ESTIMATED,
        story="the vendor's capacity of a new battery, at the usual nominal voltage",
    )


def _power(device: PublishedDevice, points: Sequence[PowerPoint]) -> PowerModel | None:
    if device.power is None:
        return None
    name, cluster = device.power
    mine = sorted(
        (point.frequency_khz, point.active_ma)
        for point in points
        if point.device == name and point.cluster == cluster
    )
    if not mine:
        raise ValueError(f"the table of power profiles holds no {name}, cluster {cluster!r}")
    fastest_khz = mine[-1][0]
    return PowerModel(
        frequency_ratio=tuple(_round(khz / fastest_khz) for khz, _ in mine),
        active_mw=tuple(_round(ma * NOMINAL_V) for _, ma in mine),
        provenance=Provenance.ESTIMATED,
        story=f"the vendor's own Android power profile of {name} (current with one core busy)"
        f" times {NOMINAL_V} V; a model, not a measurement",
    )


def _round(value: float) -> float:
    """Four significant digits: more would pretend to a precision that no fit here has."""
    return float(f"{value:.4g}")


_LAYER_COLUMNS = (
    "in_channels", "out_channels", "kernel_w", "kernel_h", "stride", "groups",
    "in_height", "in_width", "out_height", "out_width",
)  # fmt: skip


def _read_table(
    path: str | Path, columns: tuple[str, ...], take: Callable[[dict[str, str]], None]
) -> None:
    reader = csv.DictReader(read_text(path).splitlines())
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise InputFileError(
            path, f"lacks the columns {', '.join(missing)}", "Check that this is the right table.",
            line=1,
        )  # fmt: skip
    for row in reader:
        try:
            take(row)
        except (TypeError, ValueError) as error:
            raise InputFileError(
                path, f"holds a value that is no number: {error}", "Correct the line.",
                line=reader.line_num,
            ) from error  # fmt: skip


def _positive(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{text} is not positive")
    return value


@click.command("published")
@click.option("--latency", type=click.Path(exists=True), required=True, help="Latencies (CSV).")
@click.option("--layers", type=click.Path(exists=True), required=True, help="Layers (CSV).")
@click.option("--power", type=click.Path(exists=True), required=True, help="Power (CSV).")
@click.option("--out", type=click.Path(file_okay=False), required=True, help="Folder to write to.")
def command(latency: str, layers: str, power: str, out: str) -> None:
    """Fit and write the estimated device profiles."""
    runs, terms, points = read_latencies(latency), read_terms(layers), read_power(power)
    for device in DEVICES:
        profile, error = estimated_profile(device, runs, terms, points)
        save_profile(profile, Path(out) / f"{profile.id}.toml")
        click.echo(
            f"{profile.id:<22} {profile.latency.points:>3} points"
            f"  left out: median {error.median:.1%}, p90 {error.p90:.1%}"
        )


if __name__ == "__main__":
    command()
