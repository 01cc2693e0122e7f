"""What the Network page shows: layers and their operators, figures, the whole space, presets.

No Qt in here. Everything is on an idle device: full clock, the whole core, all in cache.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.provenance import Provenance, Source
from workbench.gui.presenters.formats import fixed, significant
from workbench.gui.presenters.replay_view import pareto_front
from workbench.search.problem import LATENCY, LOSS, MACS, PARAM, STORAGE
from workbench.services.deployment import Deployment
from workbench.space.backbone import ConvLayer
from workbench.space.design_space import ConfigArray, Configuration
from workbench.space.operators import operator
from workbench.space.tables import arithmetic_intensity, cost_of, peak_activation_bytes

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

CLOUD_LIMIT = 20_000
"""Of larger spaces a sample of that size is drawn."""

KIB = 1024.0
COUNTED = "Counted from the shapes of the layers; float32, batch normalisation folded in."


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
class OperatorCell:
    """One operator that a layer may take.

    Attributes:
        macs, param_bytes: of this layer alone, after the operator before it.
        macs_share: `macs` against the layer's own at full size.
        loss_points: accuracy lost by this one change, in points; negative where it gains.
        measured: whether that loss was measured, not predicted.
        fits_text: what the operator does, and the change of the whole network.
    """

    choice: int
    name: str
    macs: int
    param_bytes: int
    macs_share: float
    loss_points: float
    measured: bool
    chosen: bool
    story: str

    @property
    def loss_text(self) -> str:
        """Such as ``−0.8``; ``≈`` marks a prediction."""
        value = -self.loss_points
        digits = f"{abs(value):.1f}"
        sign = "" if digits == "0.0" else "−" if value < 0 else "+"
        return f"{'' if self.measured else '≈'}{sign}{digits}"

    @property
    def cost_text(self) -> str:
        """Such as ``1.94 M · 41 KiB``."""
        return f"{millions(self.macs)} M · {kib(self.param_bytes)} KiB"


@dataclass(frozen=True, slots=True)
class LayerCard:
    """One layer (or the head) under the configuration that is shown.

    Attributes:
        decision: number of the choice it takes; None where there is nothing to choose.
        operator: name of the operator in force.
        full_channels, out_channels: width at full size and now.
        macs_share: share of the whole network's multiply-accumulates, 0..1.
    """

    name: str
    decision: int | None
    operator: str
    in_shape: tuple[int, int, int]
    out_shape: tuple[int, int, int]
    full_channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    shortcut: bool
    macs: int
    param_bytes: int
    macs_share: float
    note: str
    cells: tuple[OperatorCell, ...]

    @property
    def shape_text(self) -> str:
        """Such as ``48 × 14 × 14``."""
        return " × ".join(str(size) for size in self.out_shape)

    @property
    def kernel_text(self) -> str:
        """Such as ``3×3, stride 2``."""
        if self.kernel == (0, 0):
            return "pool, linear"
        same = self.stride[0] == self.stride[1]
        stride = str(self.stride[0]) if same else f"{self.stride[0]}×{self.stride[1]}"
        text = f"{self.kernel[0]}×{self.kernel[1]}"
        return text if self.stride == (1, 1) else f"{text}, stride {stride}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number about a configuration, as text, with where it comes from.

    Attributes:
        tone: of the comparison: good, bad or empty.
        share: against the backbone; None where it is not known.
        source: None for what is counted and therefore exact.
    """

    key: str
    caption: str
    value: str
    unit: str
    comparison: str
    tone: str
    share: float | None
    source: Source | None
    story: str

    @property
    def spoken(self) -> str:
        """Everything in one sentence, for screen readers."""
        mark = "" if self.source is None else f", {self.source.provenance}"
        return f"{self.caption}: {self.value} {self.unit}{mark}. {self.comparison}"


@dataclass(frozen=True, slots=True)
class Preset:
    """A configuration with a name."""

    name: str
    configuration: Configuration
    hint: str


def millions(count: float) -> str:
    """A count in millions, three digits at most."""
    return significant(count / 1e6, 3 if count >= 1e5 else 2)


