"""What the agent's commands say, on this computer: records, limits, and errors as JSON lines."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.agent import Agent, native_abi, of_kind
from tests.helpers.folded import random_network
from tests.helpers.spaces import small_space
from workbench.devices.agent.binaries import agent_for
from workbench.network.ensemble_file import ensemble_bytes
from workbench.network.ncnn_files import ncnn_files
from workbench.network.parameters import initial_parameters
from workbench.network.weights_file import Weights, empty_statistics

SPACE = small_space()
SHAPE = ",".join(map(str, SPACE.backbone.input_shape))
BENCH = ("bench", "--param", "none", "--bin", "none")
USAGE, BAD_FILE, ENGINE, CRASH = 2, 3, 4, 7


@pytest.fixture(scope="module")
def agent() -> Agent:
    return Agent(native_abi())


@pytest.fixture(scope="module")
def stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network's two files."""
    stem = tmp_path_factory.mktemp("network") / "network"
    configuration = SPACE.parse("fire/skip/dwsep")
    ncnn_files(random_network(SPACE, configuration, np.random.default_rng(1))).save(stem)
    return stem


@pytest.fixture(scope="module")
def ensemble() -> bytes:
    rng = np.random.default_rng(4)
    statistics = empty_statistics(SPACE, 2)
    for variance in statistics.variance.values():
        variance += 1
    return ensemble_bytes(SPACE, Weights(initial_parameters(SPACE, rng), statistics))


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A phone's /proc and /sys: the fast processors are the first four, as on a Snapdragon 430."""
    root = tmp_path / "phone"
    files = {
        "proc/stat": "cpu  10 1 5 100 2 0 1 0 0 0\ncpu0 4 0 2 50 1 0 1 0 0 0\n"
        "cpu5 6 1 3 50 1 0 0 0 0 0\nintr 77 1 2\nctxt 5\n",
        "proc/meminfo": "MemTotal:  1904512 kB\nMemFree:  90000 kB\nMemAvailable: 700000 kB\n"
        "Buffers: 4 kB\nCached:  500000 kB\nSwapCached: 9 kB\n",
        "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 38.00\n\n" * 300
        + "Hardware\t: Qualcomm Technologies, Inc MSM8937\n",
        "sys/devices/system/cpu/present": "0-7",
        "sys/devices/system/cpu/online": "0-3,5",
        "sys/class/thermal/thermal_zone0/type": 'tsens\xe9"\n',
        "sys/class/thermal/thermal_zone0/temp": "31500",
        "sys/class/thermal/thermal_zone10/type": "battery",
        "sys/class/thermal/thermal_zone10/temp": "NaN",
        "sys/class/power_supply/battery/current_now": "-215000",
        "sys/class/power_supply/battery/voltage_now": "3912000",
        "sys/class/power_supply/battery/capacity": "77",
        "sys/class/power_supply/battery/status": "Discharging",
        "sys/class/power_supply/usb/online": "0",
    }
    for policy, cpus, khz in (("policy0", "4 5 6 7", 1094400), ("policy4", "0 1 2 3", 1401000)):
        folder = f"sys/devices/system/cpu/cpufreq/{policy}"
        files |= {
            f"{folder}/related_cpus": cpus,
            f"{folder}/cpuinfo_max_freq": str(khz),
            f"{folder}/cpuinfo_min_freq": "768000",
            f"{folder}/scaling_cur_freq": "960000",
            f"{folder}/scaling_max_freq": str(khz - 100),
            f"{folder}/scaling_min_freq": "768000",
            f"{folder}/scaling_governor": "interactive",
            f"{folder}/scaling_available_frequencies": f"768000 960000 {khz}",
        }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="latin-1")
    return root


def test_info_ranks_clusters_by_clock_not_by_number(agent: Agent, device: Path) -> None:
    (info,) = agent.records("info", "--root", device)
    assert [c["cpus"] for c in info["clusters"]] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [c["max_khz"] for c in info["clusters"]] == [1401000, 1094400]
    assert info["clusters"][0]["available_khz"] == "768000 960000 1401000"
    assert info["clusters"][0]["governor"] == "interactive"
    assert info["online"] == "0-3,5"
    assert info["cpu_model"] == "Qualcomm Technologies, Inc MSM8937"
    assert (info["memory_total_kib"], info["memory_available_kib"]) == (1904512, 700000)
    assert info["ncnn"] == agent_for([native_abi()]).record.ncnn_version


