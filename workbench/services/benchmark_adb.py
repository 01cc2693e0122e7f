"""How quick phones are reached, beside Debian's adb and plain adb-shell on the same phone.

The phone is a virtual one in a process of its own: what is compared is the way to it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.devices.adb.connect import connect_tcp, connect_through_server
from workbench.devices.adb.describe import describe_phone
from workbench.devices.adb.keys import AdbKey, load_keys
from workbench.devices.adb.server import AdbServer, ServerAddress
from workbench.devices.agent.protocol import Sample, sample_arguments
from workbench.devices.agent.remote import install_agent
from workbench.devices.device import Device
from workbench.services.benchmark_phones import bench_phones, end_process, virtual_phone
from workbench.services.benchmarks import BenchFigure, Progress, at_most

ROUND_TRIPS = 100
SLOW_ROUND_TRIPS = 20
TRANSFERS = 5
REMOTE = "/data/local/tmp/bench.bin"
SAMPLER_S = 4.0

_START_S = 30.0


def bench_adb(file_mib: int = 32, progress: Progress = lambda text: None) -> list[BenchFigure]:
    """Shell round trips and file transfers against one virtual phone.

    Debian's `adb` is measured through a server of its own; where it is not installed, its figures
    and the comparisons with them are left out.

    Raises:
        WorkbenchError: the virtual phone does not start.
    """
    with tempfile.TemporaryDirectory(prefix="adaspring-bench-") as name:
        folder = Path(name)
        keys = load_keys(folder / ".android")
        with virtual_phone(folder) as port:
            direct = connect_tcp("127.0.0.1", port, keys)
            try:
                figures = _measure(direct, port, keys, folder, file_mib, progress)
                progress("the sampler")
                figures.append(_sampler(direct))
            finally:
                direct.close()
        progress("several phones at once")
        return [*figures, *bench_phones(keys, folder)]


def _measure(
    direct: Device,
    port: int,
    keys: tuple[AdbKey, ...],
    folder: Path,
    file_mib: int,
    progress: Progress,
) -> list[BenchFigure]:
    local = folder / "bench.bin"
    local.write_bytes(os.urandom(2**20) * file_mib)
    program = shutil.which("adb")
    figures: list[BenchFigure] = []
    with contextlib.ExitStack() as stack:
        adb: Callable[[list[str]], None] | None = None
        ways = {"directly": direct}
        if program is None:
            progress("Debian's adb is not installed: measured without it")
        else:
            server, adb = stack.enter_context(_adb_server(program, folder))
            address = f"127.0.0.1:{port}"
            server.connect_device(address)
            ways["through the server"] = stack.enter_context(
                contextlib.closing(connect_through_server(server, address))
            )
            adb = _with_serial(adb, address)
        progress("shell round trips")
        figures += _round_trips(ways, port, keys, adb)
        progress(f"transfers of {file_mib} MiB")
        figures += _transfers(ways, adb, local, file_mib)
    return figures


def _round_trips(
    ways: dict[str, Device],
    port: int,
    keys: tuple[AdbKey, ...],
    adb: Callable[[list[str]], None] | None,
) -> list[BenchFigure]:
    figures = []
    reference_ms = None
    if adb is not None:
        reference_ms = _median_ms(lambda: adb(["shell", "true"]), SLOW_ROUND_TRIPS)
    plain_ms = _plain_round_trip_ms(port, keys)
    for way, device in ways.items():
        own_ms = _median_ms(lambda device=device: device.shell("true"), ROUND_TRIPS)  # type: ignore[misc]
        compared = "virtual phone" + (
            "" if reference_ms is None else f"; `adb shell true` {reference_ms:.1f} ms"
        )
        figures.append(
            BenchFigure(
                f"shell round trip {way}",
                own_ms,
                "ms",
                compared,
                "" if reference_ms is None else "<= Debian's adb",
                None if reference_ms is None else own_ms <= reference_ms,
            )
        )
        if way == "directly":
            ratio = plain_ms / own_ms
            figures.append(
                BenchFigure(
                    "plain adb-shell's round trip / ours",
                    ratio,
                    "times",
                    f"plain adb-shell {plain_ms:.1f} ms",
                    ">= 10 times",
                    ratio >= 10,
                )
            )
    return figures


def _transfers(
    ways: dict[str, Device],
    adb: Callable[[list[str]], None] | None,
    local: Path,
    file_mib: int,
) -> list[BenchFigure]:
    """Push and pull; the ways take turns, so that a change of the machine's load meets them all."""
    back = local.with_suffix(".back")
    works: dict[str, dict[str, Callable[[], object]]] = {"push": {}, "pull": {}}
    for way, device in ways.items():
        works["push"][way] = lambda device=device: device.push(local, REMOTE)  # type: ignore[misc]
        works["pull"][way] = lambda device=device: device.pull(REMOTE, back)  # type: ignore[misc]
    if adb is not None:
        works["push"]["adb"] = lambda: adb(["push", str(local), REMOTE])
        works["pull"]["adb"] = lambda: adb(["pull", REMOTE, str(back)])
    figures = []
    for what, by_way in works.items():
        times: dict[str, list[float]] = {way: [] for way in by_way}
        for _ in range(TRANSFERS):
            for way, work in by_way.items():
                start_s = time.perf_counter()
                work()
                times[way].append(time.perf_counter() - start_s)
        if what == "pull" and back.read_bytes() != local.read_bytes():
            raise WorkbenchError("A file came back from the virtual phone changed.", "Report it.")
        speed = {way: file_mib / statistics.median(taken_s) for way, taken_s in times.items()}
        reference = speed.pop("adb", None)
        for way, value in speed.items():
            figures.append(
                BenchFigure(
                    f"{what} {way}",
                    value,
                    "MiB/s",
                    f"{file_mib} MiB"
                    + ("" if reference is None else f"; Debian's adb {reference:.0f} MiB/s"),
                    "" if reference is None else ">= 50% of adb's",
                    None if reference is None else value >= 0.5 * reference,
                )
            )
    return figures