def kib(size_bytes: float) -> str:
    """Bytes in KiB, two digits at least."""
    value = size_bytes / KIB
    return f"{value:,.0f}" if value >= 10 else significant(value, 2)


def times(ratio: float, smaller: str, larger: str) -> tuple[str, str]:
    """How a cost compares with the backbone's (`ratio` of 0.5: ``2.0× smaller``), and its tone."""
    if abs(ratio - 1) < 0.005:
        return "as the backbone", ""
    if ratio < 1:
        return f"{significant(1 / ratio, 2 if ratio <= 0.91 else 3)}× {smaller}", "good"
    return f"{significant(ratio, 2 if ratio >= 1.1 else 3)}× {larger}", "bad"


class NetworkView:
    """A network on a device profile, worked out for the page."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.network = deployment.network
        self.space = deployment.network.space
        self.problem = deployment.problem
        self._backbone = self.problem.backbone_metrics
        self._cost = functools.cache(self._layer_cost)

    # ---- layers --------------------------------------------------------------------------------

    def _layer_cost(self, decision: int, previous: int, choice: int) -> tuple[int, int, int]:
        return cost_of(self.space.graph_of(decision, previous, choice))

    def layers(
        self, configuration: Configuration, base: Literal["backbone", "current"] = "backbone"
    ) -> tuple[LayerCard, ...]:
        """The backbone's layers and the head.

        Costs and losses of operators are those of one change against `base`: the backbone, or the
        configuration itself.
        """
        reference = self.space.backbone_configuration if base == "backbone" else configuration
        total = float(self.problem.metrics_of(configuration)[MACS])
        backbone = self.space.backbone
        losses = self._one_change_losses(reference)
        stem = cost_of(self.space.stem_graph())
        size = backbone.input_size(1)
        first = backbone.layers[0]
        cards = [
            LayerCard(
                first.name, None, "identity", backbone.input_shape,
                (first.out_channels, *size), first.out_channels, first.kernel, first.stride,
                False, stem[0], stem[1], stem[0] / total, "never compressed", (),
            )
        ]  # fmt: skip
        channels = first.out_channels
        for decision, choice in enumerate(configuration):
            layer = backbone.layers[decision + 1]
            name = self.space.operators[decision][choice]
            out = operator(name).out_channels(layer)
            macs, params, _ = self._cost(decision, self._before(configuration, decision), choice)
            cards.append(
                LayerCard(
                    layer.name, decision, name, (channels, *backbone.input_size(decision + 1)),
                    (out, *backbone.input_size(decision + 2)), layer.out_channels,
                    layer.kernel, layer.stride, layer.shortcut, macs, params, macs / total,
                    "", self._cells(decision, configuration, reference, losses[decision], layer),
                )
            )  # fmt: skip
            channels = out
        head = cost_of(self.space.head_graph(configuration[-1]))
        end = backbone.input_size(len(backbone.layers))
        cards.append(
            LayerCard(
                "head", None, "identity", (channels, *end), (backbone.classes, 1, 1),
                backbone.classes, (0, 0), (1, 1), False, head[0], head[1], head[0] / total,
                f"{backbone.classes} classes", (),
            )
        )  # fmt: skip
        return tuple(cards)

    @staticmethod
    def _before(configuration: Configuration, decision: int) -> int:
        return configuration[decision - 1] if decision else 0

    def _one_change_losses(self, base: Configuration) -> tuple[Floats, ...]:
        """For each decision the (operators,) loss in points of taking that operator in `base`."""
        rows = [
            (*base[:decision], choice, *base[decision + 1 :])
            for decision, size in enumerate(self.space.sizes)
            for choice in range(size)
        ]
        loss = self.network.accuracy.loss_points(np.array([base, *rows], dtype=np.uint8))
        parts = np.split(loss[1:] - loss[0], np.cumsum(self.space.sizes)[:-1])
        return tuple(parts)

    def _cells(
        self,
        decision: int,
        configuration: Configuration,
        base: Configuration,
        losses: Floats,
        layer: ConvLayer,
    ) -> tuple[OperatorCell, ...]:
        previous = self._before(base, decision)
        full_macs = self._cost(decision, 0, 0)[0]
        cells = []
        for choice, name in enumerate(self.space.operators[decision]):
            macs, params, _ = self._cost(decision, previous, choice)
            changed = (*base[:decision], choice, *base[decision + 1 :])
            measured = self.network.accuracy.is_measured(changed)
            cells.append(
                OperatorCell(
                    choice, name, macs, params, macs / max(1, full_macs),
                    float(losses[choice]), measured, configuration[decision] == choice,
                    self._change_story(layer, name, base, changed, float(losses[choice]), measured),
                )
            )  # fmt: skip
        return tuple(cells)

    def _change_story(
        self,
        layer: ConvLayer,
        name: str,
        base: Configuration,
        changed: Configuration,
        loss: float,
        measured: bool,
    ) -> str:
        chosen = operator(name)
        width = f", {chosen.out_channels(layer)} channels" if chosen.ratio != 1 else ""
        words = [f"{name} on {layer.name}: {chosen.base.description}{width}"]
        if changed != base:
            before, after = self.problem.metrics_of(base), self.problem.metrics_of(changed)
            how = "measured" if measured else "predicted"
            words += [
                f"Accuracy {'+' if loss < 0 else '−'}{abs(loss):.2f} points ({how})",
                f"Latency {before[LATENCY]:.2f} → {after[LATENCY]:.2f} ms"
                f" ({self.deployment.latency_source.provenance})",
                f"C {millions(before[MACS])} → {millions(after[MACS])} M",
                f"Storage {kib(before[STORAGE])} → {kib(after[STORAGE])} KiB",
            ]
        return "\n".join(words)

    # ---- figures -------------------------------------------------------------------------------

    def figures(self, configuration: Configuration) -> tuple[Figure, ...]:
        """All figures of a configuration, in the order of the page."""
        now, whole = self.problem.metrics_of(configuration), self._backbone
        latency, energy = now[LATENCY], self._energy(now)
        counted = (
            ("storage", "Storage  Sp + Sa", kib(now[STORAGE]), "KiB",
             now[STORAGE] / whole[STORAGE], "smaller", "larger",
             f"Parameters and activations together: what the cache must hold. {COUNTED}"),
            ("macs", "Computing  C", millions(now[MACS]), "M MACs",
             now[MACS] / whole[MACS], "less", "more",
             f"Multiply-accumulates of one inference. {COUNTED}"),
            ("params", "Parameters  Sp", kib(now[PARAM]), "KiB",
             now[PARAM] / whole[PARAM], "smaller", "larger", COUNTED),
            ("activations", "Activations  Sa", kib(_activation(now)), "KiB",
             _activation(now) / _activation(whole), "smaller", "larger",
             f"Summed over all layers; {self._peak(configuration)} KiB at the peak, when"
             f" what is no longer needed is freed. {COUNTED}"),
        )  # fmt: skip
        return (
            self._accuracy(configuration, now),
            self._measured_on_device(
                "latency", "Latency", latency, "ms", latency / whole[LATENCY],
                ("quicker", "slower"), self.deployment.latency_source,
            ),
            self._energy_figure(energy),
            *(
                Figure(key, caption, value, unit, *times(ratio, smaller, larger), float(ratio),
                       None, story)
                for key, caption, value, unit, ratio, smaller, larger, story in counted
            ),
            self._intensity(now),
        )  # fmt: skip

    def _accuracy(self, configuration: Configuration, now: Floats) -> Figure:
        description, error = self.network.description, self.network.description.predictor_error
        accuracy = description.accuracy_percent - float(now[LOSS])
        if self.network.accuracy.is_measured(configuration):
            share = accuracy / 100
            spread = 196 * (share * (1 - share) / description.test_images) ** 0.5
            unit = "%"
            source = Source(
                Provenance.MEASURED,
                f"on {description.test_images:,} test images of {description.data.name}; another"
                f" test set of that size would give ±{spread:.1f} points (95 %)",
            )
        else:
            unit = f"% ±{error.mean_abs_points:.1f}"
            source = Source(
                Provenance.CALIBRATED,
                f"predicted: {error.mean_abs_points:.2f} points off on average and"
                f" {error.p90_abs_points:.2f} at most in nine of ten on {error.configurations:,}"
                " configurations held out",
            )
        loss = float(now[LOSS])
        if abs(loss) < 0.005:
            comparison, tone = "as the backbone", ""
        elif loss > 0:
            comparison, tone = f"{fixed(loss, 1)} points lower", "bad" if loss > 5 else ""
        else:
            comparison, tone = f"{fixed(-loss, 1)} points higher", "good"
        return Figure(
            "accuracy", "Accuracy", fixed(accuracy, 1), unit, comparison, tone,
            accuracy / description.accuracy_percent, source, source.summary(),
        )  # fmt: skip

    def _measured_on_device(
        self,
        key: str,
        caption: str,
        value: float,
        unit: str,
        ratio: float,
        words: tuple[str, str],
        source: Source,
    ) -> Figure:
        profile = self.deployment.profile
        error = source.relative_error
        digits = 3 if source.provenance is Provenance.MEASURED or (error or 1) < 0.03 else 2
        return Figure(
            key, caption, significant(value, digits), unit, *times(ratio, *words), float(ratio),
            source, f"On {profile.title}, idle and at full clock; {source.summary()}",
        )  # fmt: skip

    def _energy(self, metrics: Floats) -> float | None:
        power = self.problem.power_mw
        return None if power is None else float(metrics[LATENCY]) * float(power(1.0)) / 1000

    def _energy_figure(self, energy: float | None) -> Figure:
        source = self.deployment.energy_source
        whole = self._energy(self._backbone)
        if energy is None or not whole:
            return Figure(
                "energy", "Energy", "–", "", "not known here", "", None, source, source.story
            )
        words = ("less", "more")
        return self._measured_on_device(
            "energy", "Energy", energy, "mJ", energy / whole, words, source
        )

    def _intensity(self, now: Floats) -> Figure:
        value, whole = (
            float(arithmetic_intensity(row[MACS], row[PARAM], _activation(row)))
            for row in (now, self._backbone)
        )
        text, tone = times(whole / value, "higher", "lower")
        return Figure(
            "intensity", "Intensity  E", significant(value, 3), "MACs/B", text, tone, value / whole,
            None, f"0.4 C/Sp + 0.6 C/Sa: computing for each byte that is moved. {COUNTED}",
        )  # fmt: skip

    def _peak(self, configuration: Configuration) -> str:
        channels, height, width = self.space.backbone.input_shape
        graph = self.space.network_graph(configuration)
        return kib(peak_activation_bytes(graph, channels * height * width * 4))

    # ---- the whole space -----------------------------------------------------------------------

    @functools.cached_property
    def cloud(self) -> ConfigArray:
        """(k, decisions): the whole space in order, or a sample of a large one."""
        if self.space.count <= CLOUD_LIMIT:
            return self.space.all_configurations()
        rng = np.random.default_rng(7)
        sample = self.space.random_configurations(rng, CLOUD_LIMIT)
        presets = [self.space.backbone_configuration, *(p for _, p in self._uniform())]
        return np.unique(np.concatenate([np.array(presets, dtype=np.uint8), sample]), axis=0)

    @functools.cached_property
    def _cloud_metrics(self) -> Floats:
        if self.space.count <= CLOUD_LIMIT:
            return self.problem.every_metric
        return self.problem.metrics_of_many(self.cloud)

    @functools.cached_property
    def cloud_accuracy(self) -> Floats:
        """(k,) percent."""
        return self.network.description.accuracy_percent - self._cloud_metrics[LOSS]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What accuracy can be drawn against here."""
        return tuple(
            axis for axis in AXES.values() if axis.key != "energy" or self.deployment.has_energy
        )

    def axis_title(self, key: str) -> str:
        """Title with unit and, where it is not counted, provenance."""
        axis = AXES[key]
        sources = {
            "latency": self.deployment.latency_source,
            "energy": self.deployment.energy_source,
        }
        mark = f" ({sources[key].provenance})" if key in sources else ""
        return f"{axis.title}, {axis.unit}{mark}"

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

    def cloud_values(self, key: str) -> Floats:
        """(k,) costs on one axis."""
        return self.values(key, self._cloud_metrics)

    def point(self, configuration: Configuration, key: str) -> tuple[float, float]:
        """Where a configuration lies: (cost, accuracy)."""
        metrics = self.problem.metrics_of(configuration)
        accuracy = self.network.description.accuracy_percent - metrics[LOSS]
        return float(self.values(key, metrics)), float(accuracy)

    def front(self, key: str) -> Rows:
        """Rows of the cloud that no other beats, by rising cost."""
        return pareto_front(self.cloud_values(key), self.cloud_accuracy)

    def configuration(self, row: int) -> Configuration:
        """One row of the cloud."""
        return tuple(int(choice) for choice in self.cloud[row])

    def describe(self, row: int) -> str:
        """The configuration's text, for a tool tip."""
        return self.space.text(self.cloud[row].tolist())

    # ---- presets -------------------------------------------------------------------------------

    def neighbour(
        self, configuration: Configuration, key: str, direction: Literal["cheaper", "better"]
    ) -> Configuration | None:
        """The next point of the Pareto front: cheaper, or more accurate; None at its end."""
        cost, accuracy = self.point(configuration, key)
        rows = self.front(key)
        costs, accuracies = self.cloud_values(key)[rows], self.cloud_accuracy[rows]
        slack = 1e-9
        if direction == "cheaper":
            fits = np.flatnonzero(costs < cost * (1 - slack))
            return self.configuration(int(rows[fits[-1]])) if fits.size else None
        fits = np.flatnonzero(accuracies > accuracy + slack)
        return self.configuration(int(rows[fits[0]])) if fits.size else None

    def _uniform(self) -> list[tuple[str, Configuration]]:
        names = dict.fromkeys(name for names in self.space.operators for name in names)
        return [(name, self.space.uniform(name)) for name in names if name != "identity"]

    def presets(self) -> tuple[Preset, ...]:
        """Configurations worth a look."""
        found = [Preset("backbone", self.space.backbone_configuration, "Nothing compressed.")]
        found += [
            Preset(
                f"fixed:{name}", configuration,
                f"Compressed by hand: {name} on every layer that takes it.",
            )
            for name, configuration in self._uniform()
        ]  # fmt: skip
        accuracy = self.cloud_accuracy
        latency = self.cloud_values("latency")
        whole = self.network.description.accuracy_percent
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

    def preset_of(self, configuration: Configuration) -> str:
        """Name of the first preset that is this configuration; empty where there is none."""
        return next((p.name for p in self.presets_once if p.configuration == configuration), "")

    @functools.cached_property
    def presets_once(self) -> tuple[Preset, ...]:
        """`presets`, worked out once."""
        return self.presets()

    # ---- text ----------------------------------------------------------------------------------

    @property
    def subtitle(self) -> str:
        """What is shown, in one line."""
        return (
            f"{self.network.description.title} · {len(self.space.backbone.layers)} layers"
            f" · {self.space.count:,} configurations"
        )

    def clipboard_text(self, configuration: Configuration) -> str:
        """Text and shortest binary code of a configuration."""
        return f"{self.space.text(configuration)}  {self.space.encode(configuration)}"


def _activation(metrics: Floats) -> Floats:
    rest: Floats = metrics[STORAGE] - metrics[PARAM]
    return rest


Load = Callable[[str, str], NetworkView]
"""Reads a network and a device profile by their keys; called on a worker thread."""


def load_view(network: str, device: str) -> NetworkView:
    """Read a network and a device profile, and work out what is slow.

    Raises:
        WorkbenchError: when either cannot be used.
    """
    from workbench.services.catalogue import find_network
    from workbench.services.deployment import deploy
    from workbench.services.device_profiles import find_profile

    view = NetworkView(deploy(find_network(network), find_profile(device)))
    view.presets_once  # noqa: B018 - worked out here, off the GUI thread
    return view
