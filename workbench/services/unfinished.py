"""Measurements of the project in use that were broken off, and how to go on with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.jobs import JobContext
from workbench.profiling.local import COMPUTER
from workbench.profiling.run_rules import PLANS
from workbench.services.catalogue import find_network, list_networks
from workbench.services.device_profiles import LOCAL_ID
from workbench.services.phone_profiling import PhoneSettings
from workbench.services.projects import open_project, project_in_use
from workbench.storage import NetworkReference, Run


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A measurement that was broken off.

    Attributes:
        run: its number in the project.
        device: what it measures.
        profile_id: id of the profile of that device, measured with one thread on its big cores.
        network: id of the network, or what it was called where it is not there any more.
        plan, configurations, seed, chosen, threads, cores: as of a `ProfilingRequest`.
        done, total: blocks.
        began: UTC, ISO 8601.
        reason: why the window cannot go on with it; empty when it can.
    """

    run: int
    device: str
    profile_id: str
    network: str
    plan: str
    configurations: int | None
    seed: int
    chosen: tuple[str, ...]
    threads: int
    cores: str
    done: int
    total: int
    began: str
    reason: str


def unfinished_measurements(context: JobContext) -> tuple[Unfinished, ...]:
    """Latency measurements that nobody is at work on, the latest first.

    Raises:
        ProjectError: the project cannot be read.
    """
    file = project_in_use()
    if not file.exists():
        return ()
    with open_project(file) as project:
        titles = {device.identity: device.title for device in project.devices()}
        runs = project.runs.list(kind="latency", unfinished=True)
    context.check_cancelled()
    known = {str(entry.path): entry.id for entry in list_networks()}
    return tuple(
        _unfinished(run, titles.get(run.plan.device, run.plan.device), known)
        for run in runs
        if run.blocks and not run.running
    )


def discard(context: JobContext, run: int) -> None:
    """Throw an unfinished measurement away.

    Raises:
        SettingsError: there is none, or it is being measured.
        ProjectError: the project cannot be written.
    """
    context.check_cancelled()
    with open_project() as project:
        project.runs.remove(run)


def _unfinished(run: Run, device: str, networks: dict[str, str]) -> Unfinished:
    details, network = run.plan.details, run.plan.network
    found = None if network is None else networks.get(network.place)
    count, fitted = len(details["configurations"]), int(details["fitted"])
    usual = PLANS.get(run.plan.name)
    same_rules = usual is not None and asdict(usual.rules) == details["rules"]
    default = PhoneSettings()
    threads = int(details.get("threads", default.threads))
    cores = str(details.get("cores", default.cores))
    texts: tuple[str, ...] = ()
    reason = ""
    if found is None:
        reason = "its network is not there any more"
    elif not same_rules:
        reason = "its run rules are others now"
    elif details["chosen"]:
        try:
            space = find_network(Path(network.place) if network else "").space
            texts = tuple(space.text(row) for row in details["chosen"])
        except WorkbenchError as error:
            reason = error.message
    usual_count = 0 if usual is None else usual.fit + usual.held_out
    added = fitted == count  # a list that is added to an earlier measurement has none held out
    return Unfinished(
        run=run.id,
        device=device,
        profile_id=_profile_id(run, threads, cores),
        network=found or _name(network),
        plan=run.plan.name,
        configurations=None if added or count == usual_count else count,
        seed=int(details["seed"]),
        chosen=texts,
        threads=threads,
        cores=cores,
        done=run.blocks,
        total=run.plan.total_blocks,
        began=run.began,
        reason=reason,
    )


def _profile_id(run: Run, threads: int, cores: str) -> str:
    """By which the device is found: without what `phone_profile_id` adds for threads and cores."""
    if run.plan.device.startswith(COMPUTER):
        return LOCAL_ID
    return run.profile.removesuffix(f"_{threads}threads").removesuffix(f"_{cores}")


def _name(network: NetworkReference | None) -> str:
    return "" if network is None else network.name
