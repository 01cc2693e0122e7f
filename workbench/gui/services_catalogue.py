"""What there is to choose from, as the services find it."""

from __future__ import annotations

from workbench.core.errors import WorkbenchError
from workbench.core.provenance import Source
from workbench.devices.profile import DeviceProfile
from workbench.gui.presenters.formats import clock
from workbench.gui.workspace import Choice, Choices
from workbench.services.catalogue import (
    SAMPLE_NETWORK,
    SAMPLE_PROFILE,
    SAMPLE_TRACE,
    Entry,
    find_network,
    find_trace,
    list_networks,
    list_traces,
)
from workbench.services.device_profiles import ProfileEntry, list_profiles
from workbench.services.projects import refresh_in_use

_SAMPLES = {"network": SAMPLE_NETWORK, "device": SAMPLE_PROFILE, "trace": SAMPLE_TRACE}


class ServicesCatalogue:
    """Networks, device profiles and traces of the program and of the user."""

    def quick(self) -> Choices:
        """Names, and device profiles as they are small."""
        return {
            "network": _sample_first("network", [_plain(entry) for entry in list_networks()]),
            "device": _sample_first("device", self._devices()),
            "trace": _sample_first("trace", [_plain(entry) for entry in list_traces()]),
        }

    def full(self) -> Choices:
        """All choices with details; a file that cannot be read says so in its story.

        Raises:
            ProjectError: the project in use cannot be read.
        """
        refresh_in_use()
        return {
            "network": _sample_first("network", [_network(entry) for entry in list_networks()]),
            "device": _sample_first("device", self._devices()),
            "trace": _sample_first("trace", [_trace(entry) for entry in list_traces()]),
        }

    def _devices(self) -> list[Choice]:
        choices = []
        for entry in list_profiles():
            if entry.profile is not None:
                choices.append(_device(entry, entry.profile))
            else:
                story = str(entry.error) if entry.error is not None else ""
                choices.append(Choice(entry.id, entry.id, "cannot be read", None, story))
        return choices


def _sample_first(kind: str, choices: list[Choice]) -> list[Choice]:
    """The sample project's entry first: it is what a first start shows."""
    return sorted(choices, key=lambda choice: choice.key != _SAMPLES[kind])


def _plain(entry: Entry) -> Choice:
    return Choice(entry.id, entry.id.replace("_", " "))


def _network(entry: Entry) -> Choice:
    try:
        network = find_network(entry.id)
    except WorkbenchError as error:
        return Choice(entry.id, entry.id, "cannot be read", None, str(error))
    description, space = network.description, network.space
    layers = space.decisions + 1
    return Choice(
        entry.id,
        entry.id,
        f"{layers} layers · {space.count:,} configurations",
        None,
        f"{description.title}: {description.accuracy_percent:.1f} % for the whole network on "
        f"{description.test_images:,} test samples of {description.data.name}",
    )


def _device(entry: ProfileEntry, profile: DeviceProfile) -> Choice:
    source: Source = profile.latency.source
    provenance = (profile.calibrations[0] if profile.calibrations else source).provenance
    story = profile.calibrations[0].source.summary() if profile.calibrations else source.summary()
    error = (
        profile.calibrations[0].relative_error
        if profile.calibrations
        else profile.latency.relative_error
    )
    power = "none" if profile.power is None else str(profile.power.provenance)
    return Choice(
        entry.id,
        profile.title,
        "",
        provenance,
        "\n".join((story, *profile.notes)),
        {
            "Origin": "shipped" if entry.shipped else "yours",
            "Processor": profile.soc,
            "Latency error": f"±{error * 100:.0f} %",
            "Energy": power,
        },
    )


def _trace(entry: Entry) -> Choice:
    try:
        trace = find_trace(entry.id)
    except WorkbenchError as error:
        return Choice(entry.id, entry.id, "cannot be read", None, str(error))
    info = trace.info
    start = info.start_moment
    start_s = start.hour * 3600 + start.minute * 60 + start.second
    end_s = start_s + float(trace.t_s[-1]) + 1
    span = f"{clock(start_s, with_seconds=False)}–{clock(end_s, with_seconds=False)}"
    return Choice(
        entry.id,
        info.title,
        info.kind,
        None,
        info.description,
        {"Span": span, "Samples": f"{len(trace):,}", "Origin": info.kind, "Device": info.device},
    )
