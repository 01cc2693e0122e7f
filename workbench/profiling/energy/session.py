"""A run of idle and load blocks on a device, kept turn by turn, so that it can go on later.

A turn is a load block and the idle block after it; a stretch begins with an idle block of its own,
since nobody knows what the phone did before. What is kept is raw: readings as the device gave them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.core.errors import InputFileError
from workbench.jobs import JobContext
from workbench.profiling.energy.conditions import BadSpan, battery_problem, require_on_battery
from workbench.profiling.energy.errors import EnergyError
from workbench.profiling.energy.live import EnergyBlock, PowerReadings
from workbench.profiling.energy.plan import EnergyPlan
from workbench.profiling.energy.repeats import MeasuredBlock
from workbench.profiling.energy.rig import COLUMNS, Rig, Tick, stream_of
from workbench.profiling.energy.sensor import SensorCalibration
from workbench.profiling.energy.streams import FloatArray, SensorStream, volts_per_raw
from workbench.storage import Block, RunRecorder

IDLE = -1
"""Position of the idle block that begins a stretch."""
TURN, LEFT_OUT = "turn", "left out"
MOST_BAD = 3
"""Turns in a row that do not count, after which it makes no sense to go on."""
GAP_S = 120.0
"""Put between two stretches: nothing is known of the time between, and the clock may begin anew."""
SHARE_OF_LATE = 1.5
_MARGIN_S = 900.0
_TELL_S = 1.0
SLEPT = "the phone slept, or its clock was set"
FLOWED_IN = "current flowed into the battery"
SHARE_IN = 0.02
"""Share of a turn's readings that may have the sign of charging: noise around a tiny current."""


