"""Measuring a network's latency on a phone, block by block, so that a broken link costs one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.describe import WORK_FOLDER, PhoneDescription, describe_phone
from workbench.devices.agent.binaries import agent_for
from workbench.devices.agent.installed import AgentKilledError, InstalledAgent, remove_agent
from workbench.devices.agent.protocol import (
    AgentRecord,
    Bench,
    BenchOptions,
    End,
    Info,
    Latencies,
    WarmUp,
    bench_arguments,
)
from workbench.devices.device import Device, DeviceInfo
from workbench.devices.errors import DeviceError, RemoteFileError
from workbench.devices.parsers import DeviceProperties, parse_properties
from workbench.jobs import JobContext
from workbench.network.evolution import Evolver
from workbench.network.ncnn_files import ncnn_files
from workbench.profiling.design import Design, planned_design
from workbench.profiling.interleaved import block_orders, rest
from workbench.profiling.latency_blocks import LatencyBlock, RunBook
from workbench.profiling.live import RunMeasured, RunsPlanned, RunStarted
from workbench.profiling.phone_conditions import (
    UNKNOWN_RANGE,
    Conditions,
    MeasuredRange,
    chosen_cluster,
    conditions_of,
    judge_phone,
    measured_range,
)
from workbench.profiling.phone_link import PATIENCE_S, PhoneLink
from workbench.profiling.plans import stored_plan
from workbench.profiling.run_rules import Plan
from workbench.profiling.samples import LatencySamples, Trust, judge
from workbench.profiling.sustained import SustainedReport, sustained_report
from workbench.space.description import Network
from workbench.storage import Device as SeenDevice
from workbench.storage import Plan as StoredPlan
from workbench.storage import Project

MARGIN_S = 60.0
"""For starting the agent, loading and warming up."""
KILLED_TRIES = 3
CONDITIONS = "conditions"
"""Kind of the notes that hold a phone's state."""


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """How a network is measured on a phone.

    Attributes:
        seed: of the choice of configurations and of their order.
        threads: of the engine.
        cores: one of `phone_conditions.CORES`.
    """

    seed: int = 0
    threads: int = 1
    cores: str = "big"


@dataclass(frozen=True, slots=True)
class PhoneMeasurement:
    """Everything measured on a phone, over one session or several.

    Attributes:
        samples: of `design.fit` and then `design.held_out`, in their order.
        cluster: position of the cluster that the networks ran on; None for all.
        conditions: what the phone told at the start and at the end of each session, in words.
        resumed_blocks: blocks that an earlier session had measured.
        reconnections: how often the link was made anew.
        measured_at: UTC, ISO 8601, to the minute.
        run: the project's, whose blocks are all there.
        range: between what the phone's state moved.
        sustained: what half an hour of work did; None with other plans.
    """

    plan: Plan
    settings: PhoneSettings
    design: Design
    samples: tuple[LatencySamples, ...]
    trust: Trust
    phone: PhoneDescription
    agent: Info
    cluster: int | None
    conditions: tuple[str, ...]
    resumed_blocks: int
    reconnections: int
    measured_at: str
    run: int
    range: MeasuredRange = UNKNOWN_RANGE
    sustained: SustainedReport | None = None

    def medians_ms(self) -> npt.NDArray[np.float64]:
        """(fit + held out,) median latency of each configuration."""
        return np.array([float(np.median(sample.all_ms)) for sample in self.samples])


def identity_of(device: Device) -> str:
    """What tells one phone from another, however it is connected."""
    return phone_identity(parse_properties(device.shell("getprop").stdout), device.info)


def phone_identity(properties: DeviceProperties, info: DeviceInfo) -> str:
    """Serial number and fingerprint of the system."""
    return f"{properties.serial or info.serial} {properties.get('ro.build.fingerprint')}"


