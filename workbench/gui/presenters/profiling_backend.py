"""What the Profile page asks of the services; scripted ones stand in for it in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.gui.presenters.profiling_plan import preset_text
from workbench.jobs import Job, JobContext
from workbench.profiling.run_rules import PLANS
from workbench.services.catalogue import find_network
from workbench.services.profiling_results import (
    ProfilingResult,
    export_samples_csv,
    open_result,
)
from workbench.services.profiling_setup import (
    ProfilingDevice,
    ProfilingPreview,
    ProfilingRequest,
    find_phones,
    preview_profiling,
    profile_id_for,
    profiling_devices,
    start_profiling,
)
from workbench.services.unfinished import Unfinished, unfinished_measurements
from workbench.space.design_space import DesignSpace

Preview = Callable[[JobContext, ProfilingRequest, ProfilingDevice, str | None], ProfilingPreview]
FindPhones = Callable[[JobContext, tuple[str, ...]], tuple[ProfilingDevice, ...]]
OpenResult = Callable[[JobContext, str, str], ProfilingResult | None]
FindUnfinished = Callable[[JobContext], tuple[Unfinished, ...]]
Export = Callable[[JobContext, int, str, Path], int]


def _space(network: str) -> DesignSpace:
    return find_network(network).space


@dataclass(frozen=True, slots=True)
class ProfilingBackend:
    """The services behind the page.

    Attributes:
        devices: what can be measured at once, and why not.
        phones: looks for phones, those at addresses among them; called on a worker thread.
        preview: chooses the configurations of a request; called on a worker thread.
        start: starts a measurement.
        open_result: reads what was measured; called on a worker thread.
        export: writes the raw samples as CSV; called on a worker thread.
        space: configurations of a network.
        unfinished: measurements that were broken off; called on a worker thread.
    """

    devices: Callable[[], tuple[ProfilingDevice, ...]] = profiling_devices
    phones: FindPhones = find_phones
    preview: Preview = preview_profiling
    start: Callable[[ProfilingRequest], Job] = start_profiling
    open_result: OpenResult = open_result
    export: Export = export_samples_csv
    space: Callable[[str], DesignSpace] = _space
    unfinished: FindUnfinished = unfinished_measurements


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one look at the services brought.

    Attributes:
        problem: why there is no preview; empty when there is one.
    """

    preview: ProfilingPreview | None
    problem: str
    result: ProfilingResult | None


DEVICE_KEY = "profile/device"
"""Setting under which the device is kept that was chosen last."""


def presets() -> tuple[tuple[str, str], ...]:
    """(name, what it means) of each preset."""
    return tuple((name, preset_text(plan.rules)) for name, plan in PLANS.items())


def usual_configurations(plan: str) -> int:
    """How many configurations a preset measures."""
    return PLANS[plan].fit + PLANS[plan].held_out


def look(
    context: JobContext,
    backend: ProfilingBackend,
    request: ProfilingRequest,
    device: ProfilingDevice,
    profile: str | None,
) -> Loaded:
    """A preview of a plan, and what was measured before; runs on a worker thread.

    Raises:
        WorkbenchError: when what was measured cannot be read.
    """
    preview, problem = None, ""
    try:
        preview = backend.preview(context, request, device, profile)
    except WorkbenchError as error:
        problem = f"{error.message} {error.hint}".strip()
    result = None
    if device.profile_id:
        profile_id = profile_id_for(device, request)
        result = backend.open_result(context, request.network, profile_id)
    return Loaded(preview, problem, result)
