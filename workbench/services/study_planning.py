"""From what a user asks of a study to its cells, inputs and the rows it cannot have."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from workbench import __version__
from workbench.context.generated import GENERATED_HOURS
from workbench.context.records import Trace
from workbench.core.errors import SettingsError
from workbench.core.provenance import Provenance, Source
from workbench.export.replay_report import InputRecord
from workbench.export.study_report import (
    AbsentRow,
    PairSources,
    StudyPlatform,
    StudyScenario,
    StudyTask,
)
from workbench.search.policies import policy_names
from workbench.services.catalogue import find_trace, list_networks
from workbench.services.deployment import Deployment
from workbench.services.environment import APP_NAME
from workbench.services.input_records import network_record, profile_record, trace_record
from workbench.services.proxy_check import every_proxy_check
from workbench.services.repeats import is_sample_day
from workbench.services.replay_command import portable_name
from workbench.services.study_cells import CellInputs, cell_inputs, study_settings
from workbench.services.study_records import (
    CASE_STUDY,
    DEFAULT_PLATFORMS,
    DEFAULT_POLICIES,
    FORMAT_VERSION,
    GENERATED,
    CellKey,
    CellWork,
    ScenarioId,
    StudyManifest,
    StudyPlan,
    fingerprint_of,
)
from workbench.tasks.paper import PAPER_TASKS, PaperTask

HAND_CRAFTED = ("fixed:fire", "fixed:mbv2", "fixed:svd", "fixed:sparse")

MOST_RUNS: dict[str, tuple[int, int]] = {"ofa": (2, 4), "nsga2": (1, 2)}
"""Runs of the case study and generated traces for policies that search hundreds to thousands of
times as long as the others; on spaces that cannot be enumerated `exact` is one of them."""
_MOST_EXACT = (2, 4)


def paper_task(network: str) -> PaperTask | None:
    """The published task whose network this is, or that it stands in for."""
    for paper in PAPER_TASKS:
        if network in (paper.task, paper.stand_in):
            return paper
    return None


def default_tasks() -> tuple[str, ...]:
    """Every network there is, the user's own among them."""
    return tuple(entry.id for entry in list_networks())


def plan_study(plan: StudyPlan) -> StudyManifest:
    """Read every input once, and list the cells.

    Raises:
        SettingsError, InputFileError: for a network, profile, trace or policy that cannot be used.
    """
    trace_name = plan.trace if plan.repeats else ""
    pairs = [
        _Pair(task, place, cell_inputs(task, place, trace_name))
        for task in plan.tasks
        for place in plan.platforms
    ]
    _check_policies(plan, [pair.deployment for pair in pairs])
    day = find_trace(plan.trace) if plan.repeats else None
    cells: list[CellWork] = []
    absent: list[AbsentRow] = []
    for pair in pairs:
        offered = policy_names(pair.deployment.network.space)
        for policy in plan.policies:
            if policy in offered:
                cells += _cells(plan, pair, policy)
            elif pair.profile == plan.platforms[0]:
                absent.append(_missing_policy(pair, policy))
    return StudyManifest(
        plan=plan,
        program=__version__,
        tasks=tuple(_task(pair) for pair in pairs if pair.profile == plan.platforms[0]),
        platforms=tuple(_platform(pair) for pair in pairs if pair.network == plan.tasks[0]),
        scenarios=_scenarios(plan, day),
        sources=tuple(_sources(pair) for pair in pairs),
        inputs=_inputs(plan, pairs, day),
        cells=tuple(cells),
        absent=(*absent, *_missing_tasks(plan, pairs)),
        proxies=every_proxy_check(plan.tasks),
        versions={
            APP_NAME: __version__,
            "Python": platform.python_version(),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
        },
        command=study_command(plan),
    )


def study_command(plan: StudyPlan) -> str:
    """The command line that makes a study again, its output in ``study/``."""
    usual = StudyPlan(plan.tasks)
    words = [APP_NAME, "study"]
    for option, values, default in (
        ("--tasks", plan.tasks, ()),
        ("--platforms", plan.platforms, DEFAULT_PLATFORMS),
        ("--policies", plan.policies, DEFAULT_POLICIES),
    ):
        if values != default:
            words += [option, ",".join(portable_name(value) for value in values)]
    for name in ("trace", "repeats", "contexts", "seed", "efficiency"):
        if getattr(plan, name) != getattr(usual, name):
            words += [f"--{name}", portable_name(str(getattr(plan, name)))]
    return shlex.join([*words, "--out", "study"])


@dataclass(frozen=True)
class _Pair:
    """A task on a platform, as the user named them."""

    network: str
    profile: str
    inputs: CellInputs

    @property
    def deployment(self) -> Deployment:
        return self.inputs.deployment

    @property
    def task(self) -> str:
        return portable_name(self.network)

    @property
    def platform(self) -> str:
        return portable_name(self.profile).removesuffix(".toml")


def _check_policies(plan: StudyPlan, deployments: Sequence[Deployment]) -> None:
    """Raise for a policy that no network offers and that is no operator we know."""
    offered = {
        name for deployment in deployments for name in policy_names(deployment.network.space)
    }
    known = [*offered, *HAND_CRAFTED]
    for policy in plan.policies:
        if policy not in known:
            raise SettingsError(
                f"There is no policy {policy!r}.", f"Known: {', '.join(dict.fromkeys(known))}."
            )