@dataclass(frozen=True, slots=True, eq=False)
class EnergyRun:
    """Everything of a run, put together for the analysis.

    Attributes:
        stream, blocks: by one clock that never goes back.
        bad: stretches that do not count.
        caps_mhz: caps on the clock that were seen.
    """

    stream: SensorStream
    blocks: tuple[MeasuredBlock, ...]
    bad: tuple[BadSpan, ...]
    caps_mhz: tuple[float, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What speaks against the run as a whole."""
        if len(set(self.caps_mhz)) < 2:
            return ()
        low, high = min(self.caps_mhz), max(self.caps_mhz)
        return (f"the cap on the processor's clock moved ({low:.0f} to {high:.0f} MHz)",)


class EnergySession:
    """The turns of a plan, some of which may have been run before.

    Args:
        run: keeps the turns.
        calibration: of the sensor, for what is shown meanwhile.
    """

    def __init__(
        self,
        context: JobContext,
        run: RunRecorder,
        plan: EnergyPlan,
        calibration: SensorCalibration,
    ) -> None:
        self._context, self._run, self._plan = context, run, plan
        self._calibration = calibration
        self._turns = [
            (block.configuration, block.round_number + 1)
            for block in plan.blocks
            if block.configuration is not None
        ]
        self._taken: list[FloatArray] = []
        self._told_s = 0.0
        self._done_s = 0.0
        self._stretch = 0

    @property
    def missing(self) -> list[tuple[int, int]]:
        """(configuration, round) of turns that have not been run yet."""
        return [turn for turn in self._turns if (*turn, TURN) not in self._run.blocks]

    def go_on(self, rig: Rig) -> None:
        """Run what is missing, as one stretch.

        Raises:
            ChargingError: a charger is and stays plugged in, or the battery's state is faked.
            EnergyError: too many turns in a row do not count.
            DeviceError: the link broke, or the device does not run the load.
            JobCancelled: the job was asked to stop. What was run is kept in all cases.
        """
        left = deque(self.missing)
        if not left:
            return
        block_s = self._plan.block_s
        self._done_s = 2 * block_s * (len(self._turns) - len(left))
        require_on_battery(rig.battery())
        rig.open(SHARE_OF_LATE * 2 * block_s * (len(left) + 1) + _MARGIN_S)
        try:
            self._taken, bad = [], 0
            self._begin(rig)
            self._done_s += block_s
            while left:
                configuration, turn = left.popleft()
                reason = self._turn(rig, configuration, turn)
                if reason is None:
                    bad = 0
                    continue
                left.append((configuration, turn))
                bad += 1
                if bad >= MOST_BAD:
                    self._give_up(rig, reason)
                # What follows must not stand on an idle block that something disturbed.
                self._begin(rig)
        finally:
            rig.close()

    def _begin(self, rig: Rig) -> None:
        """The idle block that a stretch begins with."""
        self._stretch = 1 + sum(position == IDLE for position, _, _ in self._run.blocks)
        for _ in range(MOST_BAD):
            span = rig.idle(self._plan.block_s, self._tick(rig, IDLE, self._stretch, "idle"))
            reason = self._trouble(rig)
            if reason is None:
                facts = {"idle": span, "stretch": self._stretch}
                self._keep(rig, Block(IDLE, self._stretch, {}, facts))
                return
            self._taken = []
        self._give_up(rig, reason)

    def _give_up(self, rig: Rig, reason: str | None) -> None:
        require_on_battery(rig.battery())
        raise EnergyError(f"{MOST_BAD} blocks in a row do not count: {reason}.", _AWAKE)

    def _turn(self, rig: Rig, configuration: int, turn: int) -> str | None:
        """A load block and the idle block after it; why they do not count, None where they do."""
        block_s = self._plan.block_s
        work = rig.load(configuration, block_s, self._tick(rig, configuration, turn, "load"))
        self._done_s += block_s
        problem = battery_problem(rig.battery())
        idle = rig.idle(block_s, self._tick(rig, IDLE, turn, "idle"))
        self._done_s += block_s
        reason = SLEPT if work.slept else self._trouble(rig)
        if reason is None and problem is not None:
            reason = problem.reason
        if reason is not None:
            self._done_s -= 2 * block_s
            self._context.log(f"A load block does not count: {reason}.", "warning")
        left_out = sum(part.startswith(LEFT_OUT) for _, _, part in self._run.blocks)
        facts = {
            "load": (work.start_s, work.end_s), "idle": idle, "inferences": work.inferences,
            "stretch": self._stretch, "problem": reason, "cap_mhz": work.cap_mhz,
        }  # fmt: skip
        part = TURN if reason is None else f"{LEFT_OUT} {left_out + 1}"
        self._keep(rig, Block(configuration, turn, {}, facts, part))
        return reason

    def _trouble(self, rig: Rig) -> str | None:
        """What forbids to use the readings that were just taken; None where nothing does."""
        problem = battery_problem(rig.battery())
        self._take(rig)
        if problem is not None:
            return problem.reason
        return FLOWED_IN if self._flowed_in() else None

    def _flowed_in(self) -> bool:
        """Whether a charger showed itself in the readings alone, between two looks at the battery:
        current flowed into it for more than a stray reading."""
        current = np.concatenate(self._taken)[:, 1]
        current_ma = self._calibration.milliamperes(current[np.isfinite(current)])
        return bool(len(current_ma)) and float((current_ma < 0).mean()) > SHARE_IN

    def _keep(self, rig: Rig, block: Block) -> None:
        self._take(rig)
        readings = np.concatenate(self._taken).reshape(-1, COLUMNS)
        self._taken = []
        self._run.add(
            Block(block.position, block.round, {"readings": readings}, block.facts, block.part)
        )

    def _tick(self, rig: Rig, configuration: int, turn: int, kind: str) -> Tick:
        began_s: list[float] = []
        name = "the phone idles" if kind == "idle" else f"configuration {configuration + 1} runs"
        self._context.publish(EnergyBlock(kind, configuration, turn))
        total_s = self._plan.block_s * (2 * len(self._turns) + 1)

        def tick(device_s: float) -> None:
            self._context.check_cancelled()
            if not began_s:
                began_s.append(device_s)
            if abs(device_s - self._told_s) < _TELL_S:
                return
            self._told_s = device_s
            self._take(rig)
            within_s = min(self._plan.block_s, device_s - began_s[0])
            done = len(self._turns) - len(self.missing)
            self._context.progress(
                min(1.0, (self._done_s + within_s) / total_s),
                f"energy: {name}, {done} of {len(self._turns)} load blocks done",
            )

        return tick

    def _take(self, rig: Rig) -> None:
        rows = rig.take()
        self._taken.append(rows)
        good = rows[np.isfinite(rows[:, :3]).all(axis=1)]
        if not len(good):
            return
        current_ma = self._calibration.milliamperes(good[:, 1])
        volts = good[:, 2] * volts_per_raw(good[:, 2])
        power_mw = current_ma * volts
        self._context.publish(PowerReadings(tuple(good[:, 0]), tuple(power_mw)))


_AWAKE = "Keep the phone awake and its screen on, and run the same command again."


def put_together(blocks: Iterable[Block], path: str) -> EnergyRun:
    """The run from what was kept, in the order in which it was kept.

    Args:
        path: of the file that holds it, for errors.

    Raises:
        InputFileError: it cannot be used.
    """
    streams: list[FloatArray] = []
    measured: list[MeasuredBlock] = []
    bad: list[BadSpan] = []
    caps: list[float] = []
    shift_s, stretch = 0.0, 0
    try:
        for block in blocks:
            rows, facts = np.array(block.arrays["readings"], dtype=float), block.facts
            idle_s = tuple(map(float, facts["idle"]))
            if block.position == IDLE:
                stretch = int(facts["stretch"])
                end_s = streams[-1][-1, 0] + GAP_S if streams else 0.0
                shift_s = end_s - float(rows[0, 0])
            elif int(facts["stretch"]) != stretch:
                raise ValueError("a turn without its stretch")
            rows[:, 0] += shift_s
            streams.append(rows)
            if block.position != IDLE:
                start_s, stop_s = (float(t) + shift_s for t in facts["load"])
                inferences = int(facts["inferences"])
                measured.append(MeasuredBlock(block.position, start_s, stop_s, inferences))
                if facts["problem"]:
                    reason = str(facts["problem"])
                    bad.append(BadSpan(start_s, idle_s[1] + shift_s, reason))
                if facts["cap_mhz"] is not None:
                    caps.append(float(facts["cap_mhz"]))
            measured.append(MeasuredBlock(None, idle_s[0] + shift_s, idle_s[1] + shift_s))
        return EnergyRun(
            stream_of(np.concatenate(streams)), tuple(measured), tuple(bad), tuple(caps)
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputFileError(
            path,
            "holds readings of power that cannot be used",
            "Remove the run from the project and measure again.",
            detail=repr(error),
        ) from error
