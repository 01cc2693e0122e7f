"""`adaspring-workbench bench`: how quick the program is on this computer."""

from __future__ import annotations

import dataclasses
import json
import platform

import click
import psutil

from workbench import __version__
from workbench.devices.computer import describe_computer
from workbench.services.benchmarks import BenchFigure

SUITES = ("search", "replay", "evolution", "window", "adb")


@click.command()
@click.argument("suites", nargs=-1, type=click.Choice(SUITES))
@click.option(
    "--contexts",
    default=1000,
    show_default=True,
    type=click.IntRange(20, 100_000),
    help="Random contexts that searches are compared over.",
)
@click.option(
    "--deep-contexts",
    default=1000,
    show_default=True,
    type=click.IntRange(20, 100_000),
    help="The same for the deep spaces, whose optimum takes longer.",
)
@click.option(
    "--rival-contexts",
    default=20,
    show_default=True,
    type=click.IntRange(5, 10_000),
    help="Random contexts that ofa and nsga2, which take long, are compared over.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    suites: tuple[str, ...], contexts: int, deep_contexts: int, rival_contexts: int, as_json: bool
) -> None:
    """Measure the parts that must be quick: SUITES, or all of them.

    Prints each figure with what it was measured on and whether its target holds. The figures
    describe this computer at this moment.
    """
    figures: list[BenchFigure] = []
    for suite in suites or SUITES:
        figures += _run(suite, contexts, deep_contexts, rival_contexts)
    if as_json:
        record = {
            "schema": "adaspring-bench",
            "version": 1,
            "program": __version__,
            "machine": _machine(),
            "figures": [dataclasses.asdict(figure) for figure in figures],
        }
        click.echo(json.dumps(record, indent=1))
        return
    click.echo("  ".join(f"{name}: {value}" for name, value in _machine().items()))
    widest = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        mark = {None: " ", True: "+", False: "-"}[figure.holds]
        value = f"{figure.value:.3g} {figure.unit}"
        line = f"{mark} {figure.name:{widest}} {value:>14}  {figure.target:14} {figure.compared}"
        click.echo(line)
    missed = sum(figure.holds is False for figure in figures)
    click.echo(f"{missed} targets missed." if missed else "Every target holds.")


def _run(suite: str, contexts: int, deep_contexts: int, rival_contexts: int) -> list[BenchFigure]:
    # Each suite imports what it needs: the one must not weigh on the other.
    from workbench.services import benchmark_search, benchmarks
    from workbench.services.catalogue import (
        SAMPLE_NETWORK,
        SAMPLE_PROFILE,
        SAMPLE_TRACE,
        find_network,
        find_trace,
        list_networks,
    )
    from workbench.services.deployment import deploy
    from workbench.services.device_profiles import find_profile

    if suite == "window":
        from workbench.services.benchmark_window import bench_window

        return bench_window(7, _progress)
    if suite == "adb":
        from workbench.services.benchmark_adb import bench_adb

        return bench_adb(progress=_progress)
    deployment = deploy(find_network(SAMPLE_NETWORK), find_profile(SAMPLE_PROFILE))
    if suite == "replay":
        return benchmarks.bench_replay(deployment, find_trace(SAMPLE_TRACE), _progress)
    if suite == "evolution":
        return benchmark_search.bench_evolution(deployment, 1000, _progress)
    in_ms = dataclasses.replace(deployment.default_objective(), efficiency="latency")
    deep, imagenet = benchmark_search.deep_problem(), benchmark_search.imagenet_problem()
    deep_name = "20 layers x 10 operators"
    imagenet_name = "imagenet (invented losses)"
    figures = []
    for entry in list_networks():
        if not entry.shipped:
            continue
        shipped = deploy(find_network(entry.path), find_profile(SAMPLE_PROFILE))
        what = shipped.problem, shipped.default_objective(), shipped.network.name
        figures += benchmark_search.bench_search(*what, contexts, 0.3, 1.0, _progress)
        figures += benchmark_search.bench_rivals(*what, rival_contexts, _progress)
    for problem, name in ((deep, deep_name), (imagenet, imagenet_name)):
        figures += benchmark_search.bench_search(
            problem, in_ms, name, deep_contexts, 2.0, None, _progress
        )
        figures += benchmark_search.bench_rivals(problem, in_ms, name, rival_contexts, _progress)
    return figures


def _progress(text: str) -> None:
    click.echo(text, err=True)


def _machine() -> dict[str, str]:
    computer = describe_computer()
    return {
        "processor": computer.cpu_model,
        "processors": str(computer.logical_cpus),
        "load": f"{psutil.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "system": computer.system,
    }
