"""Rules under which latencies are measured, and what makes a measurement less than trustworthy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.core.errors import SettingsError
from workbench.space.design_space import Configuration, DesignSpace


@dataclass(frozen=True, slots=True)
class RunRules:
    """How each configuration is timed.

    Batch 1, one thread, wall time of the engine alone. Configurations take turns in blocks, so
    that a change of the machine's speed meets all of them alike.

    Attributes:
        warm_up_runs, warm_up_s: before the first block, whichever is reached first.
        settle_runs: at the start of each block, not counted: the caches still hold the
            configuration before.
        min_runs, min_s: counted, over all blocks together.
        rounds: blocks a configuration.
        mirrored: every second round runs in the reverse order of the one before (ABBA), so that a
            steady drift cancels; else each round has a random order of its own.
        pause_s: rest between two rounds.
        agreement: the 90th percentiles of a configuration's rounds must lie within this share of
            each other, each round being a try of its own; None where they are taken together.
        gates: the device's heat, its temperature within 1 degree C and the drift are checked.
        enforced: a measurement that misses anything is invalid, and not only questionable.
        sustained: the device is kept busy for the whole of it, to see what heat does.
        max_block_s: longest block; slower configurations get fewer runs.
    """

    name: str
    min_s: float
    rounds: int
    mirrored: bool
    min_runs: int = 100
    warm_up_runs: int = 10
    warm_up_s: float = 1.0
    settle_runs: int = 3
    pause_s: float = 0.0
    agreement: float | None = None
    gates: bool = False
    enforced: bool = False
    sustained: bool = False
    max_block_s: float = 60.0

    def __post_init__(self) -> None:
        if self.rounds < 3 or self.min_runs < self.rounds or self.min_s < 0:
            raise SettingsError("Run rules need 3 rounds or more and a run in each of them.")

    @property
    def block_runs(self) -> int:
        """Least number of counted runs in a block."""
        return -(-self.min_runs // self.rounds)

    @property
    def block_s(self) -> float:
        """Least seconds of counted runs in a block."""
        return self.min_s / self.rounds

    def describe(self, threads: int = 1) -> str:
        """One sentence for the provenance of what was measured."""
        order = "mirrored order" if self.mirrored else "random order"
        engine = "one thread" if threads == 1 else f"{threads} threads"
        return (
            f"batch 1, {engine}; {self.warm_up_runs} runs or {self.warm_up_s:g} s of warm-up,"
            f" then at least {self.min_runs} runs and {self.min_s:g} s a configuration in"
            f" {self.rounds} interleaved blocks in {order}{self._rest()}; median"
        )

    def _rest(self) -> str:
        if not self.pause_s:
            return ""
        return f" with {self.pause_s / 60:g} minutes of rest between the rounds"


@dataclass(frozen=True, slots=True)
class Plan:
    """Run rules and how many configurations to measure for the fit and for its error.

    Attributes:
        fit: for the table, the backbone and `chosen` among them.
        held_out: at random; 0 where what is measured is added to an earlier measurement, which
            holds some out.
        chosen: configurations that are measured in any case, a hand-made list.
    """

    rules: RunRules
    fit: int
    held_out: int
    chosen: tuple[Configuration, ...] = ()

    @property
    def least_s(self) -> float:
        """Seconds of counted runs and of rest; the whole takes somewhat longer."""
        pauses_s = self.rules.pause_s * (self.rules.rounds - 1)
        return self.rules.min_s * (self.fit + self.held_out) + pauses_s


MAX_CONFIGURATIONS = 2000


def fewest_configurations(space: DesignSpace) -> int:
    """The least that a design can be made of: each operator of a layer once, and one held out."""
    return max(space.sizes) + 1


def resized(plan: Plan, space: DesignSpace, configurations: int | None) -> Plan:
    """The plan for another number of configurations, the held-out ones in the same proportion.

    Where there are few, the fit gets as many as it needs.

    Args:
        configurations: for the fit and held out together; None leaves the plan as it is.

    Raises:
        SettingsError: when the space has too few, or the design needs more.
    """
    if configurations is None:
        return plan
    least = fewest_configurations(space)
    most = min(MAX_CONFIGURATIONS, space.count)
    if not least <= configurations <= most:
        raise SettingsError(
            f"{configurations} configurations do not suit this network.",
            f"Choose {least} to {most:,}.",
        )
    share = plan.held_out / (plan.fit + plan.held_out)
    held_out = max(1, min(round(share * configurations), configurations - max(space.sizes)))
    return replace(plan, fit=configurations - held_out, held_out=held_out)


PLANS: dict[str, Plan] = {
    "quick": Plan(RunRules("quick", min_s=3.0, rounds=6, mirrored=False), fit=60, held_out=16),
    "standard": Plan(
        RunRules("standard", min_s=10.0, rounds=10, mirrored=True, gates=True),
        fit=90, held_out=30,
    ),
    "mlperf": Plan(
        # As MLPerf's single stream has it: 1,024 samples and 60 s or more in each of five tries.
        RunRules(
            "mlperf", min_s=300.0, rounds=5, mirrored=True, min_runs=5 * 1024, pause_s=300.0,
            agreement=0.05, gates=True, enforced=True, max_block_s=600.0,
        ),
        fit=12, held_out=4,
    ),
    "sustained": Plan(
        # 15 configurations of 2 s each, 60 times over: 30 minutes without a rest.
        RunRules("sustained", min_s=120.0, rounds=60, mirrored=True, sustained=True),
        fit=12, held_out=3,
    ),
}  # fmt: skip
