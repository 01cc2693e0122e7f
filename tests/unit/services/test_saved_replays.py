"""Saved replays read back: the same tracks as the replay had, and clear words for broken files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputFileError
from workbench.replay.difference import compare, track_of
from workbench.replay.records import ReplayResult
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import Deployment, deploy
from workbench.services.device_profiles import find_profile
from workbench.services.replay_command import ReplayNames
from workbench.services.replay_export import export_replay, replay_report
from workbench.services.replaying import Replayer, default_settings
from workbench.services.saved_replays import read_saved, read_track


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return deploy(find_network("fashion_mnist"), find_profile("redmi_3s"))


@pytest.fixture(scope="module")
def result(deployment: Deployment) -> ReplayResult:
    trace = find_trace("sample_day").crop(0, 4000)
    return Replayer(deployment).run(trace, ("runtime3c", "static"), default_settings(deployment))


@pytest.fixture(scope="module")
def written(
    deployment: Deployment, result: ReplayResult, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    trace = find_trace("sample_day").crop(0, 4000)
    names = ReplayNames("fashion_mnist", "redmi_3s", "sample_day")
    report = replay_report(result, deployment, trace, names, plots=False)
    folder = tmp_path_factory.mktemp("saved") / "out"
    export_replay(report, folder, plots=False)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(written, tmp_path / "out"))


def test_a_saved_run_differs_from_another_as_the_replay_did(
    folder: Path, deployment: Deployment, result: ReplayResult
) -> None:
    saved = read_saved(folder)
    assert saved.policies == ("runtime3c", "static")
    assert saved.about == "Clothes (Fashion-MNIST) on Xiaomi Redmi 3S · Sample day"
    assert saved.origin_s == 9 * 3600
    read = [read_track(folder, name) for name in saved.policies]
    names = deployment.problem.space.names
    made = [track_of(result, run, names) for run in result.runs]
    for one, other in zip(read, made, strict=True):
        np.testing.assert_array_equal(one.t_s, other.t_s)
        np.testing.assert_array_equal(one.inferences, other.inferences)
        np.testing.assert_allclose(one.latency_ms, other.latency_ms, rtol=1e-6)
        np.testing.assert_array_equal(one.broken, other.broken)
        np.testing.assert_array_equal(one.decision_index, other.decision_index)
        assert list(one.decision_text) == list(other.decision_text)
    found, expected = compare(*read), compare(*made)
    assert [(s.t_s, s.first.operators, s.first.why) for s in found.spans] == [
        (s.t_s, s.first.operators, s.first.why) for s in expected.spans
    ]
    assert found.totals.energy_j == pytest.approx(expected.totals.energy_j, rel=1e-5)


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return apply


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edit("replay.json", lambda text: text[:100]), "does not hold what a replay"),
        (edit("replay.json", lambda _: json.dumps({"format": "other", "version": 1})), "is no"),
        (edit("replay.json", lambda text: text.replace('"start"', '"begin"')), "does not hold"),
        (lambda folder: (folder / "replay.json").unlink(), "holds no replay"),
    ],
)
def test_a_document_that_cannot_be_used_is_named(
    folder: Path, damage: Callable[[Path], None], words: str
) -> None:
    damage(folder)
    with pytest.raises(InputFileError, match=words):
        read_saved(folder)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edit("steps.csv", lambda text: text.replace("latency_ms", "speed", 1)), "line 1: has no"),
        (edit("steps.csv", lambda text: text.replace("runtime3c,5,", "runtime3c,x,")), "line 7: "),
        (edit("steps.csv", lambda text: text.replace("runtime3c,5,", "runtime3c,1,")), "not rise"),
        (edit("steps.csv", lambda text: text.replace("runtime3c,", "other,")), "has no steps"),
        (edit("steps.csv", lambda text: text[: len(text) // 2]), "line .*: cells are missing"),
        (lambda folder: (folder / "decisions.csv").unlink(), "decisions.csv: cannot be read"),
    ],
)
def test_tables_that_cannot_be_used_say_which_line(
    folder: Path, damage: Callable[[Path], None], words: str
) -> None:
    damage(folder)
    with pytest.raises(InputFileError, match=words):
        read_track(folder, "runtime3c")
