"""What the agent says, as records, and the words of its commands (see `assets/guide/agent.md`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from workbench.devices.errors import DeviceError, clean

SCHEMA = 1

Number: TypeAlias = int | str | None
"""As the kernel states it: text where it is no whole number, None where it cannot be read."""


class AgentError(DeviceError):
    """The agent said that it failed.

    Attributes:
        code: ``usage``, ``file``, ``engine``, ``time`` or ``crash``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"The agent on the device failed: {clean(message)}.", _HINTS.get(code, ""))
        self.code = code


_HINTS = {
    "file": "Copy the files to the device again; its storage may be full.",
    "time": "The device may be busy or hot; try again, or allow more time.",
    "crash": "Copy the files to the device again.",
}


class Record(msgspec.Struct, frozen=True, tag_field="record", kw_only=True):
    """A line of the agent's output."""

    schema: int = SCHEMA


class AgentCache(msgspec.Struct, frozen=True):
    """A cache as sysfs states it, such as size ``512K`` and shared_cpu_list ``0-3``."""

    level: int
    type: str
    size: str
    shared_cpu_list: str


class AgentCluster(msgspec.Struct, frozen=True):
    """Processors that share a clock; max_khz is None where the kernel does not scale clocks."""

    cpus: tuple[int, ...]
    max_khz: int | None
    min_khz: str | None
    available_khz: str | None
    governor: str | None
    midr: str | None
    caches: tuple[AgentCache, ...]


class Info(Record, frozen=True, tag="info"):
    """Of ``info``; the fastest cluster first."""

    abi: str
    ncnn: str
    kernel: str
    machine: str
    cpu_model: str | None
    features: tuple[str, ...]
    clusters: tuple[AgentCluster, ...]
    allowed_cpus: tuple[int, ...]
    online: str | None
    memory_total_kib: int | None
    memory_available_kib: int | None
    page_bytes: int
    clock_resolution_ns: int
    monotonic_ns: int
    realtime_ns: int


class Frequency(msgspec.Struct, frozen=True):
    """Clock of one cpufreq policy; the cap falls when the device protects itself from heat."""

    policy: str
    related_cpus: str | None
    governor: str | None
    current_khz: int | None
    cap_khz: int | None
    floor_khz: int | None
    hardware_max_khz: int | None


class Temperature(msgspec.Struct, frozen=True):
    """A thermal zone; raw is in the kernel's unit, mostly 0.001 degrees Celsius."""

    zone: str
    type: str | None
    raw: int | None


class State(msgspec.Struct, frozen=True):
    """Clocks and temperatures before or after a run."""

    monotonic_ns: int
    frequencies: tuple[Frequency, ...]
    temperatures: tuple[Temperature, ...]


class Bench(Record, frozen=True, tag="bench"):
    """Start of ``bench``."""

    abi: str
    ncnn: str
    precision: str
    threads: int
    cpus: tuple[int, ...]
    shape: tuple[int, int, int]
    input: str
    images: int
    param_bytes: int
    bin_bytes: int
    load_ns: int
    before: State


class WarmUp(Record, frozen=True, tag="warm_up"):
    """Latencies that do not count."""

    start_ns: int
    ns: tuple[int, ...]


class Latencies(Record, frozen=True, tag="latencies"):
    """Some of the latencies, in the order of the runs."""

    start_ns: int
    ns: tuple[int, ...]


class LayerTimes(Record, frozen=True, tag="layer"):
    """Times of one layer."""

    name: str
    type: str
    ns: tuple[int, ...]


class Scores(Record, frozen=True, tag="scores"):
    """Output for one input; index is the configuration's under ``evolve``."""

    image: int
    values: tuple[float | None, ...]
    index: int | None = None


class Supply(msgspec.Struct, frozen=True):
    """Values of a power supply that can be read: at every sample, and at the slow rate."""

    name: str
    fast: tuple[str, ...]
    slow: tuple[str, ...]


class Unavailable(msgspec.Struct, frozen=True):
    """What cannot be read, and why."""

    what: str
    reason: str


class Sampler(Record, frozen=True, tag="sampler"):
    """Start of ``sample``."""

    abi: str
    rate_hz: float
    slow_hz: float
    ticks_per_s: int
    clocks: tuple[str, ...]
    temperatures: tuple[dict[str, str], ...]
    supplies: tuple[Supply, ...]
    unavailable: tuple[Unavailable, ...]


class Sample(Record, frozen=True, tag="sample"):
    """One sample; temperatures and memory_kib are None between those at the slow rate.

    Attributes:
        cpu_ticks: "cpu" (all), "cpu0" ... to user, nice, system, idle, iowait, irq, softirq, ...
        own_cpu_ns: processor time that sampling has taken so far.
    """

    n: int
    monotonic_ns: int
    realtime_ns: int
    late_ns: int
    own_cpu_ns: int
    cpu_ticks: dict[str, tuple[int, ...]]
    clocks_khz: dict[str, Number]
    supplies: dict[str, dict[str, Number]]
    temperatures: tuple[Number, ...] | None = None
    memory_kib: dict[str, int] | None = None


