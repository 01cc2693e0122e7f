"""Lines of the agent become records; damaged ones a clear message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.agent import Agent, native_abi
from tests.helpers.folded import random_network
from tests.helpers.spaces import small_space
from workbench.devices.agent import protocol
from workbench.devices.agent.protocol import (
    AgentError,
    Bench,
    BenchOptions,
    End,
    Info,
    Latencies,
    LayerTimes,
    Sample,
    Sampler,
    Scores,
    WarmUp,
    bench_arguments,
    decode,
    records,
    sample_arguments,
)
from workbench.devices.errors import DeviceError
from workbench.network.ncnn_files import ncnn_files

SPACE = small_space()
END = b'{"schema":1,"record":"end","elapsed_ns":5,"stopped_by":"plan","runs":3,"more":[1]}'


def test_every_line_of_a_measurement_is_a_record(tmp_path: Path) -> None:
    agent = Agent(native_abi())
    network = random_network(SPACE, SPACE.backbone_configuration, np.random.default_rng(1))
    param, weights = ncnn_files(network).save(tmp_path / "network")
    options = BenchOptions(warm_up=2, runs=7, layer_passes=1, scores=True, threads=1)
    shape = SPACE.backbone.input_shape
    arguments = bench_arguments(str(param), str(weights), shape, options)
    found = list(records(agent.lines(*arguments)))
    kinds = [type(record) for record in found]
    layers = kinds.count(LayerTimes)
    assert layers > 3
    assert kinds == [Bench, WarmUp, Latencies, *[LayerTimes] * layers, Scores, End]
    header, latencies, end = found[0], found[2], found[-1]
    assert isinstance(header, Bench)
    assert header.shape == shape
    assert isinstance(latencies, Latencies)
    assert isinstance(end, End)
    assert len(latencies.ns) == end.runs == 7
    assert end.after is not None


def test_info_and_sample_are_records() -> None:
    agent = Agent(native_abi())
    (info,) = records(agent.lines("info"))
    assert isinstance(info, Info)
    assert info.clusters[0].cpus
    found = list(records(agent.lines(*sample_arguments(20, 10, 0.2))))
    assert isinstance(found[0], Sampler)
    assert isinstance(found[-1], End)
    samples = [record for record in found if isinstance(record, Sample)]
    assert len(samples) == found[-1].samples
    assert "cpu" in samples[0].cpu_ticks
    assert samples[0].memory_kib is not None


def test_the_agent_s_own_error_is_raised() -> None:
    agent = Agent(native_abi())
    with pytest.raises(AgentError, match="--param is needed") as caught:
        list(records(agent.lines("bench", "--shape", "1,2,3")))
    assert caught.value.code == "usage"


def test_options_reach_the_words_of_the_command() -> None:
    options = BenchOptions(cpus=(4, 5), input_path="/data/local/tmp/in put", max_seconds=2.5)
    words = bench_arguments("n.param", "n.bin", (1, 28, 28), options)
    assert words[words.index("--cpus") + 1] == "4,5"
    assert words[words.index("--input") + 1] == "/data/local/tmp/in put"
    assert words[words.index("--max-seconds") + 1] == "2.5"
    assert "--scores" not in words


def test_lines_of_the_future_are_skipped_and_other_schemas_refused() -> None:
    end = decode(END)
    assert isinstance(end, End)
    assert end.runs == 3
    assert decode(b"") is None
    assert decode("\n") is None
    assert decode('{"schema":1,"record":"news","x":1}') is None
    with pytest.raises(DeviceError, match="schema 2"):
        decode('{"schema":2,"record":"end"}')


@pytest.mark.parametrize(
    "line",
    [
        END[:-4], b"[]", b"sh: not found", b'{"schema":1}', b'{"schema":"1","record":"end"}',
        b'{"schema":1,"record":"latencies","start_ns":1,"ns":[1.5]}', b"\xff\xfe", b"[" * 100_000,
        b'{"schema":1,"record":"end","elapsed_ns":5}',
    ],
)  # fmt: skip
def test_damaged_lines_give_a_clear_message(line: bytes) -> None:
    with pytest.raises(DeviceError, match="cannot be read") as caught:
        decode(line)
    assert len(caught.value.detail) <= 300


@given(st.binary(max_size=80))
def test_any_bytes_give_a_record_or_an_error(line: bytes) -> None:
    try:
        found = decode(line)
    except DeviceError:
        return
    assert found is None or isinstance(found, protocol.Record)
