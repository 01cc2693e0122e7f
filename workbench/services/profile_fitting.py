"""From measured medians to the parts of a device profile, whatever device was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from workbench.core.provenance import Provenance
from workbench.devices.profile import Calibration, LatencyModel, space_signature
from workbench.devices.profile_file import load_profile
from workbench.profiling.calibration import FittedTable, HeldOut, fit_table
from workbench.profiling.design import Design
from workbench.profiling.kept_samples import KeptSamples
from workbench.profiling.latency_fit import HeldOutError, least_prices, leave_one_group_out
from workbench.profiling.phone_conditions import UNKNOWN_RANGE, MeasuredRange
from workbench.profiling.run_rules import Plan
from workbench.profiling.samples import LatencySamples, Trust
from workbench.space.description import Network
from workbench.space.tables import LATENCY_TERMS, FloatArray, PairTables, latency_term_tables


@dataclass(frozen=True, slots=True)
class FittedMeasurement:
    """What was fitted to a measurement, and its errors on what it was not fitted to.

    Attributes:
        held_out: errors of the table on the held-out configurations.
        terms_held_out: those of the term model alone.
        terms_left_out: of the term model on configurations of the fit, each left out once.
    """

    network: Network
    design: Design
    table: FittedTable
    held_out: HeldOut
    terms_held_out: HeldOut
    terms_left_out: HeldOutError


def fit_measurement(
    network: Network, design: Design, medians_ms: FloatArray, clock_mhz: float
) -> FittedMeasurement:
    """Fit table and term model.

    Args:
        medians_ms: of `design.fit` and then `design.held_out`.
        clock_mhz: of the cores that the network ran on.
    """
    fitted = len(design.fit)
    floor = least_prices(clock_mhz)
    table = fit_table(network.space, design.fit, medians_ms[:fitted], floor)
    terms = latency_term_tables(network.space)
    return FittedMeasurement(
        network,
        design,
        table,
        _errors(
            PairTables(("latency_ms",), tuple(t[..., None] for t in table.latency_ms)),
            design, medians_ms[fitted:],
        ),
        _errors(
            terms.with_metrics(table.prices[:, None], ("latency_ms",)),
            design, medians_ms[fitted:],
        ),
        leave_one_group_out(
            terms.totals(design.fit), medians_ms[:fitted], [str(i) for i in range(fitted)], floor
        ),
    )  # fmt: skip


def latency_model(
    fitted: FittedMeasurement, cluster: str, threads: int, provenance: Provenance, story: str
) -> LatencyModel:
    """The term model, for networks that were not measured."""
    left_out = fitted.terms_left_out
    return LatencyModel(
        ms_per={n: float(f"{p:.6g}") for n, p in zip(LATENCY_TERMS, fitted.table.prices)},
        cluster=cluster,
        threads=threads,
        points=len(fitted.design.fit),
        relative_error=rounded(left_out.median),
        relative_error_p90=rounded(left_out.p90),
        provenance=provenance,
        story=story,
    )


def calibration(
    fitted: FittedMeasurement,
    provenance: Provenance,
    story: str,
    measured: MeasuredRange = UNKNOWN_RANGE,
) -> Calibration:
    """The table of the network that was measured."""
    network, held_out = fitted.network, fitted.held_out
    return Calibration(
        network=network.name,
        space_sha256=space_signature(network.space),
        operators=network.space.operators,
        latency_ms=tuple(
            tuple(tuple(float(f"{ms:.6g}") for ms in row) for row in part)
            for part in fitted.table.latency_ms
        ),
        measured=tuple(
            tuple(tuple(map(int, row)) for row in part) for part in fitted.table.measured
        ),
        fitted_configurations=len(fitted.design.fit),
        held_out_configurations=len(fitted.design.held_out),
        relative_error=rounded(held_out.median),
        within_5_percent=rounded(held_out.within(0.05)),
        within_10_percent=rounded(held_out.within(0.10)),
        clock_ratio=measured.clock_ratio,
        temperature_c=measured.temperature_c,
        provenance=provenance,
        story=story,
    )


def other_calibrations(
    path: Path, soc: str, network: Network, cluster: str, threads: int
) -> tuple[Calibration, ...]:
    """Tables of other networks that an earlier session on the same cores wrote."""
    if not path.is_file():
        return ()
    before = load_profile(path)
    same = (before.soc, before.latency.cluster, before.latency.threads) == (soc, cluster, threads)
    signature = space_signature(network.space)
    return tuple(c for c in before.calibrations if same and c.space_sha256 != signature)


class Measurement(Protocol):
    """What measurements of all devices have in common."""

    @property
    def plan(self) -> Plan:
        """The rules, and how many configurations."""
        ...

    @property
    def design(self) -> Design:
        """The configurations."""
        ...

    @property
    def samples(self) -> tuple[LatencySamples, ...]:
        """Of `design.fit` and then `design.held_out`."""
        ...

    @property
    def trust(self) -> Trust:
        """Of the measurement as a whole."""
        ...

    @property
    def measured_at(self) -> str:
        """UTC, ISO 8601, to the minute."""
        ...


def kept_samples(
    network: Network, measurement: Measurement, provenance: Provenance = Provenance.MEASURED
) -> KeptSamples:
    """The raw samples of a measurement with what they are."""
    return KeptSamples(
        space_sha256=space_signature(network.space),
        plan=measurement.plan.rules.name,
        min_runs=measurement.plan.rules.min_runs,
        measured_at=measurement.measured_at,
        trust_reasons=measurement.trust.reasons,
        configurations=np.concatenate([measurement.design.fit, measurement.design.held_out]),
        fitted=len(measurement.design.fit),
        samples=measurement.samples,
        provenance=provenance,
    )


def rounded(value: float) -> float:
    """Four significant digits, for figures that are read by people."""
    return float(f"{value:.4g}")


def _errors(tables: PairTables, design: Design, measured_ms: np.ndarray) -> HeldOut:
    return HeldOut(tables.totals(design.held_out)[:, 0] / measured_ms - 1)
