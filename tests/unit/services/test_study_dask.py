"""A study on a Dask cluster: through its executor, and with a worker that dies."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.studies import SMALL_PLAN
from tests.helpers.study_work import KillWorker
from workbench.core.errors import SettingsError
from workbench.jobs import run_in_thread
from workbench.services.study_executors import dask_workers
from workbench.services.study_running import run_study

distributed = pytest.importorskip("distributed")

PLAN = replace(SMALL_PLAN, platforms=("redmi_3s",), repeats=1)


@pytest.fixture(scope="module", autouse=True)
def _lasting_thread() -> None:
    """Dask keeps one thread for as long as a process lives; it is no leak of a test."""
    asyncio.run(_offload())


async def _offload() -> None:
    await distributed.utils.offload(int)


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a cluster on this computer; its workers are processes where a test asks so."""
    processes = getattr(request, "param", False)
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=processes,
        protocol="tcp",
        dashboard_address=None,
        silence_logs=50,
    ) as found:
        yield found.scheduler_address


def test_cells_go_through_the_cluster(cluster: str, tmp_path: Path) -> None:
    workers = functools.partial(dask_workers, cluster)
    job = run_in_thread(
        run_study, {"plan": PLAN, "folder": tmp_path, "workers": workers, "plots": False}
    )
    study = job.result(60)
    assert study.complete and len(study.finished) == 8
    assert study.report.rows[0].figures["accuracy_percent"].mean > 80


@pytest.mark.parametrize("cluster", [True], indirect=True)
def test_a_killed_worker_loses_no_cell(cluster: str, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    job = run_in_thread(
        run_study,
        {
            "plan": PLAN,
            "folder": tmp_path / "study",
            "workers": functools.partial(dask_workers, cluster),
            "compute": KillWorker(marks, 1),
            "plots": False,
        },
    )
    assert job.result(60).complete
    assert len(list(marks.iterdir())) == 1


def test_an_address_without_a_scheduler_is_told() -> None:
    with pytest.raises(SettingsError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        dask_workers("tcp://127.0.0.1:9")
    with pytest.raises(SettingsError, match="No Dask scheduler answers at nonsense"):
        dask_workers("nonsense")