def _sampler(device: Device) -> BenchFigure:
    """What sampling ten times a second costs, by the sampler's own processor time."""
    agent = install_agent(device, describe_phone(device).properties.abis)
    samples = [
        record
        for record in agent.run(sample_arguments(10, 1, SAMPLER_S), line_timeout_s=10)
        if isinstance(record, Sample)
    ]
    first, last = samples[0], samples[-1]
    passed_ns = last.monotonic_ns - first.monotonic_ns
    percent = (last.own_cpu_ns - first.own_cpu_ns) / passed_ns * 100
    return at_most(
        "sampler at 10 Hz", percent, "% of a core", 1.0, f"{len(samples)} samples, virtual phone"
    )


def _median_ms(work: Callable[[], object], count: int) -> float:
    work()
    times = []
    for _ in range(count):
        start_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - start_s) * 1e3)
    return statistics.median(times)


def _plain_round_trip_ms(port: int, keys: tuple[AdbKey, ...]) -> float:
    """The same with adb-shell as it comes."""
    from adb_shell.adb_device import AdbDeviceTcp

    class PlainSigner:
        """A key in adb-shell's shape."""

        def Sign(self, data: bytes) -> bytes:
            return keys[0].sign(data)

        def GetPublicKey(self) -> bytes:
            return keys[0].public_key

    device = AdbDeviceTcp("127.0.0.1", port, default_transport_timeout_s=9.0)
    device.connect(rsa_keys=[PlainSigner()])
    try:
        return _median_ms(lambda: device.shell("true"), SLOW_ROUND_TRIPS)
    finally:
        device.close()


@contextlib.contextmanager
def _adb_server(
    program: str, folder: Path
) -> Iterator[tuple[AdbServer, Callable[[list[str]], None]]]:
    """Debian's server on a port of its own, and its client; nobody else's server is touched."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"HOME": str(folder), "ANDROID_ADB_SERVER_PORT": str(port)}
    environment.pop("ADB_SERVER_SOCKET", None)

    def client(arguments: list[str]) -> None:
        subprocess.run(
            [program, *arguments],
            env=environment,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
        )

    process = subprocess.Popen(
        [program, "-P", str(port), "nodaemon", "server"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = AdbServer(ServerAddress("127.0.0.1", port))
        until_s = time.monotonic() + _START_S
        while not server.running():
            if time.monotonic() > until_s:
                raise WorkbenchError("Debian's ADB server does not answer.", "Try `adb version`.")
            time.sleep(0.05)
        yield server, client
    finally:
        end_process(process)


def _with_serial(client: Callable[[list[str]], None], serial: str) -> Callable[[list[str]], None]:
    return lambda arguments: client(["-s", serial, *arguments])