def test_info_without_clocks_says_so(agent: Agent, tmp_path: Path) -> None:
    (info,) = agent.records("info", "--root", tmp_path)
    assert info["clusters"] == []
    present = tmp_path / "sys/devices/system/cpu/present"
    present.parent.mkdir(parents=True)
    present.write_text("0-3\n")
    (info,) = agent.records("info", "--root", tmp_path)
    (cluster,) = info["clusters"]
    assert cluster["cpus"] == [0, 1, 2, 3]
    assert cluster["max_khz"] is None
    assert info["cpu_model"] is None
    assert info["memory_total_kib"] is None
    assert info["abi"] == native_abi()
    assert info["page_bytes"] >= 4096


def bench(stem: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return ("bench", "--param", f"{stem}.param", "--bin", f"{stem}.bin", "--shape", SHAPE, *more)


def test_bench_keeps_every_latency(agent: Agent, stem: Path, device: Path) -> None:
    lines = agent.records(
        *bench(stem, "--warm-up", "3", "--runs", "5000", "--layer-passes", "4", "--root", device)
    )
    header, end = lines[0], lines[-1]
    assert (header["record"], end["record"]) == ("bench", "end")
    assert header["load_ns"] > 0
    assert header["bin_bytes"] == Path(f"{stem}.bin").stat().st_size
    assert header["input"] == "deterministic"
    fast = header["before"]["frequencies"][1]
    assert (fast["related_cpus"], fast["cap_khz"], fast["hardware_max_khz"]) == (
        "0 1 2 3", 1400900, 1401000,
    )  # fmt: skip
    assert [t["raw"] for t in end["after"]["temperatures"]] == [31500, None]
    (warm_up,) = of_kind(lines, "warm_up")
    assert len(warm_up["ns"]) == 3
    chunks = of_kind(lines, "latencies")
    latencies = [ns for chunk in chunks for ns in chunk["ns"]]
    assert len(latencies) == end["runs"] == 5000
    assert min(latencies) > 0
    assert sum(latencies) <= end["elapsed_ns"]
    assert len(chunks) > 1, "results are handed over in pieces"
    assert end["stopped_by"] == "plan"
    names = [line.split()[1] for line in Path(f"{stem}.param").read_text().splitlines()[2:]]
    layers = of_kind(lines, "layer")
    assert [layer["name"] for layer in layers] == names
    assert all(len(layer["ns"]) == 4 for layer in layers)


def test_bench_obeys_times(agent: Agent, stem: Path) -> None:
    longer = agent.records(*bench(stem, "--runs", "1", "--min-seconds", "0.3"))[-1]
    assert longer["runs"] > 1
    assert longer["elapsed_ns"] >= 0.3e9
    cut = agent.records(*bench(stem, "--runs", "10000000", "--max-seconds", "0.3"))[-1]
    assert cut["stopped_by"] == "time"
    assert 0 < cut["runs"] < 10_000_000


def test_deterministic_input_is_the_documented_one(
    agent: Agent, stem: Path, tmp_path: Path
) -> None:
    state, values = 1, []
    for _ in range(int(np.prod(SPACE.backbone.input_shape))):
        state = (1664525 * state + 1013904223) % 2**32
        values.append((state >> 8) / 2**24)
    np.array(values, "<f4").tofile(tmp_path / "input.bin")
    scores = [
        of_kind(agent.records(*bench(stem, "--runs", "0", "--scores", *more)), "scores")
        for more in ((), ("--input", tmp_path / "input.bin"))
    ]
    assert scores[0] == scores[1]
    assert len(scores[0][0]["values"]) == SPACE.backbone.classes


def test_threads_and_processors(agent: Agent, stem: Path) -> None:
    (info,) = agent.records("info")
    last = info["allowed_cpus"][-1]
    lines = agent.records(*bench(stem, "--runs", "2", "--threads", "2", "--cpus", str(last)))
    assert (lines[0]["threads"], lines[0]["cpus"]) == (2, [last])
    status, lines = agent.run(*bench(stem, "--cpus", "1000"))
    assert (status, lines[-1]["code"]) == (ENGINE, "engine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "first argument"),
        (("fly",), "first argument"),
        (("info", "--fast"), "unknown argument '--fast'"),
        (BENCH, "--shape is needed"),
        (("bench", "--shape", "1,28"), "3 numbers"),
        (("bench", "--shape", "1,28,0"), "from 1"),
        ((*BENCH, "--shape", "1,28,28", "--runs", "many"), "--runs takes a whole number"),
        ((*BENCH, "--shape", "1,28,28", "--runs", "99999999999"), "to 10000000"),
        ((*BENCH, "--shape", "1,28,28", "--runs", "1", "--runs", "2"), "given twice"),
        ((*BENCH, "--shape", "1,28,28", "--runs"), "lacks its value"),
        ((*BENCH, "--shape", "1,28,28", "--max-seconds", "nan"), "--max-seconds takes a number"),
        ((*BENCH, "--shape", "1,28,28", "--cpus", "3-1"), "--cpus takes processors"),
        ((*BENCH, "--shape", "1,28,28", "--precision", "fp8"), "fp32 or fp16"),
        (("bench", "--shape", "1,28,28"), "--param is needed"),
        ((*BENCH, "--shape", "60000,60000,60000"), "64 MiB"),
        ((*BENCH, "--shape", "1,28,28", "--precision", "fp16"), "half precision"),
        (("sample", "--rate-hz", "51"), "--rate-hz takes a number"),
        (("evolve", "--repack", "--prepare-all"), "one of them"),
    ],
)
def test_wrong_arguments_are_refused(
    agent: Agent, arguments: tuple[str, ...], message: str
) -> None:
    status, lines = agent.run(*arguments)
    assert status == USAGE
    assert (lines[-1]["record"], lines[-1]["code"]) == ("error", "usage")
    assert message in lines[-1]["message"]


