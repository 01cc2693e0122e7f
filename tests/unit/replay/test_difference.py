"""Where two runs differ, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.replay.test_engine import planned, problem, replay
from workbench.core.errors import SettingsError
from workbench.replay.difference import Track, compare, track_of

A, B, C = ("a",), ("b",), ("c",)


def track(name: str, runs: Sequence[tuple[str, ...]], **changes: np.ndarray) -> Track:
    """A track whose configuration at each second is given; `a` costs 1 ms, `b` 2, `c` 4."""
    distinct = list(dict.fromkeys(runs))
    ids = np.array([distinct.index(names) for names in runs], dtype=np.int32)
    cost = np.array([{"a": 1.0, "b": 2.0, "c": 4.0}[names[0]] for names in runs])
    decided = np.flatnonzero(np.diff(ids, prepend=-1))
    plain = Track(
        name=name,
        t_s=np.arange(len(runs), dtype=float),
        inferences=np.full(len(runs), 10),
        configurations=distinct,
        configuration_id=ids,
        accuracy_percent=80 + cost,
        latency_ms=cost,
        energy_mj=3 * cost,
        broken=cost > 3,
        decision_index=decided,
        decision_text=[f"reason {index}" for index in decided],
    )
    return replace(plain, **changes)


def test_spans_end_where_either_changes_and_skip_what_is_alike() -> None:
    found = compare(track("x", [A, A, B, B, B, B]), track("y", [A, C, C, C, B, B]))
    assert [(span.t_s, span.end_s) for span in found.spans] == [(1, 2), (2, 4)]
    assert [(s.first.operators, s.second.operators) for s in found.spans] == [(A, C), (B, C)]
    assert found.end_s == 6


def test_a_span_says_who_decided_and_why() -> None:
    found = compare(track("x", [A, A, B, B]), track("y", [A, C, C, C]))
    assert [(s.first.why, s.second.why) for s in found.spans] == [
        ("", "reason 1"), ("reason 2", ""),
    ]  # fmt: skip


def test_sums_are_over_inferences_the_first_less_the_second() -> None:
    found = compare(track("x", [A, A, A, A]), track("y", [A, C, C, A]))
    (span,) = found.spans
    assert (span.first.latency_ms, span.second.latency_ms) == (1, 4)
    assert span.inferences == 20
    assert span.busy_s == pytest.approx(20 * (1 - 4) / 1000)
    assert span.energy_j == pytest.approx(20 * (3 - 12) / 1000)
    assert span.wrong == pytest.approx(20 * (84 - 81) / 100)
    totals = found.totals
    assert (totals.spans, totals.time_share, totals.inference_share) == (1, 0.5, 0.5)
    assert totals.broken == -20
    assert (totals.energy_j, totals.wrong) == (span.energy_j, span.wrong)


def test_means_go_by_inferences_and_a_span_without_any_costs_nothing() -> None:
    counts = np.array([0, 0, 1, 3])
    x = track("x", [A] * 4, inferences=counts, latency_ms=np.array([1.0, 3.0, 1.0, 2.0]))
    y = track("y", [B, B, C, C], inferences=counts)
    quiet, busy = compare(x, y).spans
    assert (quiet.first.latency_ms, quiet.energy_j, quiet.wrong) == (2.0, 0.0, 0.0)
    assert busy.first.latency_ms == pytest.approx((1 + 3 * 2) / 4)


def test_energy_that_is_not_known_is_left_out() -> None:
    blind = track("y", [B, B], energy_mj=np.full(2, np.nan))
    found = compare(track("x", [A, A]), blind)
    assert found.spans[0].second.energy_mj is None
    assert found.spans[0].energy_j is None and found.totals.energy_j is None


def test_runs_over_other_inferences_cannot_be_compared() -> None:
    with pytest.raises(SettingsError, match="x and y did not run over the same inferences"):
        compare(track("x", [A, A]), track("y", [A, A], inferences=np.array([1, 2])))


def test_a_replay_adds_up_to_what_its_summaries_say() -> None:
    result = replay("runtime3c", "static", settings=planned(), battery_mj=None)
    tracks = [track_of(result, run, problem().space.names) for run in result.runs]
    found = compare(*tracks)
    assert found.spans and found.spans[0].first.why
    first, second = result.summaries
    assert first.energy_j is not None and second.energy_j is not None
    assert found.totals.energy_j == pytest.approx(first.energy_j - second.energy_j)
    points = second.accuracy_percent - first.accuracy_percent
    assert found.totals.wrong == pytest.approx(first.inferences * points / 100)
