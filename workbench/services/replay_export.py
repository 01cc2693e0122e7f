"""Writing a replay into a folder: tables, documents and plots, the same from window and shell."""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from workbench import __version__
from workbench.context.records import Trace
from workbench.core.files import atomic_write, sha256_of
from workbench.core.provenance import Provenance, Source
from workbench.export.output_folder import check_output_folder, output_folder
from workbench.export.replay_day_plot import day_plot
from workbench.export.replay_document import FORMAT, replay_document
from workbench.export.replay_markdown import replay_markdown
from workbench.export.replay_report import Cloud, ReplayReport
from workbench.export.replay_tables import (
    write_decisions,
    write_steps,
    write_summary,
    write_timings,
)
from workbench.export.replay_trade_off_plot import trade_off_plot
from workbench.replay.records import ReplayResult
from workbench.services.deployment import Deployment
from workbench.services.input_records import network_record, profile_record, trace_record
from workbench.services.measured_region import MeasuredRegion
from workbench.services.replay_command import ReplayNames, replay_command
from workbench.services.replaying import default_settings
from workbench.space.tables import FloatArray

DOCUMENT = "replay.json"
TABLES: dict[str, Callable[[ReplayReport, IO[str]], None]] = {
    "summary.csv": write_summary,
    "decisions.csv": write_decisions,
    "steps.csv": write_steps,
}
PLOTS: dict[str, Callable[[ReplayReport], dict[str, bytes]]] = {
    "day": day_plot,
    "trade-off": trade_off_plot,
}
TIMINGS = "timings.csv"
FILES = (
    *TABLES,
    "summary.md",
    *(f"{name}.{kind}" for name in PLOTS for kind in ("png", "svg")),
    TIMINGS,
    DOCUMENT,
)
"""Every file that a replay may be written as; the document, which vouches for the rest, last."""


@dataclass(frozen=True, slots=True)
class ExportedReplay:
    """What was written.

    Attributes:
        files: names in `folder`.
        document: contents of ``replay.json``.
    """

    folder: Path
    files: tuple[str, ...]
    document: dict[str, Any]


def check_target(folder: str | Path, force: bool = False) -> None:
    """Raise now what `export_replay` would raise about its folder.

    Raises:
        InputFileError: when it is no folder, or holds foreign files of our names.
    """
    check_output_folder(folder, FILES, _holds_replay, force)