def test_broken_networks_are_refused(agent: Agent, stem: Path, tmp_path: Path) -> None:
    param, weights = Path(f"{stem}.param").read_bytes(), Path(f"{stem}.bin").read_bytes()
    many_layers = param.replace(param.splitlines()[1], b"2000000000 5")
    cases = {
        "no magic": (b"7767518\n" + param[8:], weights),
        "empty": (b"", weights),
        "binary": (bytes(range(256)), weights),
        "cut": (param[: len(param) // 2], weights),
        "unknown layer": (param.replace(b"Pooling", b"Poling"), weights),
        "many layers": (many_layers, weights),
        "other output": (param.replace(b" out ", b" end "), weights),
        "short weights": (param, weights[:-4]),
        "no weights": (param, b""),
        "long weights": (param, weights + b"\0\0\0\0"),
        "huge convolution": (param.replace(b" 0=8 ", b" 0=2000000000 "), weights),
    }
    assert cases["huge convolution"][0] != param
    for name, (text, binary) in cases.items():
        case = tmp_path / name
        Path(f"{case}.param").write_bytes(text)
        Path(f"{case}.bin").write_bytes(binary)
        status, lines = agent.run(*bench(case))
        assert status == BAD_FILE, (name, lines)
        assert (lines[-1]["record"], lines[-1]["code"]) == ("error", "file"), name
    status, lines = agent.run(*bench(tmp_path / "absent"))
    assert status == BAD_FILE
    assert "No such file" in lines[-1]["message"]
    (tmp_path / "input.bin").write_bytes(bytes(10))
    status, lines = agent.run(*bench(stem, "--input", tmp_path / "input.bin"))
    assert (status, lines[-1]["code"]) == (BAD_FILE, "file")


def evolve(folder: Path, ensemble: bytes, configurations: str) -> tuple[str | Path, ...]:
    (folder / "ensemble.bin").write_bytes(ensemble)
    (folder / "configurations.txt").write_text(configurations)
    return (
        "evolve", "--ensemble", folder / "ensemble.bin",
        "--configurations", folder / "configurations.txt",
    )  # fmt: skip


def test_evolve_says_what_it_did(agent: Agent, ensemble: bytes, tmp_path: Path) -> None:
    arguments = evolve(tmp_path, ensemble, "0,0,0\n1,1,1\n0,0,0")
    lines = agent.records(*arguments, "--repeats", "3", "--runs", "2")
    assert lines[0]["decisions"] == list(SPACE.sizes)
    assert lines[0]["ensemble_bytes"] == len(ensemble)
    evolved = of_kind(lines, "evolved")
    assert [line["configuration"] for line in evolved] == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]
    assert all(len(line["ns"]) == 3 and len(line["run_ns"]) == 2 for line in evolved)
    assert evolved[0]["prepared"] > 0
    assert evolved[2]["prepared"] == 0, "a known configuration is only wiring"
    assert lines[-1]["layers"] > 0
    assert lines[-1]["bytes"] > 0


@pytest.mark.parametrize("text", ["", "0,0", "0,0,0,0", "0,0,99", "0,,0", "0,0,0\nx\n", "-1,0,0"])
def test_wrong_configurations_are_refused(
    agent: Agent, ensemble: bytes, tmp_path: Path, text: str
) -> None:
    status, lines = agent.run(*evolve(tmp_path, ensemble, text))
    assert (status, lines[-1]["code"]) == (BAD_FILE, "file")


def test_broken_ensembles_are_refused(agent: Agent, ensemble: bytes, tmp_path: Path) -> None:
    flipped = bytearray(ensemble)
    flipped[len(ensemble) // 2] ^= 1
    newer = ensemble[:8] + struct.pack("<I", 2) + ensemble[12:]
    for broken in (b"", ensemble[:15], ensemble[:-4], ensemble + bytes(4), bytes(flipped), newer):
        status, lines = agent.run(*evolve(tmp_path, broken, "0,0,0"))
        assert (status, lines[-1]["code"]) == (BAD_FILE, "file")


def test_ensembles_that_describe_nonsense_never_crash_it(
    agent: Agent, ensemble: bytes, tmp_path: Path
) -> None:
    # The checksum is right, so each number has to be checked for itself.
    floats = ensemble_floats(ensemble)
    structure = (len(ensemble) - 20) // 4 - floats
    rng = np.random.default_rng(8)
    refused = 0
    for _ in range(150):
        body = bytearray(ensemble[20:])
        for _ in range(rng.integers(1, 4)):
            value = int(rng.choice([-2, -1, 0, 1, 2, 3, 7, 64, 65536, 2**31 - 1, -(2**31)]))
            struct.pack_into("<i", body, 4 * int(rng.integers(structure)), value)
        header = ensemble[:12] + struct.pack("<II", len(body), zlib.crc32(body))
        configurations = "".join(f"{a},{b},{c}\n" for a in (0, 1) for b in (0, 2) for c in (0, 3))
        status, lines = agent.run(
            *evolve(tmp_path, header + bytes(body), configurations), "--runs", "1"
        )
        assert status in (0, BAD_FILE, ENGINE), lines[-1]
        refused += status != 0
    assert refused > 50


def ensemble_floats(ensemble: bytes) -> int:
    """How many floats stand at the end: the number before them says so."""
    words = np.frombuffer(ensemble[20:], "<i4")
    (places,) = np.nonzero(words == len(words) - 1 - np.arange(len(words)))
    return int(words[places[0]])


def test_sample_reads_what_a_phone_offers(agent: Agent, device: Path) -> None:
    lines = agent.records(
        "sample", "--rate-hz", "20", "--slow-hz", "5", "--seconds", "0.5", "--root", device
    )
    header, end, samples = lines[0], lines[-1], of_kind(lines, "sample")
    assert header["clocks"] == ["policy0", "policy4"]
    assert header["temperatures"] == [
        {"zone": "thermal_zone0", "type": 'tsens?"'},
        {"zone": "thermal_zone10", "type": "battery"},
    ]
    assert header["unavailable"] == []
    assert len(samples) == end["samples"] == 10 - end["missed"]
    first = samples[0]
    assert first["cpu_ticks"] == {
        "cpu": [10, 1, 5, 100, 2, 0, 1, 0, 0, 0],
        "cpu0": [4, 0, 2, 50, 1, 0, 1, 0, 0, 0],
        "cpu5": [6, 1, 3, 50, 1, 0, 0, 0, 0, 0],
    }
    assert first["clocks_khz"] == {"policy0": 960000, "policy4": 960000}
    assert first["temperatures"] == [31500, "NaN"]
    assert first["memory_kib"] == {
        "MemTotal": 1904512, "MemFree": 90000, "MemAvailable": 700000, "Cached": 500000,
    }  # fmt: skip
    assert first["supplies"]["battery"] == {
        "current_now": -215000, "voltage_now": 3912000, "status": "Discharging", "capacity": 77,
    }  # fmt: skip
    assert first["supplies"]["usb"] == {"online": 0}
    fast = samples[1]
    assert set(fast["supplies"]["battery"]) == {"current_now", "voltage_now"}
    assert "temperatures" not in fast
    assert sum("temperatures" in sample for sample in samples) < len(samples)
    stamps = [sample["monotonic_ns"] for sample in samples]
    assert stamps == sorted(set(stamps))
    assert end["cpu_ns"] > 0


def test_processors_of_another_system_are_checked_and_not_bound(
    agent: Agent, stem: Path, device: Path
) -> None:
    (info,) = agent.records("info", "--root", device)
    assert info["allowed_cpus"] == [0, 1, 2, 3, 5]
    lines = agent.records(*bench(stem, "--runs", "1", "--cpus", "2-3,5", "--root", device))
    assert lines[0]["cpus"] == [2, 3, 5]
    status, lines = agent.run(*bench(stem, "--runs", "1", "--cpus", "4", "--root", device))
    assert (status, lines[-1]["message"]) == (
        ENGINE, "some of these processors do not exist or are off",
    )  # fmt: skip


def test_sample_says_what_is_missing_and_why(agent: Agent, tmp_path: Path) -> None:
    lines = agent.records("sample", "--seconds", "0.1", "--root", tmp_path)
    missing = {item["what"]: item["reason"] for item in lines[0]["unavailable"]}
    assert missing["/proc/stat"] == "No such file or directory"
    assert missing["/sys/class/power_supply/"] == "no battery can be read"
    (sample,) = of_kind(lines, "sample")
    assert (sample["cpu_ticks"], sample["clocks_khz"], sample["supplies"]) == ({}, {}, {})


def test_sample_follows_files_that_change_and_ends_at_a_signal(agent: Agent, device: Path) -> None:
    command = [str(agent.path), "sample", "--rate-hz", "20", "--seconds", "60", "--root", device]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = (json.loads(line) for line in process.stdout)
        assert next(lines)["record"] == "sampler"
        current = device / "sys/class/power_supply/battery/current_now"
        current.rename(device / "hidden")
        while next(lines)["supplies"]["battery"]["current_now"] is not None:
            pass
        current.write_text("-1\n")
        while next(lines)["supplies"]["battery"]["current_now"] != -1:
            pass
        process.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert rest[-1]["record"] == "end"
    assert rest[-1]["stopped_by"] == "signal"
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("number", "status", "code"), [(signal.SIGALRM, 6, "time"), (signal.SIGSEGV, CRASH, "crash")]
)
def test_time_limit_and_crash_leave_a_line(
    agent: Agent, device: Path, number: signal.Signals, status: int, code: str
) -> None:
    command = [str(agent.path), "sample", "--rate-hz", "50", "--seconds", "60", "--root", device]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        last = [line for line in process.stdout if line.strip()][-1]
    assert process.returncode == status
    assert json.loads(last)["code"] == code


def test_a_named_pipe_is_refused_at_once(agent: Agent, stem: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    status, lines = agent.run(*bench(stem, "--input", tmp_path / "pipe"))
    assert status == BAD_FILE
    assert "no regular file" in lines[-1]["message"]


def test_it_ends_when_nobody_reads(agent: Agent, device: Path) -> None:
    command = [str(agent.path), "sample", "--rate-hz", "50", "--seconds", "60", "--root", device]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) != 0
