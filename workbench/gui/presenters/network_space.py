"""The whole space of configurations as a scatter: points, Pareto front, presets.

Of a space too large to be drawn whole a sample stands in. Everything is on an idle device: full
clock, the whole core, all in cache.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.provenance import Source
from workbench.gui.presenters.network_records import KIB
from workbench.gui.presenters.replay_view import pareto_front
from workbench.search.problem import LATENCY, LOSS, MACS, STORAGE
from workbench.services.deployment import Deployment
from workbench.space.design_space import ConfigArray, Configuration

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

CLOUD_LIMIT = 20_000
"""Of larger spaces a sample of that size is drawn."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One cost that accuracy is drawn against."""

    key: str
    title: str
    unit: str


AXES = {
    axis.key: axis
    for axis in (
        Axis("latency", "latency per inference", "ms"),
        Axis("energy", "energy per inference", "mJ"),
        Axis("macs", "multiply-accumulates", "M"),
        Axis("storage", "storage, parameters and activations", "KiB"),
    )
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A configuration with a name."""

    name: str
    configuration: Configuration
    hint: str


class SpaceCloud:
    """Accuracy against cost of all configurations of a network on a device."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.space = deployment.network.space
        self.problem = deployment.problem
        self._fronts: dict[str, Rows] = {}

    @functools.cached_property
    def configurations(self) -> ConfigArray:
        """(k, decisions): the whole space in order, or a sample of a large one."""
        if self.space.count <= CLOUD_LIMIT:
            return self.space.all_configurations()
        rng = np.random.default_rng(7)
        sample = self.space.random_configurations(rng, CLOUD_LIMIT)
        presets = [self.space.backbone_configuration, *(p for _, p in self._uniform())]
        return np.unique(np.concatenate([np.array(presets, dtype=np.uint8), sample]), axis=0)

    @functools.cached_property
    def _metrics(self) -> Floats:
        if self.space.count <= CLOUD_LIMIT:
            return self.problem.every_metric
        return self.problem.metrics_of_many(self.configurations)

    @functools.cached_property
    def accuracy(self) -> Floats:
        """(k,) percent."""
        return self.deployment.network.description.accuracy_percent - self._metrics[LOSS]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What accuracy can be drawn against here."""
        return tuple(
            axis for axis in AXES.values() if axis.key != "energy" or self.deployment.has_energy
        )

    def axis_title(self, key: str) -> str:
        """Title with unit and, where it is not counted, provenance."""
        axis = AXES[key]
        source = self._sources().get(key)
        mark = f" ({source.provenance})" if source is not None else ""
        return f"{axis.title}, {axis.unit}{mark}"

    def axis_story(self, key: str) -> str:
        """Where the costs on one axis come from."""
        source = self._sources().get(key)
        return "Counted from the shapes of the layers." if source is None else source.summary()

    def unit(self, key: str) -> str:
        """Unit of one axis."""
        return AXES[key].unit

    @property
    def count_text(self) -> str:
        """How many configurations are drawn."""
        drawn, total = len(self.configurations), self.space.count
        return f"{total:,} configurations" if drawn == total else f"{drawn:,} of {total:,} drawn"

    def _sources(self) -> dict[str, Source]:
        return {"latency": self.deployment.latency_source, "energy": self.deployment.energy_source}

    def values(self, key: str, metrics: Floats) -> Floats:
        """Costs on one axis, in its unit, of (METRICS, ...) metrics."""
        if key == "energy":
            power = self.problem.power_mw
            assert power is not None
            return metrics[LATENCY] * float(power(1.0)) / 1000
        if key == "macs":
            return metrics[MACS] / 1e6
        if key == "storage":
            return metrics[STORAGE] / KIB
        return metrics[LATENCY]

    def every(self, key: str) -> Floats:
        """(k,) costs on one axis."""
        return self.values(key, self._metrics)

    def point(self, configuration: Configuration, key: str) -> tuple[float, float]:
        """Where a configuration lies: (cost, accuracy)."""
        metrics = self.problem.metrics_of(configuration)
        accuracy = self.deployment.network.description.accuracy_percent - metrics[LOSS]
        return float(self.values(key, metrics)), float(accuracy)

    def front(self, key: str) -> Rows:
        """Rows of the cloud that no other beats, by rising cost."""
        if key not in self._fronts:
            self._fronts[key] = pareto_front(self.every(key), self.accuracy)
        return self._fronts[key]

    def configuration(self, row: int) -> Configuration:
        """One row of the cloud."""
        return tuple(int(choice) for choice in self.configurations[row])

    def operators_at(self, decision: int) -> list[tuple[str, Rows]]:
        """For each operator of a layer the rows of the cloud that take it."""
        choices = self.configurations[:, decision]
        return [
            (name, np.flatnonzero(choices == choice))
            for choice, name in enumerate(self.space.operators[decision])
        ]

    def describe(self, row: int) -> str:
        """The configuration's text, for a tool tip."""
        return self.space.text(self.configurations[row].tolist())

    # ---- presets -------------------------------------------------------------------------------

    def neighbour(
        self, configuration: Configuration, key: str, direction: Literal["cheaper", "better"]
    ) -> Configuration | None:
        """The next point of the Pareto front: cheaper, or more accurate; None at its end."""
        cost, accuracy = self.point(configuration, key)
        rows = self.front(key)
        costs, accuracies = self.every(key)[rows], self.accuracy[rows]
        slack = 1e-9
        if direction == "cheaper":
            fits = np.flatnonzero(costs < cost * (1 - slack))
            return self.configuration(int(rows[fits[-1]])) if fits.size else None
        fits = np.flatnonzero(accuracies > accuracy + slack)
        return self.configuration(int(rows[fits[0]])) if fits.size else None

    def _uniform(self) -> list[tuple[str, Configuration]]:
        names = dict.fromkeys(name for names in self.space.operators for name in names)
        return [(name, self.space.uniform(name)) for name in names if name != "identity"]

    @functools.cached_property
    def presets(self) -> tuple[Preset, ...]:
        """Configurations worth a look; worked out once."""
        found = [Preset("backbone", self.space.backbone_configuration, "Nothing compressed.")]
        found += [
            Preset(
                f"fixed:{name}", configuration,
                f"Compressed by hand: {name} on every layer that takes it.",
            )
            for name, configuration in self._uniform()
        ]  # fmt: skip
        accuracy = self.accuracy
        latency = self.every("latency")
        whole = self.deployment.network.description.accuracy_percent
        found.append(
            Preset(
                "most accurate", self.configuration(int(accuracy.argmax())),
                "The highest accuracy of all.",
            )
        )  # fmt: skip
        for points in (1, 2, 5):
            allowed = np.where(accuracy >= whole - points, latency, np.inf)
            row = int(allowed.argmin())
            if np.isfinite(allowed[row]):
                found.append(
                    Preset(
                        f"quickest within {points} point{'s' if points > 1 else ''}",
                        self.configuration(row),
                        f"The lowest latency that loses at most {points} points of accuracy.",
                    )
                )
        found.append(
            Preset(
                "quickest of all", self.configuration(int(latency.argmin())),
                "The lowest latency, whatever it loses.",
            )
        )  # fmt: skip
        return tuple(found)

    @property
    def start(self) -> Configuration:
        """What is shown first: the quickest that loses little, else the backbone."""
        good = [preset for preset in self.presets if preset.name == "quickest within 2 points"]
        return good[0].configuration if good else self.space.backbone_configuration

    def preset_of(self, configuration: Configuration) -> str:
        """Name of the first preset that is this configuration; empty where there is none."""
        return next((p.name for p in self.presets if p.configuration == configuration), "")
