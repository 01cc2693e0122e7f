"""What the Network page shows: layers and their operators, and figures.

No Qt in here. Everything is on an idle device: full clock, the whole core, all in cache.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.core.provenance import Provenance, Source
from workbench.gui.presenters.formats import fixed, significant
from workbench.gui.presenters.network_records import (
    Figure,
    LayerCard,
    OperatorCell,
    kib,
    millions,
    times,
)
from workbench.gui.presenters.network_space import SpaceCloud
from workbench.search.problem import LATENCY, MACS, PARAM, STORAGE
from workbench.services.deployment import Deployment
from workbench.space.backbone import ConvLayer
from workbench.space.design_space import Configuration
from workbench.space.operators import operator
from workbench.space.tables import arithmetic_intensity, cost_of, peak_activation_bytes

Floats = npt.NDArray[np.float64]

COUNTED = "Counted from the shapes of the layers; float32, batch normalisation folded in."


class NetworkView:
    """A network on a device profile, worked out for the page."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.network = deployment.network
        self.space = deployment.network.space
        self.problem = deployment.problem
        self.cloud = SpaceCloud(deployment)
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
                    functools.partial(
                        self._change_story, layer, name, base, changed, float(losses[choice]),
                        measured,
                    ),
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
            ("activations", "Activations  Sa", kib(float(_activation(now))), "KiB",
             float(_activation(now) / _activation(whole)), "smaller", "larger",
             f"Summed over all layers; {self._peak(configuration)} KiB at the peak, when"
             f" what is no longer needed is freed. {COUNTED}"),
        )  # fmt: skip
        return (
            self._accuracy(configuration),
            self._measured_on_device(
                "latency", "Latency", latency, "ms", latency / whole[LATENCY],
                ("quicker", "slower"), self.deployment.latency_source,
            ),
            self._energy_figure(energy),
            *(
                Figure(key, caption, value, unit, *times(float(ratio), smaller, larger),
                       float(ratio), None, story)
                for key, caption, value, unit, ratio, smaller, larger, story in counted
            ),
            self._intensity(now),
        )  # fmt: skip

    def _accuracy(self, configuration: Configuration) -> Figure:
        description, error = self.network.description, self.network.description.predictor_error
        # The search's tables hold predictions only where the space is too large to tabulate.
        loss = float(
            self.network.accuracy.loss_points(np.array([configuration], dtype=np.uint8))[0]
        )
        accuracy = description.accuracy_percent - loss
        if self.network.accuracy.is_measured(configuration):
            share = accuracy / 100
            spread = 196 * (share * (1 - share) / description.test_images) ** 0.5
            unit = "%"
            source = Source(
                Provenance.MEASURED,
                f"on {description.test_images:,} test samples of {description.data.name}; another"
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
    view.cloud.presets  # noqa: B018 - worked out here, off the GUI thread
    return view