def _cells(plan: StudyPlan, pair: _Pair, policy: str) -> Iterator[CellWork]:
    scenarios: tuple[tuple[ScenarioId, int], ...] = (
        (CASE_STUDY, plan.repeats),
        (GENERATED, plan.contexts),
    )
    for scenario, count in scenarios:
        if not count:
            continue
        hashes = dict(pair.inputs.files_sha256)
        if scenario == GENERATED:
            hashes.pop("trace", None)
        runs = tuple(range(_allowed(pair, policy, scenario, count)))
        yield CellWork(
            key=CellKey(pair.task, pair.platform, policy, scenario),
            network=pair.network,
            profile=pair.profile,
            trace=plan.trace if scenario == CASE_STUDY else "",
            files_sha256=hashes,
            runs=runs,
            seed=plan.seed,
            efficiency=plan.efficiency,
            note=_note(len(runs), count),
            fingerprint=fingerprint_of(
                format=FORMAT_VERSION,
                program=__version__,
                policy=policy,
                scenario=scenario,
                files=hashes,
                runs=runs,
                seed=plan.seed,
                efficiency=plan.efficiency,
            ),
        )


def _allowed(pair: _Pair, policy: str, scenario: ScenarioId, count: int) -> int:
    """How many of `count` runs are made."""
    most = MOST_RUNS.get(policy)
    if policy == "exact" and not pair.deployment.problem.enumerable:
        most = _MOST_EXACT
    return count if most is None else min(count, most[scenario == GENERATED])


def _note(runs: int, planned: int) -> str:
    return "" if runs == planned else f"{runs} of {planned} runs, because each search takes long"


def _missing_tasks(plan: StudyPlan, pairs: Sequence[_Pair]) -> Iterator[AbsentRow]:
    """Published tasks on their own data, where the study is about all networks and has none."""
    if set(plan.tasks) != set(default_tasks()):
        return
    there = {pair.deployment.network.description.task for pair in pairs}
    for paper in PAPER_TASKS:
        if paper.task in there:
            continue
        reason = f"no network trained on {paper.data} ships: the data is yours to get"
        if paper.stand_in in there:
            reason += f"; {paper.stand_in} stands in for it"
        train = [APP_NAME, "train", "--task", paper.task, "--data", "DIR", "--out", paper.task]
        study = [APP_NAME, "study", "--tasks", f"./{paper.task}", "--out", "study"]
        yield AbsentRow(
            f"{paper.task} ({paper.id})",
            "",
            "",
            reason,
            f"{shlex.join(train)} && {shlex.join(study)}",
        )


def _missing_policy(pair: _Pair, policy: str) -> AbsentRow:
    operator = policy.removeprefix("fixed:")
    network = pair.deployment.network
    return AbsentRow(
        pair.task,
        "",
        policy,
        f"{network.description.title} was trained without the operator {operator!r}",
        "",
    )


def _task(pair: _Pair) -> StudyTask:
    description = pair.deployment.network.description
    paper = paper_task(description.task)
    return StudyTask(
        id=pair.task,
        title=description.title,
        paper=paper.id if paper else "",
        stands_in=paper.data if paper and description.task == paper.stand_in else "",
        accuracy_percent=description.accuracy_percent,
        data=description.data.name,
    )


def _platform(pair: _Pair) -> StudyPlatform:
    profile = pair.deployment.profile
    return StudyPlatform(pair.platform, profile.title, profile.soc)


def _sources(pair: _Pair) -> PairSources:
    deployment = pair.deployment
    settings = study_settings(deployment, "auto", 0)
    sources: Mapping[str, Source] = {
        "accuracy": deployment.accuracy_source,
        "latency": deployment.latency_source,
        "energy": deployment.energy_source,
        "cost": Source(Provenance.MEASURED, "counted from the layers' shapes"),
        "context": Source(
            Provenance.SIMULATED,
            f"replayed context, {settings.loop} loop",
        ),
    }
    return PairSources(pair.task, pair.platform, sources)


def _scenarios(plan: StudyPlan, day: Trace | None) -> tuple[StudyScenario, ...]:
    found = []
    if day is not None:
        runs = (
            "the first run is the day itself, in the others its noise is drawn anew"
            if is_sample_day(day)
            else "runs differ in when inferences happen"
        )
        found.append(
            StudyScenario(
                CASE_STUDY,
                f"case study: {day.info.title}",
                f"{plan.repeats} runs of a {day.info.origin} day; {runs}, and each run draws its"
                " own inferences.",
                round(day.duration_s / 3600, 2),
            )
        )
    if plan.contexts:
        found.append(
            StudyScenario(
                GENERATED,
                "generated contexts",
                f"{plan.contexts} synthetic traces of {GENERATED_HOURS:g} h with random charge,"
                " apps, contention and latency budget; each is one run.",
                GENERATED_HOURS,
            )
        )
    return tuple(found)


def _inputs(plan: StudyPlan, pairs: Sequence[_Pair], day: Trace | None) -> tuple[InputRecord, ...]:
    networks = {pair.network: pair.deployment.network for pair in pairs}
    profiles = {pair.profile: pair.deployment.profile for pair in pairs}
    records = [network_record(name, network) for name, network in networks.items()]
    records += [profile_record(name, profile) for name, profile in profiles.items()]
    if day is not None:
        records.append(trace_record(plan.trace, day))
    return tuple(records)