def measure_phone(
    context: JobContext,
    connect: Callable[[], Device],
    network: Network,
    plan: Plan,
    settings: PhoneSettings,
    project: Project,
    profile_of: Callable[[PhoneDescription], str],
    patience_s: float = PATIENCE_S,
) -> PhoneMeasurement:
    """Measure latency of planned configurations on a phone.

    Every block is in the project as soon as it is done. A measurement that was broken off leaves a
    run there, and the next one of the same goes on after its last block; a complete one leaves it
    unfinished too, for its caller to finish once a profile is made of it.

    Args:
        connect: makes a connected device; called again when the link breaks.
        profile_of: id of the device profile that a phone's figures are for.
        patience_s: how long to wait for a phone that went away.

    Raises:
        JobCancelled: the job was asked to stop; what was measured is kept.
        DeviceError: the phone cannot be reached or does not run the agent.
        WorkbenchError: the network's weights cannot be used, no agent fits the phone, or the
            project cannot be written.
    """
    rng = np.random.default_rng(settings.seed)
    context.progress(0.0, "choosing configurations")
    design = planned_design(network.space, plan, rng)
    configurations = np.concatenate([design.fit, design.held_out])
    evolver = Evolver.read(network)
    context.publish(RunsPlanned(configurations, plan.fit, plan.rules.rounds))
    context.progress(0.0, "connecting to the phone")
    link = PhoneLink(context, connect, identity_of, patience_s)
    try:
        phone = link.work(describe_phone)
        project.see_device(seen_phone(link.identity, phone))
        wanted = _stored_plan(link.identity, phone, network, plan, design, settings)
        with project.runs.record(wanted, profile_of(phone)) as run:
            book = RunBook(run, project.path)
            session = _Session(context, link, book, phone, evolver, configurations, plan,
                               settings)  # fmt: skip
            try:
                session.run(rng)
            except DeviceError as error:
                raise _kept(error, book, wanted) from error
            finally:
                link.last_work(session.remove)
            samples, conditions = session.samples(), session.conditions()
            trust = judge_phone(samples, plan.rules, book.blocks.values(), conditions, session.cpus)
            return PhoneMeasurement(
                plan, settings, design, samples, trust, phone, session.info, session.cluster,
                tuple(f"{each.at}: {each.describe()}" for each in conditions),
                run.resumed, link.reconnections,
                dt.datetime.now(dt.UTC).isoformat(timespec="minutes"), run.id,
                measured_range(book.blocks.values(), conditions, session.cpus),
                sustained_report(book.blocks, len(configurations), session.cpus)
                if plan.rules.sustained
                else None,
            )  # fmt: skip
    finally:
        link.close()


class _Session:
    """One connection's worth of measuring, or several, as far as links break."""

    info: Info

    def __init__(
        self,
        context: JobContext,
        link: PhoneLink,
        book: RunBook,
        phone: PhoneDescription,
        evolver: Evolver,
        configurations: npt.NDArray[np.uint8],
        plan: Plan,
        settings: PhoneSettings,
    ) -> None:
        self.cluster = chosen_cluster(phone.clusters, settings.cores)
        self.cpus = () if self.cluster is None else phone.clusters[self.cluster].cpus
        self._context, self._link, self._book, self._phone = context, link, book, phone
        self._evolver, self._configurations = evolver, configurations
        self._rules, self._settings = plan.rules, settings
        # Named by what is measured, so that a session that goes on finds the files again.
        self._folder = f"{WORK_FOLDER}/adaspring-{book.run.plan.digest}"
        self._agent: InstalledAgent | None = None
        self._put_on: Device | None = None
        self._total = plan.rules.rounds * len(configurations)

    def run(self, rng: np.random.Generator) -> None:
        """Measure every block that is missing."""
        self._context.progress(self._share(), "copying the agent to the phone")
        self._link.work(self._prepare)
        self._record_conditions()
        count = len(self._configurations)
        for turn, order in enumerate(block_orders(self._rules, count, rng), start=1):
            if turn > 1 and any(not self._book.has(position, turn) for position in order):
                rest(self._context, self._rules, self._share())
            for position in map(int, order):
                self._context.check_cancelled()
                if not self._book.has(position, turn):
                    self._context.publish(RunStarted(position, turn))
                    self._book.add(self._block(position, turn))
                self._tell(position, turn)
        self._record_conditions()

    def samples(self) -> tuple[LatencySamples, ...]:
        """Samples of every configuration over all rounds."""
        rounds = self._rules.rounds
        return tuple(self._book.samples(p, rounds) for p in range(len(self._configurations)))

    def conditions(self) -> tuple[Conditions, ...]:
        """What the phone told at the start and the end of each session."""
        notes = self._book.run.notes
        return tuple(
            msgspec.convert(note.content, Conditions) for note in notes if note.kind == CONDITIONS
        )

    def remove(self, device: Device) -> None:
        """Delete what was put on the phone."""
        remove_agent(device, self._folder)

    def _prepare(self, device: Device) -> None:
        self._agent = InstalledAgent.install(device, self._phone.properties.abis, self._folder)
        self.info = self._agent.about
        self._put_on = device

    def _record_conditions(self) -> None:
        phone = self._link.work(describe_phone)
        told = conditions_of(phone, dt.datetime.now(dt.UTC))
        self._book.run.note(CONDITIONS, msgspec.to_builtins(told))

    def _block(self, position: int, turn: int) -> LatencyBlock:
        for attempt in range(KILLED_TRIES):
            try:
                return self._link.work(lambda device: self._measure(device, position, turn))
            except AgentKilledError as error:
                if attempt + 1 == KILLED_TRIES:
                    raise
                self._context.log(f"{error.message} Once more.", "warning")
        raise AssertionError("unreachable: the last try returns or raises")

    def _measure(self, device: Device, position: int, turn: int) -> LatencyBlock:
        if self._put_on is not device:  # the link was made anew; a reboot may have cleaned up
            self._prepare(device)
        agent = self._agent
        assert agent is not None
        param, weights = self._put_network(agent, position)
        rules = self._rules
        options = BenchOptions(
            warm_up=self._warm_up_runs(position),
            runs=rules.block_runs,
            min_seconds=rules.block_s,
            max_seconds=max(rules.max_block_s, 2 * rules.block_s),
            threads=self._settings.threads,
            cpus=self.cpus,
        )
        shape = self._evolver.space.backbone.input_shape
        records = agent.run(
            bench_arguments(param, weights, shape, options),
            timeout_s=options.max_seconds + MARGIN_S,
            go_on=self._context.check_cancelled,
        )
        return _block_of(records, position, turn)

    def _put_network(self, agent: InstalledAgent, position: int) -> tuple[str, str]:
        """Copy a configuration's files; where the phone is full, in place of all others."""
        files = ncnn_files(self._evolver.evolve(self._configurations[position]))
        name = f"network{position}"
        param = files.param.encode()
        try:
            return agent.put(f"{name}.param", param), agent.put(f"{name}.bin", files.weights)
        except RemoteFileError:
            agent.clear("network*")
            return agent.put(f"{name}.param", param), agent.put(f"{name}.bin", files.weights)

    def _warm_up_runs(self, position: int) -> int:
        """The rules' warm-up, as runs: each block starts the engine anew, so each warms up."""
        rules = self._rules
        known = [b for (p, _), b in self._book.blocks.items() if p == position]
        if not known:
            return rules.warm_up_runs
        within = rules.warm_up_s * 1e9 / float(np.median(known[-1].ns))
        return int(np.clip(np.ceil(within), 1, rules.warm_up_runs))

    def _share(self) -> float:
        return len(self._book.blocks) / self._total

    def _tell(self, position: int, turn: int) -> None:
        so_far = self._book.samples(position, turn)
        reasons = judge([so_far], self._rules).reasons if turn == self._rules.rounds else ()
        self._context.publish(RunMeasured.of(position, so_far, self._rules.rounds, reasons))
        self._context.progress(
            self._share(),
            f"round {turn} of {self._rules.rounds}, {len(self._configurations)} configurations",
        )


