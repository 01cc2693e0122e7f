"""What is in a project, as rows of text."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.services.project_contents import ProjectOverview, RunEntry, size_text


@dataclass(frozen=True, slots=True)
class Row:
    """One device, run, device profile or trace.

    Attributes:
        kind: ``device``, ``run``, ``profile`` or ``trace``.
        key: what the services call it.
        texts: name, state, details.
        file_name: what to call an export of it; empty where there is none.
        removable: whether it can be thrown away.
    """

    kind: str
    key: str
    texts: tuple[str, str, str]
    file_name: str = ""
    removable: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind."""

    title: str
    rows: tuple[Row, ...]


def head_text(found: ProjectOverview) -> str:
    """The file and how much is in it."""
    contents = found.contents
    closed = "" if found.writable else " · read only"
    return (
        f"{found.path}\n{size_text(contents.file_bytes)}{closed} · {contents.samples:,} samples"
        f" in {contents.runs:,} runs, {contents.unfinished:,} unfinished"
    )


def sections(found: ProjectOverview) -> tuple[Section, ...]:
    """Everything, by kind."""
    devices = tuple(
        Row(
            "device", device.identity,
            (device.title, "simulated" if device.simulated else "",
             f"seen {when(device.last_seen)}"
             + (f" · calibrated: {', '.join(device.calibrated)}" if device.calibrated else "")),
        )
        for device in found.devices
    )  # fmt: skip
    profiles = tuple(
        Row("profile", entry.id, (entry.title, size_text(entry.size_bytes), entry.id),
            f"{entry.id}.toml")
        for entry in found.profiles
    )  # fmt: skip
    traces = tuple(
        Row("trace", entry.id, (entry.title, size_text(entry.size_bytes), entry.id),
            f"{entry.id}.csv")
        for entry in found.traces
    )  # fmt: skip
    return (
        Section("Devices", devices),
        Section("Runs", tuple(_run(run) for run in found.runs)),
        Section("Device profiles", profiles),
        Section("Traces", traces),
    )


def _run(run: RunEntry) -> Row:
    done = f"{run.done} of {run.total} blocks"
    state = "finished" if run.state == "finished" else f"{run.state}, {done}"
    parts = (run.device, run.network, f"plan {run.plan}", f"begun {when(run.began)}")
    text = f"Run {run.id}, {run.kind}"
    return Row(
        "run", str(run.id), (text, state, " · ".join(filter(None, parts))),
        f"run_{run.id}_samples.csv", run.state != "running",
    )  # fmt: skip


def when(utc: str) -> str:
    """``2026-01-31 10:20 UTC`` from ISO 8601."""
    return f"{utc[:16].replace('T', ' ')} UTC"
