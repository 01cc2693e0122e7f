"""Runs: claimed by one process, resumed after a kill, and every sample as it was measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench.core.errors import SettingsError
from workbench.storage import Block, Device, NetworkReference, Plan, Project, ProjectError
from workbench.storage.arrays import decode, encode

NETWORK = NetworkReference("ab" * 32, "cd" * 32, "tiny", "somewhere")
PLAN = Plan("latency", "phone", NETWORK, "quick", 6, {"seed": 0, "rows": [[0, 1], [1, 1]]})


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "mine.adaspring") as made:
        made.see_device(Device("phone", "Phone"))
        yield made


def _block(position: int, turn: int = 1, part: str = "") -> Block:
    ns = np.arange(5) + 1_000_000 * position
    return Block(position, turn, {"ns": ns, "v": np.array([[0.1, np.nan]])}, {"cpu": 0.5}, part)


def test_a_run_goes_on_where_it_stopped(project: Project) -> None:
    with project.runs.record(PLAN, "my_phone") as first:
        first.note("conditions", {"battery": 83.0})
        first.add(_block(0))
        first.add(_block(1))
    assert [run.blocks for run in project.runs.list(unfinished=True)] == [2]
    with project.runs.record(PLAN, "my_phone") as second:
        assert (second.id, second.resumed) == (first.id, 2)
        assert set(second.blocks) == {(0, 1, ""), (1, 1, "")}
        assert [note.content for note in second.notes] == [{"battery": 83.0}]
        second.add(_block(0, 2))
        second.finish({"median_ms": 2.5})
    (run,) = project.runs.list()
    assert (run.blocks, run.profile, run.result) == (3, "my_phone", {"median_ms": 2.5})
    assert run.plan == PLAN
    assert run.share == 0.5
    assert run.finished is not None
    assert [(s.resumed, s.ended is not None) for s in project.runs.sessions(run.id)] == [
        (0, True),
        (2, True),
    ]
    with project.runs.record(PLAN) as anew:
        assert anew.id != run.id
        assert not anew.blocks


def test_samples_come_out_as_they_went_in(project: Project) -> None:
    with project.runs.record(PLAN) as run:
        run.add(_block(7, 3, "idle"))
    (kept,) = project.runs.blocks(run.id)
    assert kept.key == (7, 3, "idle")
    assert kept.facts == {"cpu": 0.5}
    assert kept.arrays["ns"].dtype == np.int64
    np.testing.assert_array_equal(kept.arrays["ns"], np.arange(5) + 7_000_000)
    np.testing.assert_array_equal(kept.arrays["v"], [[0.1, np.nan]])


@given(
    hnp.arrays(
        st.sampled_from([np.int64, np.int16, np.uint8, np.float64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_keeps_every_bit(array: np.ndarray) -> None:
    back = decode(*encode(array))
    assert back.shape == array.shape
    assert back.dtype == (np.float64 if array.dtype.kind == "f" else np.int64)
    np.testing.assert_array_equal(back, array)


def test_arrays_that_are_not_stored() -> None:
    for wrong in (np.array(["a"]), np.array([1j]), np.array([2**63], np.uint64)):
        with pytest.raises(ValueError, match="not stored"):
            encode(wrong)
    for dtype, shape, data in (("<f4", "1", bytes(4)), ("<f8", "2", bytes(8))):
        with pytest.raises(ValueError):
            decode(dtype, shape, data)


def test_another_plan_is_another_run(project: Project) -> None:
    other = replace(PLAN, details={**PLAN.details, "seed": 1})
    with project.runs.record(PLAN) as one, project.runs.record(other) as two:
        one.add(_block(0))
        two.add(_block(0))
    assert len(project.runs.list()) == 2
    assert len(project.runs.list(kind="latency", device="phone")) == 2
    assert project.runs.list(kind="energy") == project.runs.list(device="x") == ()


def test_the_same_run_twice_at_once_is_refused(project: Project) -> None:
    with project.runs.record(PLAN) as run:
        run.add(_block(0))
        with Project(project.path) as again:
            with pytest.raises(ProjectError, match="is running"):
                again.runs.record(PLAN)
            assert again.runs.get(run.id).running
            with pytest.raises(SettingsError, match="being measured"):
                again.runs.remove(run.id)
    assert not project.runs.get(run.id).running
    project.runs.remove(run.id)
    assert project.contents().samples == 0
    with pytest.raises(SettingsError, match="no run"):
        project.runs.get(run.id)


def test_a_run_without_a_block_leaves_nothing(project: Project) -> None:
    with pytest.raises(RuntimeError), project.runs.record(PLAN):
        raise RuntimeError
    assert project.runs.list() == ()


def test_a_device_that_was_never_seen(project: Project) -> None:
    with pytest.raises(SettingsError, match="never seen"):
        project.runs.record(replace(PLAN, device="another"))
    assert project.runs.list() == ()


_WRITER = """
import sys
import numpy as np
from workbench.storage import Block, Device, Plan, Project
with Project(sys.argv[1]) as project:
    plan = Plan("latency", "phone", None, "endless", 10**6, {})
    with project.runs.record(plan) as run:
        for number in range(run.resumed, 10**6):
            run.add(Block(number, 1, {"ns": np.full(2000, number)}))
            print(number, flush=True)
"""


def test_a_killed_process_loses_at_most_the_block_it_was_writing(project: Project) -> None:
    told = -1
    for _ in range(2):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(project.path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for line in writer.stdout:
            told = int(line)
            if told % 20 == 19:
                writer.kill()  # the kernel's SIGKILL: nothing is tidied up
                break
        told = max([told, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        project.check()
        (run,) = project.runs.list()
        assert not run.running
        assert run.blocks in (told + 1, told + 2)
        assert project.runs.sessions(run.id)[-1].ended is None
    blocks = list(project.runs.blocks(run.id))
    assert [block.position for block in blocks] == list(range(run.blocks))
    assert all((block.arrays["ns"] == block.position).all() for block in blocks)


def test_a_million_latencies_take_little_more_than_their_own_bytes(project: Project) -> None:
    ns = np.random.default_rng(0).integers(900_000, 30_000_000, (100, 10_000))
    with project.runs.record(PLAN) as run:
        for number, row in enumerate(ns):
            run.add(Block(number, 1, {"ns": row}))
    project.check()
    contents = project.contents()
    assert contents.samples == 1_000_000
    assert contents.sample_bytes == 4_000_000
    with Project(project.path) as other:
        read = np.stack([block.arrays["ns"] for block in other.runs.blocks(run.id)])
    np.testing.assert_array_equal(read, ns)
    project.close()
    assert project.path.stat().st_size < 4_200_000
