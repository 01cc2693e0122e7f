"""The columns of a trace from a foreign table: what is missing is estimated, or stated."""

from __future__ import annotations

import numpy as np

from workbench.context.columns import COLUMNS, FloatArray
from workbench.context.foreign_mapping import FORMULAS, Formula, Mapping
from workbench.context.foreign_report import Findings
from workbench.context.foreign_table import clean
from workbench.core.provenance import Provenance, Source

# Open-circuit voltage of a lithium-ion cell with a cobalt cathode, from full to empty: the shape
# that data sheets show. Under load the voltage is lower, so a charge read from it is an estimate.
_CELL_V = (3.30, 3.50, 3.62, 3.70, 3.75, 3.80, 3.87, 3.95, 4.04, 4.12, 4.20)


class ColumnMaker:
    """Makes the columns; `sources` and `notes` say where they come from."""

    def __init__(self, mapping: Mapping, found: Findings) -> None:
        self._mapping = mapping
        self._found = found
        self.sources: dict[str, Source] = {}
        self.notes: dict[str, str] = {}

    def columns(self, values: dict[str, FloatArray], t_s: FloatArray) -> dict[str, FloatArray]:
        """All columns but those that have a default, shape (samples,) each.

        Args:
            values: by target, in the trace's units; `cpu_load` in cores for ``sum%`` and as a share
                of all cores otherwise, `battery_voltage` in volts.
        """
        mapping = self._mapping
        columns: dict[str, FloatArray] = {"t_s": np.round(t_s, 4)}
        size = len(t_s)
        for name in COLUMNS:
            if name in values:
                rule = mapping.rule(name)
                assert rule is not None
                columns[name] = values[name]
                kind = Provenance.ESTIMATED if name == "free_cache_kib" else Provenance.MEASURED
                self.sources[name] = Source(kind, f"column '{rule.column}', {rule.unit}")
        if "cpu_frequency_ratio" in columns:
            columns["cpu_frequency_ratio"] = np.maximum(columns["cpu_frequency_ratio"], 0.01)
        self._add_load(values, columns, size)
        self._add_battery(values, columns, size)
        if "event_rate_hz" not in columns:
            columns["event_rate_hz"] = np.full(size, mapping.event_rate_hz)
            self._absent("event_rate_hz", f"{mapping.event_rate_hz:g}/s chosen for the import")
        for name, spec in COLUMNS.items():
            if name not in columns and spec.default is not None:
                self._absent(name, f"{spec.default:g} assumed")
        return columns

    def _add_load(
        self, values: dict[str, FloatArray], columns: dict[str, FloatArray], size: int
    ) -> None:
        """CPU share and free cache, from the load where there is one."""
        mapping = self._mapping
        rule = mapping.rule("cpu_load")
        used = None
        if rule is not None and "cpu_load" in values:
            load = values["cpu_load"]  # in cores for sum%, else over all cores
            used = load / mapping.cores if rule.unit == "sum%" else load
            if (used > 1.0).any():
                most = f"{float(load.max()) * 100:.0f} %"
                self._found.add(
                    "warning",
                    f"{rule.column!r} goes up to {most}, more than {mapping.cores} cores can; "
                    "check the number of cores",
                )
            used = np.clip(used, 0.0, 1.0)
            self.notes["cpu_load"] = clean(
                f"column '{rule.column}', {rule.unit}, {mapping.cores} cores"
            )
        if "cpu_share" in columns:
            columns["cpu_share"] = np.maximum(columns["cpu_share"], 0.01)
        elif used is not None and rule is not None:
            columns["cpu_share"] = np.round(_share(used, mapping.cores, mapping.formula), 4)
            self.sources["cpu_share"] = Source(
                Provenance.ESTIMATED,
                f"{FORMULAS[mapping.formula]}; u from column '{rule.column}' ({rule.unit}) over "
                f"{mapping.cores} cores",
            )
        else:
            columns["cpu_share"] = np.full(size, 1.0)
            self._absent("cpu_share", "1 assumed")
        if "free_cache_kib" in columns:
            return
        size_kib, factor = mapping.cache_kib, mapping.cache_load_factor
        if used is not None:
            columns["free_cache_kib"] = np.round(size_kib * (1.0 - factor * used), 1)
            self.sources["free_cache_kib"] = Source(
                Provenance.ESTIMATED,
                f"L2 of {size_kib:g} KiB; free = size x (1 - {factor:g} x load of other programs)",
            )
        else:
            columns["free_cache_kib"] = np.full(size, size_kib)
            self._absent("free_cache_kib", f"the whole L2 of {size_kib:g} KiB assumed")

    def _add_battery(
        self, values: dict[str, FloatArray], columns: dict[str, FloatArray], size: int
    ) -> None:
        voltage = values.get("battery_voltage")
        if voltage is not None:
            self.notes["battery_voltage"] = f"{voltage.min():.3f} to {voltage.max():.3f} V"
        if "battery_percent" in columns:
            return
        if voltage is not None:
            charge = np.interp(voltage, _CELL_V, np.linspace(0.0, 100.0, len(_CELL_V)))
            columns["battery_percent"] = np.round(charge, 1)
            rule = self._mapping.rule("battery_voltage")
            assert rule is not None
            self.sources["battery_percent"] = Source(
                Provenance.ESTIMATED,
                f"column '{rule.column}' on the discharge curve of a lithium-ion cell; about "
                "10 points off under load",
            )
        else:
            columns["battery_percent"] = np.full(size, 100.0)
            self._absent("battery_percent", "100 % assumed")

    def _absent(self, name: str, assumption: str) -> None:
        self.sources[name] = Source(Provenance.ABSENT, f"not in the file; {assumption}")


def _share(used: FloatArray, cores: int, formula: Formula) -> FloatArray:
    """CPU share of an application, shape as `used`: load of others over all cores, 0 to 1."""
    if formula == "fair":
        share = 1.0 - used / 2.0
    elif formula == "rest":
        share = 1.0 - used
    else:
        share = np.minimum(1.0, cores * (1.0 - used))
    return np.clip(share, 0.01, 1.0)
