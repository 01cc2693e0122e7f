"""Configurations of a backbone: one operator a layer, their codes and their graphs."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from workbench.core.errors import SettingsError
from workbench.space.backbone import Backbone
from workbench.space.graph import Graph
from workbench.space.operators import head_graph, layer_graph, operator

Configuration = tuple[int, ...]
"""One operator index for each layer from layer 2 on, into that layer's operator set."""

ConfigArray = npt.NDArray[np.uint8]
"""(n, layers - 1) operator indices, a row a configuration."""


class DesignSpace:
    """All configurations of a backbone.

    "Decision" d (0-based) is the choice for layer d + 2: layer 1 is never compressed.

    Attributes:
        backbone: the network at full size.
        operators: names of the operators of each decision.
        sizes: how many operators each decision has.
        count: number of configurations (may be astronomically large).
    """

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        self.operators = tuple(layer.operators for layer in backbone.layers[1:])
        for layer in backbone.layers[1:]:
            for name in layer.operators:
                if reason := operator(name).fits(layer):
                    raise SettingsError(f"{name} does not fit {layer.name}: {reason}.")
        self.sizes = tuple(len(names) for names in self.operators)
        self.count = math.prod(self.sizes)
        self._graphs: dict[tuple[int, int, int], Graph] = {}

    @property
    def decisions(self) -> int:
        """Layers that can be compressed."""
        return len(self.sizes)

    @property
    def backbone_configuration(self) -> Configuration:
        """The configuration without compression."""
        return (0,) * self.decisions

    # -- names -------------------------------------------------------------------------------

    def parse(self, text: str | Sequence[str]) -> Configuration:
        """A configuration from ``"ch75/fire/identity/svd"`` or the list of its names.

        Raises:
            SettingsError: when the number of layers or an operator does not fit.
        """
        names = text.split("/") if isinstance(text, str) else list(text)
        if len(names) != self.decisions:
            raise SettingsError(
                f"The configuration {'/'.join(names)!r} names {len(names)} operators;"
                f" {self.backbone.name} takes {self.decisions}."
            )
        for name, allowed, layer in zip(names, self.operators, self.backbone.layers[1:]):
            if name not in allowed:
                raise SettingsError(
                    f"{layer.name} has no operator {name!r}.", f"It takes {', '.join(allowed)}."
                )
        return tuple(allowed.index(name) for name, allowed in zip(names, self.operators))

    def names(self, configuration: Sequence[int]) -> tuple[str, ...]:
        """Operator names of a configuration."""
        return tuple(allowed[index] for index, allowed in zip(configuration, self.operators))

    def text(self, configuration: Sequence[int]) -> str:
        """``"ch75/fire/identity/svd"``."""
        return "/".join(self.names(configuration))

    def uniform(self, name: str) -> Configuration:
        """`name` on every layer that has it, the backbone's layer elsewhere.

        Raises:
            SettingsError: when no layer has that operator.
        """
        if not any(name in allowed for allowed in self.operators):
            raise SettingsError(
                f"No layer of {self.backbone.name} has the operator {name!r}.",
                f"Its operators: {', '.join(dict.fromkeys(sum(self.operators, ())))}.",
            )
        return tuple(allowed.index(name) if name in allowed else 0 for allowed in self.operators)

    # -- codes -------------------------------------------------------------------------------

    def index(self, configuration: Sequence[int]) -> int:
        """Mixed-radix number of a configuration, in [0, count); decision 0 is most significant."""
        number = 0
        for size, choice in zip(self.sizes, configuration, strict=True):
            number = number * size + int(choice)
        return number

    def indices(self, configurations: ConfigArray) -> npt.NDArray[np.int64]:
        """(n,) numbers of (n, decisions) configurations; the space must be enumerable."""
        return np.asarray(configurations, dtype=np.int64) @ self.radix

    @functools.cached_property
    def radix(self) -> npt.NDArray[np.int64]:
        """(decisions,) what one step of each decision adds to a configuration's number."""
        if self.count > 2**62:
            raise SettingsError("The space is too large to number its configurations.")
        steps = [math.prod(self.sizes[d + 1 :]) for d in range(self.decisions)]
        return np.array(steps, dtype=np.int64)

    def configuration(self, index: int) -> Configuration:
        """The configuration with that number."""
        choices = []
        for size in reversed(self.sizes):
            index, choice = divmod(index, size)
            choices.append(choice)
        return tuple(reversed(choices))

    def code_bits(self, decisions: int) -> int:
        """Bits of the shortest binary code of the first `decisions` choices."""
        return (math.prod(self.sizes[:decisions]) - 1).bit_length()

    def encode(self, prefix: Sequence[int]) -> str:
        """Shortest binary code of a prefix of a configuration (progressive shortest encoding).

        A prefix of d decisions takes ceil(log2(size_1 * ... * size_d)) bits, no more than its
        alternatives need; "" for an empty prefix.
        """
        bits = self.code_bits(len(prefix))
        number = 0
        for size, choice in zip(self.sizes, prefix):
            number = number * size + int(choice)
        return format(number, f"0{bits}b") if bits else ""

    def decode(self, code: str, decisions: int) -> Configuration:
        """The prefix of `decisions` choices whose code this is.

        Raises:
            SettingsError: when the code has the wrong length or names no prefix.
        """
        number = int(code, 2) if code else 0
        sizes = self.sizes[:decisions]
        if len(code) != self.code_bits(decisions) or number >= math.prod(sizes):
            raise SettingsError(f"{code!r} is no code of {decisions} decisions.")
        choices = []
        for size in reversed(sizes):
            number, choice = divmod(number, size)
            choices.append(choice)
        return tuple(reversed(choices))

    # -- many configurations -----------------------------------------------------------------

    def all_configurations(self) -> ConfigArray:
        """(count, decisions) every configuration, in the order of their numbers."""
        grids = np.indices(self.sizes, dtype=np.uint8)
        return grids.reshape(self.decisions, -1).T.copy()

    def random_configurations(self, rng: np.random.Generator, n: int) -> ConfigArray:
        """(n, decisions) uniform choices, with repetition."""
        return rng.integers(0, self.sizes, size=(n, self.decisions), dtype=np.uint8)

    # -- graphs ------------------------------------------------------------------------------

    def in_channels(self, decision: int, previous: int) -> int:
        """Input channels of decision's layer after operator `previous` of the decision before."""
        position = decision + 1
        if decision == 0:
            return self.backbone.full_in_channels(position)
        name = self.operators[decision - 1][previous]
        return operator(name).out_channels(self.backbone.layers[position - 1])

    def predecessors(self, decision: int) -> int:
        """How many operators the decision before has; 1 for the first."""
        return self.sizes[decision - 1] if decision else 1

    def graph_of(self, decision: int, previous: int, choice: int) -> Graph:
        """What decision's layer computes under operator `choice` after operator `previous`."""
        key = (decision, previous, choice)
        if key not in self._graphs:
            self._graphs[key] = layer_graph(
                self.backbone,
                decision + 1,
                self.in_channels(decision, previous),
                self.operators[decision][choice],
            )
        return self._graphs[key]

    def stem_graph(self) -> Graph:
        """Layer 1, which is never compressed."""
        return layer_graph(self.backbone, 0, self.backbone.input_shape[0], "identity")

    def head_graph(self, choice: int) -> Graph:
        """The classifier after operator `choice` of the last decision."""
        return head_graph(self.backbone, self._out_channels(self.decisions - 1, choice))

    def network_graph(self, configuration: Sequence[int]) -> Graph:
        """The whole network of a configuration, from input to class scores."""
        graph = self.stem_graph()
        for part in self._parts(configuration):
            graph = graph.chain(part)
        return graph

    def _parts(self, configuration: Sequence[int]) -> Iterator[Graph]:
        previous = 0
        for decision, choice in enumerate(configuration):
            yield self.graph_of(decision, previous, choice)
            previous = choice
        yield self.head_graph(previous)

    def _out_channels(self, decision: int, choice: int) -> int:
        layer = self.backbone.layers[decision + 1]
        return operator(self.operators[decision][choice]).out_channels(layer)