def _block_of(records: list[AgentRecord], position: int, turn: int) -> LatencyBlock:
    """A block from what ``bench`` said.

    Raises:
        DeviceError: something is missing in it.
    """
    start = next((r for r in records if isinstance(r, Bench)), None)
    end = next((r for r in records if isinstance(r, End)), None)
    warm = [ns for r in records if isinstance(r, WarmUp) for ns in r.ns]
    counted = [ns for r in records if isinstance(r, Latencies) for ns in r.ns]
    if start is None or end is None or end.after is None or not counted or min(counted) <= 0:
        raise DeviceError(
            "The agent's measurement is incomplete.", "Run the same command again to go on."
        )
    return LatencyBlock(
        position=position,
        round=turn,
        load_ns=start.load_ns,
        first_ns=(warm or counted)[0],
        ns=np.array(counted, dtype=np.int64),
        cpu_ns=end.cpu_ns or 0,
        elapsed_ns=end.elapsed_ns,
        before=start.before,
        after=end.after,
    )


def seen_phone(identity: str, phone: PhoneDescription) -> SeenDevice:
    """A phone as the project notes it."""
    properties = phone.properties
    told = {
        "serial": properties.serial or phone.info.serial,
        "soc": properties.soc,
        "android": properties.android_release,
        "abis": list(properties.abis),
        "clusters": [asdict(cluster) for cluster in phone.clusters],
    }
    return SeenDevice(identity, phone.title, phone.simulated, told)


def _stored_plan(
    identity: str,
    phone: PhoneDescription,
    network: Network,
    plan: Plan,
    design: Design,
    settings: PhoneSettings,
) -> StoredPlan:
    return stored_plan(
        identity, network, plan, design,
        agent_sha256=agent_for(phone.properties.abis).record.sha256,
        simulated=phone.simulated,
        **asdict(settings),
    )  # fmt: skip


def _kept(error: DeviceError, book: RunBook, plan: StoredPlan) -> WorkbenchError:
    """The error, with what is kept."""
    done = len(book.blocks)
    if not done:
        return error
    kept = f"{done} of {plan.total_blocks} blocks are kept: the same command goes on from there."
    return WorkbenchError(error.message, f"{error.hint} {kept}".strip(), error.detail)