def export_replay(
    report: ReplayReport,
    folder: str | Path,
    *,
    plots: bool = True,
    timings: bool = False,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> ExportedReplay:
    """Write a replay's files; `folder` holds all of them afterwards, or is as it was before.

    The same report gives the same bytes, ``timings.csv`` excepted.

    Args:
        timings: also write the processor time of each search.
        force: replace files of our names that something else wrote.
        progress: called with what is written next; may raise to stop.

    Raises:
        InputFileError: when the folder cannot be written or holds foreign files of our names.
    """
    with output_folder(folder, FILES, _holds_replay, force) as aside:
        for name, write in _writers(report, plots).items():
            if progress is not None:
                progress(name)
            write(aside)
        hashes = {name: sha256_of(aside / name) for name in FILES if (aside / name).exists()}
        if timings:
            _write_text(functools.partial(write_timings, report), TIMINGS, aside)
        document = replay_document(report, hashes)
        with atomic_write(aside / DOCUMENT) as stream:
            stream.write(document_text(document))
    names = (*hashes, *((TIMINGS,) if timings else ()), DOCUMENT)
    return ExportedReplay(Path(folder), names, document)


def document_text(document: dict[str, Any]) -> str:
    """The document as JSON text, always the same for the same document."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _writers(report: ReplayReport, plots: bool) -> dict[str, Callable[[Path], None]]:
    """What is written, and functions that write it into a folder."""
    writers: dict[str, Callable[[Path], None]] = {
        name: functools.partial(_write_text, functools.partial(write, report), name)
        for name, write in TABLES.items()
    }
    writers["summary.md"] = functools.partial(
        _write_text, lambda stream: stream.write(replay_markdown(report)), "summary.md"
    )
    if plots:
        for name, plot in PLOTS.items():
            writers[f"{name}.png and {name}.svg"] = functools.partial(
                _write_plot, functools.partial(plot, report), name
            )
    return writers


def _write_text(write: Callable[[IO[str]], Any], name: str, folder: Path) -> None:
    with atomic_write(folder / name) as stream:
        write(stream)


def _write_plot(plot: Callable[[], dict[str, bytes]], name: str, folder: Path) -> None:
    for kind, data in plot().items():
        with atomic_write(folder / f"{name}.{kind}", "wb") as stream:
            stream.write(data)


def _holds_replay(folder: Path) -> bool:
    try:
        found = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT


# -- the report ------------------------------------------------------------------------------------


def replay_report(
    result: ReplayResult,
    deployment: Deployment,
    trace: Trace,
    names: ReplayNames,
    *,
    plots: bool = True,
) -> ReplayReport:
    """Everything that is written about a replay.

    Args:
        names: what the user chose; their files are hashed.
        plots: whether the trade-off plot will be drawn, and named in the command.

    Raises:
        SettingsError, InputFileError: when one of the files is no longer there.
    """
    network, settings = deployment.network, result.settings
    used = {configuration for run in result.runs for configuration in run.configurations}
    budget = "settings" if settings.latency_budget_ms is not None else "default"
    if budget == "default" and "latency_budget_ms" in trace.columns:
        budget = "trace"
    return ReplayReport(
        outcome=result,
        trace=trace,
        space=network.space,
        backbone_percent=network.description.accuracy_percent,
        measured=frozenset(c for c in used if network.accuracy.is_measured(c)),
        settings={**asdict(settings), "latency_budget_from": budget},
        inputs=(
            network_record(names.network, network),
            profile_record(names.device_profile, deployment.profile),
            trace_record(names.trace, trace),
        ),
        sources={
            "accuracy": deployment.accuracy_source,
            "latency": deployment.latency_source,
            "energy": deployment.energy_source,
            "context": _context_source(trace),
            "battery": _battery_source(result, deployment),
        },
        command=replay_command(
            names,
            [run.name for run in result.runs],
            settings,
            default_settings(deployment),
            plots=plots,
        ),
        versions={
            "adaspring-workbench": __version__,
            "Python": platform.python_version(),
            "numpy": version("numpy"),
            "matplotlib": version("matplotlib"),
        },
        cloud=held_throughout(deployment, trace, result) if plots else None,
        region=MeasuredRegion(deployment, trace).of(result).document(),
    )


def _context_source(trace: Trace) -> Source:
    info = trace.info
    kind = Provenance.MEASURED if info.kind == "recorded" else Provenance.SIMULATED
    how = "recorded on" if info.origin == "recorded" else "made up for"
    parts = [f"{how} {info.device} by {info.generator}"]
    parts += [
        f"{column} {source.provenance} ({source.story})"
        for column, source in info.column_sources.items()
    ]
    return Source(kind, "; ".join(parts))


def _battery_source(result: ReplayResult, deployment: Deployment) -> Source:
    battery = deployment.profile.battery
    if result.settings.loop == "open" or battery is None or not deployment.has_energy:
        return Source(Provenance.SIMULATED, "follows the trace (open loop)")
    return Source(
        Provenance.ESTIMATED,
        "the trace's drain plus the energy of each inference, from a battery of"
        f" {battery.capacity_mj / 1e6:.1f} kJ ({battery.provenance}: {battery.story})",
    )


def held_throughout(deployment: Deployment, trace: Trace, result: ReplayResult) -> Cloud | None:
    """What each configuration would come to if it ran from the first sample to the last.

    The engine's own cost model (`workbench.search.problem`), averaged over the inferences. The
    memory traffic of a working set S is a sum over the samples whose free cache is smaller, so it
    is read off running sums over the samples sorted by free cache.

    Returns:
        None for spaces that are too large to tabulate.
    """
    problem = deployment.problem
    if not problem.enumerable:
        return None
    every = deployment.every
    counts = result.inferences if result.inferences.sum() else np.ones_like(result.inferences)
    weights = counts / counts.sum()
    inverse_clock = 1 / trace["cpu_frequency_ratio"]
    storage = every.storage_bytes()

    def mean(weights: FloatArray) -> FloatArray:
        """(configurations,) processor time weighted by (samples,) `weights`."""
        order = np.argsort(trace["free_cache_kib"], kind="stable")
        cache = trace["free_cache_kib"][order] * 1024
        total = np.concatenate(([0.0], np.cumsum(weights[order])))
        total_cache = np.concatenate(([0.0], np.cumsum(weights[order] * cache)))
        below = np.searchsorted(cache, storage)
        traffic = storage * total[below] - total_cache[below]
        computing = every.latency_ms * float((weights * inverse_clock).sum())
        found: FloatArray = computing + traffic / problem.memory_bytes_per_ms
        return found

    energy = None
    if problem.power_mw is not None:
        energy = mean(weights * problem.power_mw(trace["cpu_frequency_ratio"])) / 1000
    return Cloud(
        accuracy_percent=every.accuracy_percent,
        latency_ms=mean(weights / trace["cpu_share"]),
        energy_mj=energy,
        whole=True,
    )
