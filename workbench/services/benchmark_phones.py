"""Several phones at once: whether one keeps another waiting.

Real phones compute on processors of their own; virtual ones share this computer's. So waiting is
timed, which costs no processor, and profiling is compared with the same agents without phones.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.describe import WORK_FOLDER, describe_phone
from workbench.devices.adb.keys import AdbKey
from workbench.devices.adb.owner import DeviceOwner
from workbench.devices.agent.installed import InstalledAgent
from workbench.devices.agent.protocol import BenchOptions, bench_arguments
from workbench.devices.device import Device
from workbench.network.evolution import Evolver
from workbench.network.ncnn_files import NcnnFiles, ncnn_files
from workbench.services.benchmarks import BenchFigure, at_most
from workbench.services.catalogue import find_network
from workbench.space.description import Network

PHONES_AT_ONCE = 5
WAITS = 20
BLOCKS = 10
"""Blocks of runs that each phone measures, as profiling does: one after the other."""
BLOCK = BenchOptions(warm_up=3, runs=500)
NETWORK = "fashion_mnist"
MORE_THAN_THE_MACHINE = 1.25

_END_S = 10.0


def bench_phones(keys: tuple[AdbKey, ...], folder: Path) -> list[BenchFigure]:
    """Waiting and profiling on `PHONES_AT_ONCE` virtual phones against one.

    Args:
        folder: for files and the phones' home folders.

    Raises:
        WorkbenchError: a virtual phone does not start, or its agent does not run.
    """
    with contextlib.ExitStack() as stack:
        owners = []
        for number in range(PHONES_AT_ONCE):
            port = stack.enter_context(virtual_phone(folder))
            owner = DeviceOwner(
                lambda port=port: connect_tcp("127.0.0.1", port, keys),  # type: ignore[misc]
                f"bench {number}",
            )
            stack.callback(owner.close)
            owner.call(lambda device: device.shell("true"))
            owners.append(owner)
        return [_waiting(owners), _profiling(owners, folder)]


def _waiting(owners: Sequence[DeviceOwner]) -> BenchFigure:
    def work(device: Device) -> None:
        for _ in range(WAITS):
            device.shell("sleep 0.05")

    return at_most(
        f"{len(owners)} phones waiting at once / one alone",
        _ratio(owners, work),
        "times",
        MORE_THAN_THE_MACHINE,
        f"{WAITS} commands of 50 ms each, virtual phones",
    )


def _profiling(owners: Sequence[DeviceOwner], folder: Path) -> BenchFigure:
    network = find_network(NETWORK)
    files = ncnn_files(Evolver.read(network).evolve(network.space.backbone_configuration))

    def work(device: Device) -> None:
        agent = _installed(device, folder)
        arguments = _on_phone(agent, network, files)
        for _ in range(BLOCKS):
            agent.run(arguments, timeout_s=120.0)

    def prepare(device: Device) -> Path:
        agent = _installed(device, folder)
        _on_phone(agent, network, files)
        return agent.binary.path

    programs = [owner.call(prepare) for owner in owners]
    phones = _ratio(owners, work)
    agents = _agents_ratio(programs[0], len(owners), network, files, folder)
    return at_most(
        f"{len(owners)} phones profiling at once / one, over the machine's",
        phones / agents,
        "times",
        MORE_THAN_THE_MACHINE,
        f"phones {phones:.2f} times, agents without phones {agents:.2f} times, on"
        f" {os.cpu_count()} processors; {BLOCKS} blocks of {BLOCK.runs} runs each",
    )


def _installed(device: Device, folder: Path) -> InstalledAgent:
    abis = describe_phone(device).properties.abis
    return InstalledAgent.install(device, abis, f"{WORK_FOLDER}/{folder.name}")


def _on_phone(agent: InstalledAgent, network: Network, files: NcnnFiles) -> list[str]:
    param = agent.put("network.param", files.param.encode())
    weights = agent.put("network.bin", files.weights)
    return bench_arguments(param, weights, network.space.backbone.input_shape, BLOCK)


def _agents_ratio(
    program: Path, count: int, network: Network, files: NcnnFiles, folder: Path
) -> float:
    """The same work by agents that run here without any phone: what the machine itself explains."""
    param, weights = folder / "network.param", folder / "network.bin"
    param.write_bytes(files.param.encode())
    weights.write_bytes(files.weights)
    shape = network.space.backbone.input_shape
    command = [str(program), *bench_arguments(str(param), str(weights), shape, BLOCK)]

    def work() -> None:
        for _ in range(BLOCKS):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
            if done.returncode:
                raise WorkbenchError("The agent does not run here.", detail=repr(done.stderr[:500]))

    with ThreadPoolExecutor(count) as pool:
        alone_s = _seconds(work)
        together_s = _seconds(lambda: [each.result() for each in
                                       [pool.submit(work) for _ in range(count)]])  # fmt: skip
    return together_s / alone_s


def _ratio(owners: Sequence[DeviceOwner], work: Callable[[Device], None]) -> float:
    """How much longer `work` takes on all phones at once than on one alone."""
    alone_s = _seconds(lambda: owners[0].call(work))
    together_s = _seconds(lambda: [f.result() for f in [owner.submit(work) for owner in owners]])
    return together_s / alone_s


def _seconds(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


@contextlib.contextmanager
def virtual_phone(folder: Path) -> Iterator[int]:
    """A virtual phone in a process of its own; gives its port.

    Raises:
        WorkbenchError: it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "virtual-phone", "--port", "0", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise WorkbenchError("The virtual phone did not start.", "Try `virtual-phone` alone.")
        yield int(json.loads(line)["port"])
    finally:
        end_process(process)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it."""
    with process:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