class Evolve(Record, frozen=True, tag="evolve"):
    """Start of ``evolve``."""

    abi: str
    ncnn: str
    precision: str
    threads: int
    cpus: tuple[int, ...]
    ensemble_bytes: int
    load_ns: int
    decisions: tuple[int, ...]
    images: int
    before: State


class Prepared(Record, frozen=True, tag="prepared"):
    """All layers were prepared."""

    ns: int
    layers: int
    bytes: int
    evicted: int


class Evolved(Record, frozen=True, tag="evolved"):
    """Times from a configuration to a network that is ready to run, and of its runs."""

    index: int
    configuration: tuple[int, ...]
    ns: tuple[int, ...]
    prepared: int
    run_ns: tuple[int, ...]


class End(Record, frozen=True, tag="end"):
    """Last line of a command that went well; what does not belong to the command is None."""

    elapsed_ns: int
    stopped_by: str
    cpu_ns: int | None = None
    runs: int | None = None
    peak_memory_kib: int | None = None
    samples: int | None = None
    missed: int | None = None
    configurations: int | None = None
    layers: int | None = None
    bytes: int | None = None
    evicted: int | None = None
    after: State | None = None


class Failure(Record, frozen=True, tag="error"):
    """Last line of a command that failed."""

    code: str
    message: str


AgentRecord: TypeAlias = (
    Info | Bench | WarmUp | Latencies | LayerTimes | Scores | Sampler | Sample | Evolve | Prepared
    | Evolved | End | Failure
)  # fmt: skip


class _Kind(msgspec.Struct):
    schema: int
    record: str


_KINDS = frozenset(
    ("info", "bench", "warm_up", "latencies", "layer", "scores", "sampler", "sample", "evolve",
     "prepared", "evolved", "end", "error")
)  # fmt: skip
_kind_decoder = msgspec.json.Decoder(_Kind)
_decoder: msgspec.json.Decoder[AgentRecord] = msgspec.json.Decoder(AgentRecord)


def decode(line: bytes | str) -> AgentRecord | None:
    """The record of a line; None for an empty line and for kinds that this version does not know.

    Raises:
        DeviceError: when the line is damaged or of another schema.
    """
    if not line.strip():
        return None
    try:
        kind = _kind_decoder.decode(line)
        if kind.schema == SCHEMA:
            return _decoder.decode(line) if kind.record in _KINDS else None
    except (msgspec.DecodeError, RecursionError) as error:
        text = line if isinstance(line, str) else line.decode("ascii", "replace")
        raise DeviceError(
            "The agent's answer cannot be read.",
            "The link to the device may be unreliable; try another cable or port.",
            clean(f"{error}: {text}"),
        ) from error
    raise DeviceError(
        f"The agent speaks schema {kind.schema}; this workbench reads {SCHEMA}.",
        "Let the workbench copy its own agent to the device.",
    )


def records(lines: Iterable[bytes | str]) -> Iterator[AgentRecord]:
    """The records of a command's lines as they come.

    Raises:
        AgentError: when the agent says that it failed.
        DeviceError: when a line is damaged.
    """
    for line in lines:
        record = decode(line)
        if isinstance(record, Failure):
            raise AgentError(record.code, record.message)
        if record is not None:
            yield record


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How to measure; defaults are the agent's own.

    Attributes:
        cpus: processors to stay on; empty leaves it to the system.
        input_path: on the device; empty takes the deterministic input.
    """

    warm_up: int = 10
    runs: int = 100
    min_seconds: float = 0.0
    max_seconds: float = 60.0
    threads: int = 1
    cpus: tuple[int, ...] = ()
    precision: str = "fp32"
    input_path: str = ""
    scores: bool = False
    layer_passes: int = 0


def bench_arguments(
    param_path: str, bin_path: str, shape: Sequence[int], options: BenchOptions
) -> list[str]:
    """Arguments of ``bench``; whoever hands them to a shell quotes them.

    Args:
        shape: channels, height, width.
    """
    arguments = [
        "bench", "--param", param_path, "--bin", bin_path, "--shape", ",".join(map(str, shape)),
        "--warm-up", str(options.warm_up), "--runs", str(options.runs),
        "--min-seconds", f"{options.min_seconds:g}", "--max-seconds", f"{options.max_seconds:g}",
        "--threads", str(options.threads), "--precision", options.precision,
        "--layer-passes", str(options.layer_passes),
    ]  # fmt: skip
    if options.cpus:
        arguments += ["--cpus", ",".join(map(str, options.cpus))]
    if options.input_path:
        arguments += ["--input", options.input_path]
    return [*arguments, "--scores"] if options.scores else arguments


def sample_arguments(rate_hz: float, slow_hz: float, seconds: float) -> list[str]:
    """Arguments of ``sample``."""
    rates = ["--rate-hz", f"{rate_hz:g}", "--slow-hz", f"{slow_hz:g}"]
    return ["sample", *rates, "--seconds", f"{seconds:g}"]
