"""How well each proxy ranks configurations against what was measured on a device: records."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.provenance import Provenance

TAU_METHOD = (
    "Kendall's tau-b between proxy and measured median latency, 95% interval by percentile"
    " bootstrap over configurations"
)


@dataclass(frozen=True, slots=True)
class Tau:
    """A rank correlation with its 95% interval.

    Attributes:
        value: 1 ranks every pair as measured, 0 as well as chance, -1 every pair the other way.
        low, high: bounds; None with too few configurations.
        configurations: how many were ranked.
    """

    value: float
    low: float | None
    high: float | None
    configurations: int

    @property
    def text(self) -> str:
        """``0.83 (0.71 to 0.91)``."""
        bounds = "" if self.low is None else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.value:.2f}{bounds}"


@dataclass(frozen=True, slots=True)
class ProxyRank:
    """One proxy.

    Attributes:
        id: ``macs``, ``macs_per_param_byte``, ``macs_per_activation_byte``, ``intensity``,
            ``latency_terms`` or ``latency_table``.
        title: for people.
        meaning: which way it is read, such as "more is slower".
        unseen: over configurations that no model was fitted to; None where there are none.
        every: over all measured ones; None for models that were fitted to most of them.
    """

    id: str
    title: str
    meaning: str
    unseen: Tau | None
    every: Tau | None


@dataclass(frozen=True, slots=True)
class ProxyCheck:
    """The proxies of one network on one measured device.

    Attributes:
        profile, network: ids.
        provenance: measured, or simulated by a virtual phone.
        measured_at: UTC, to the minute.
        trust_reasons: what speaks against the measurement; empty when nothing does.
        ranks: of every proxy.
    """

    profile: str
    profile_title: str
    network: str
    provenance: Provenance
    plan: str
    measured_at: str
    trust_reasons: tuple[str, ...]
    ranks: tuple[ProxyRank, ...]
