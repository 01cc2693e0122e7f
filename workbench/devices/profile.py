"""Device profiles: what a device is, and what a configuration costs on it.

A profile predicts whole-network latency as a sum over adjacent operator pairs: from a table that
was calibrated on the very network where there is one, else from a model of eight non-negative
terms (`LATENCY_TERMS`). Every part says where it comes from.
"""

from __future__ import annotations

import hashlib
import math
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from workbench.core.provenance import Provenance, Source
from workbench.space.design_space import DesignSpace
from workbench.space.tables import LATENCY_TERMS, PairTables, latency_term_tables

SCHEMA_VERSION = 1

FloatArray = npt.NDArray[np.float64]

Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Celsius = Annotated[float, Meta(ge=-60, le=200)]
Count = Annotated[int, Meta(ge=1, le=2**31)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Story = Annotated[str, Meta(min_length=1, max_length=4000)]
ProfileId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class _Record(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """Base of all parts: immutable, checked when read, no unknown keys."""


class _Sourced(_Record, frozen=True, kw_only=True):
    provenance: Provenance
    story: Story

    @property
    def source(self) -> Source:
        """Where the figures of this part come from."""
        return Source(self.provenance, self.story)


class Cluster(_Sourced, frozen=True, kw_only=True):
    """Cores of one type that share a clock and a cache.

    Attributes:
        l2_kib: second-level cache that one core can use, in KiB.
        frequencies_mhz: clocks the cluster can run at, ascending; empty where they are not known.
    """

    name: Name
    core_type: Name
    cores: Count
    max_mhz: Positive
    l2_kib: Positive
    frequencies_mhz: tuple[Positive, ...] = ()

    def __post_init__(self) -> None:
        if list(self.frequencies_mhz) != sorted(set(self.frequencies_mhz)):
            raise ValueError("frequencies_mhz must ascend and hold no value twice")
        if self.frequencies_mhz and self.frequencies_mhz[-1] != self.max_mhz:
            raise ValueError("max_mhz must be the last of frequencies_mhz")


class Memory(_Sourced, frozen=True, kw_only=True):
    """What it costs when a working set does not fit into the free cache."""

    bandwidth_bytes_per_s: Positive


class Battery(_Sourced, frozen=True, kw_only=True):
    """Capacity when new, and the voltage at which charge is turned into energy."""

    capacity_mah: Positive
    nominal_v: Positive

    @property
    def capacity_mj(self) -> float:
        """Energy of a full battery: mAh x 3.6 C x V = J, x 1000."""
        return self.capacity_mah * 3.6 * self.nominal_v * 1000


class LatencyModel(_Sourced, frozen=True, kw_only=True):
    """Batch-1 latency as a sum of terms, at the cluster's full clock with everything in cache.

    Attributes:
        ms_per: for each of `LATENCY_TERMS` the milliseconds a unit of it takes.
        cluster: name of the cluster that the figures are for.
        threads: threads that the engine used.
        points: latencies that the fit rests on.
        relative_error: median relative error on networks left out of the fit.
        relative_error_p90: the error that nine of ten such predictions stay under.
    """

    ms_per: dict[str, float]
    cluster: Name
    threads: Count
    points: Count
    relative_error: NonNegative
    relative_error_p90: NonNegative

    def __post_init__(self) -> None:
        missing = [name for name in LATENCY_TERMS if name not in self.ms_per]
        unknown = [name for name in self.ms_per if name not in LATENCY_TERMS]
        if missing or unknown:
            raise ValueError(
                f"ms_per must hold exactly {', '.join(LATENCY_TERMS)}"
                f" (missing: {', '.join(missing) or 'none'};"
                f" unknown: {', '.join(unknown) or 'none'})"
            )
        for name, price in self.ms_per.items():
            if not 0 <= price < math.inf:
                raise ValueError(f"ms_per.{name} must be 0 or more, it is {price}")

    @property
    def coefficients(self) -> FloatArray:
        """(terms,) milliseconds per unit, in the order of `LATENCY_TERMS`."""
        return np.array([self.ms_per[name] for name in LATENCY_TERMS])

    @property
    def source(self) -> Source:
        """Where the model comes from, with its held-out error."""
        return Source(self.provenance, self.story, self.relative_error)


class PowerModel(_Sourced, frozen=True, kw_only=True):
    """Power that one busy core adds, by clock.

    Attributes:
        frequency_ratio: clock over the cluster's full clock, ascending, ending at 1.
        active_mw: milliwatts at each of these.
    """

    frequency_ratio: tuple[Annotated[float, Meta(gt=0, le=1)], ...]
    active_mw: tuple[Positive, ...]

    def __post_init__(self) -> None:
        if not self.frequency_ratio or len(self.frequency_ratio) != len(self.active_mw):
            raise ValueError("frequency_ratio and active_mw must be equally long, not empty")
        if list(self.frequency_ratio) != sorted(set(self.frequency_ratio)):
            raise ValueError("frequency_ratio must ascend and hold no value twice")
        if self.frequency_ratio[-1] != 1:
            raise ValueError("frequency_ratio must end at 1")


class Calibration(_Sourced, frozen=True, kw_only=True):
    """Latency of one network's operator pairs, fitted to measurements on this device.

    Attributes:
        network: name of the measured network.
        space_sha256: `space_signature` of its design space; the table serves no other.
        operators: operator names of each decision, in the order of the tables.
        latency_ms: for each decision a (predecessors, operators) table.
        measured: same shape, how many measured configurations held the pair; 0 means that its
            value comes from the term model.
        fitted_configurations, held_out_configurations: whole configurations measured for the fit
            and for its error.
        relative_error: median relative error on the held-out ones.
        within_5_percent, within_10_percent: share of them predicted that closely.
        clock_ratio: lowest and highest cap on the clock during the runs, over the full clock; None:
            not told, and taken as the full clock.
        temperature_c: lowest and highest temperature of the battery then; None: not told.
    """

    network: Name
    space_sha256: Sha256
    operators: tuple[tuple[Name, ...], ...]
    latency_ms: tuple[tuple[tuple[NonNegative, ...], ...], ...]
    measured: tuple[tuple[tuple[Annotated[int, Meta(ge=0, le=2**31)], ...], ...], ...]
    fitted_configurations: Count
    held_out_configurations: Count
    relative_error: NonNegative
    within_5_percent: Share
    within_10_percent: Share
    clock_ratio: tuple[Share, Share] | None = None
    temperature_c: tuple[Celsius, Celsius] | None = None

    def __post_init__(self) -> None:
        if not self.operators:
            raise ValueError("operators must not be empty")
        sizes = [len(names) for names in self.operators]
        shapes = list(zip([1, *sizes[:-1]], sizes, strict=True))
        for key, tables in (("latency_ms", self.latency_ms), ("measured", self.measured)):
            found = [(len(table), {len(row) for row in table}) for table in tables]
            if found != [(rows, {columns}) for rows, columns in shapes]:
                raise ValueError(
                    f"{key} must hold one table a decision,"
                    " a row for each operator before and a column for each operator"
                )

    @property
    def source(self) -> Source:
        """Where the table comes from, with its held-out error."""
        return Source(self.provenance, self.story, self.relative_error)

    def tables(self) -> PairTables:
        """The table as additive metric ``latency_ms``."""
        return PairTables(
            ("latency_ms",),
            tuple(np.array(table, dtype=float)[..., None] for table in self.latency_ms),
        )


class DeviceProfile(_Record, frozen=True, kw_only=True):
    """All that is known of one device.

    Attributes:
        id: lower-case letters, digits and underscores; also the file's name.
        clusters: fastest first; networks run on the first one's cores.
        battery: None for a device without one.
        power: None where nothing is known of its power; there is no energy then.
        calibrations: at most one a network; they win over the latency model.
        notes: what a user should know before trusting the figures.
    """

    schema_version: int = SCHEMA_VERSION
    id: ProfileId
    title: Name
    soc: Name
    clusters: Annotated[tuple[Cluster, ...], Meta(min_length=1, max_length=16)]
    memory: Memory
    latency: LatencyModel
    battery: Battery | None = None
    power: PowerModel | None = None
    calibrations: tuple[Calibration, ...] = ()
    notes: tuple[Story, ...] = ()

    def __post_init__(self) -> None:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version must be {SCHEMA_VERSION}")
        if self.latency.cluster not in (cluster.name for cluster in self.clusters):
            raise ValueError(f"latency names a cluster {self.latency.cluster!r} that is not listed")
        signatures = [calibration.space_sha256 for calibration in self.calibrations]
        if len(set(signatures)) != len(signatures):
            raise ValueError("calibrations hold the same network twice")

    @property
    def cache_bytes(self) -> int:
        """Second-level cache of the cluster that networks run on."""
        return int(self.clusters[0].l2_kib * 1024)


def space_signature(space: DesignSpace) -> str:
    """SHA-256 that two design spaces share when all their configurations compute alike."""
    # Names of the layers and of the network do not change what runs.
    backbone = space.backbone
    described = (
        backbone.input_shape,
        backbone.classes,
        [
            (layer.out_channels, layer.kernel, layer.stride, layer.shortcut, layer.operators)
            for layer in backbone.layers
        ],
    )
    return hashlib.sha256(repr(described).encode()).hexdigest()


def calibration_of(profile: DeviceProfile, space: DesignSpace) -> Calibration | None:
    """The table that was measured on this network, or None."""
    signature = space_signature(space)
    for calibration in profile.calibrations:
        if calibration.space_sha256 == signature and calibration.operators == space.operators:
            return calibration
    return None


def latency_tables(profile: DeviceProfile, space: DesignSpace) -> PairTables:
    """Whole-network latency as a sum over adjacent pairs: metric ``latency_ms``.

    Valid at the cluster's full clock, with a core of one's own and everything in cache.
    """
    calibration = calibration_of(profile, space)
    if calibration is not None:
        return calibration.tables()
    prices = profile.latency.coefficients[:, None]
    return latency_term_tables(space).with_metrics(prices, ("latency_ms",))


def latency_source(profile: DeviceProfile, space: DesignSpace) -> Source:
    """Where the figures of `latency_tables` come from."""
    calibration = calibration_of(profile, space)
    return profile.latency.source if calibration is None else calibration.source


def power_mw(profile: DeviceProfile, frequency_ratio: npt.ArrayLike) -> FloatArray | None:
    """Milliwatts that one busy core adds at these clocks, or None where the profile has no power.

    Linear between the known clocks, constant below the lowest.

    Args:
        frequency_ratio: clock over the cluster's full clock, any shape.
    """
    model = profile.power
    if model is None:
        return None
    ratio = np.asarray(frequency_ratio, dtype=float)
    return np.asarray(np.interp(ratio, model.frequency_ratio, model.active_mw))


def power_source(profile: DeviceProfile) -> Source:
    """Where the figures of `power_mw` come from, or why there are none."""
    if profile.power is None:
        return Source(
            Provenance.ABSENT, f"nothing is known of the power that {profile.title} takes"
        )
    return profile.power.source
