"""The Compare page without a window: columns, table, ratios, texts, runner."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import InputFileError
from workbench.core.provenance import Provenance, Source
from workbench.export.proxy_report import ProxyCheck, ProxyRank, Tau
from workbench.export.study_report import (
    AbsentRow,
    Interval,
    PairSources,
    StudyPlatform,
    StudyRatio,
    StudyReport,
    StudyRow,
    StudyScenario,
    StudyTask,
)
from workbench.gui.presenters.compare_backend import Contender, Differing
from workbench.gui.presenters.compare_board import Board, board_of_study, build_board
from workbench.gui.presenters.compare_cells import cell_of, cell_spoken, cell_story, policy_cell
from workbench.gui.presenters.compare_columns import COLUMN_OF, half_width
from workbench.gui.presenters.compare_runner import CompareRunner
from workbench.gui.presenters.compare_text import (
    board_csv,
    board_latex,
    board_markdown,
    write_board,
)
from workbench.gui.presenters.problem import Problem
from workbench.gui.presenters.proxy_view import card_of, checks_csv, rank_story
from workbench.gui.presenters.published import claims
from workbench.gui.presenters.study_grid import baselines, build_grid
from workbench.jobs import Job, JobContext
from workbench.services.comparing import RepeatOutcome
from workbench.services.study_records import RunFigures

SOURCES = {
    "accuracy": Source(Provenance.MEASURED, "a test set"),
    "latency": Source(Provenance.ESTIMATED, "a model", 0.13),
    "energy": Source(Provenance.ESTIMATED, "power times time"),
    "computer": Source(Provenance.MEASURED, "here"),
}
POLICIES = ("runtime3c", "static", "fixed:fire", "backbone")
BASE: Mapping[str, Mapping[str, float]] = {
    "runtime3c": {
        "accuracy_percent": 90.0, "latency_mean_ms": 2.0, "energy_per_inference_mj": 0.5,
        "violation_percent": 0.4, "switches": 12.0, "search_p50_ms": 0.3, "runtime_max_ms": 0.9,
    },
    "static": {
        "accuracy_percent": 92.0, "latency_mean_ms": 8.0, "energy_per_inference_mj": 2.0,
        "violation_percent": 60.0, "switches": 0.0,
    },
    "fixed:fire": {
        "accuracy_percent": 88.0, "latency_mean_ms": 4.0, "energy_per_inference_mj": 0.8,
        "violation_percent": 100.0, "switches": 0.0,
    },
    "backbone": {
        "accuracy_percent": 92.0, "latency_mean_ms": 8.0, "energy_per_inference_mj": 2.0,
        "violation_percent": 60.0, "switches": 0.0,
    },
}  # fmt: skip


def outcome(policy: str, repeat: int) -> RepeatOutcome:
    """Figures that move by 1 % from one repeat to the next."""
    scale = 1 + 0.01 * repeat
    figures = {
        key: value * (scale if key.startswith(("latency", "energy")) else 1.0)
        for key, value in BASE[policy].items()
    }
    return RepeatOutcome(policy, RunFigures(repeat, figures))


def board(policies: Sequence[str] = POLICIES, repeats: int = 5) -> Board:
    outcomes = [outcome(policy, repeat) for policy in policies for repeat in range(repeats + 3)]
    return build_board(outcomes, policies, repeats, SOURCES, "invented on a_phone", "By chance.")


# ---- table ---------------------------------------------------------------------------------------


def test_a_row_holds_the_mean_and_its_interval() -> None:
    figure = board().rows[0].figures["latency_mean_ms"]
    assert figure.mean == pytest.approx(2.04)
    assert figure.low is not None and figure.low < 2.04 < (figure.high or 0)
    assert board(repeats=1).rows[0].figures["latency_mean_ms"].low is None


def test_columns_nobody_has_a_figure_for_are_left_out() -> None:
    keys = [column.key for column in board().columns]
    assert "latency_p90_ms" not in keys
    assert keys[0] == "accuracy_percent"


def test_the_best_of_a_column_goes_by_its_direction_and_ties_share_it() -> None:
    shown = board()
    assert shown.best(COLUMN_OF["latency_mean_ms"]) == {"runtime3c"}
    assert shown.best(COLUMN_OF["accuracy_percent"]) == {"static", "backbone"}
    assert shown.best(COLUMN_OF["switches"]) == frozenset()
    assert board(("static", "backbone")).best(COLUMN_OF["accuracy_percent"]) == frozenset()


def test_rows_without_the_figure_come_last_whichever_way_they_are_sorted() -> None:
    for descending in (False, True):
        names = [row.policy for row in board().sorted_rows("search_p50_ms", descending)]
        assert names[0] == "runtime3c"
    names = [row.policy for row in board().sorted_rows("latency_mean_ms", True)]
    assert names[-2:] == ["fixed:fire", "runtime3c"]


def test_adaptive_policies_are_set_against_each_baseline_pair_by_pair() -> None:
    found = {times.baseline: times for times in board().times_of("runtime3c")}
    assert set(found) == {"static", "fixed:fire", "backbone"}
    latency = found["fixed:fire"].latency_times
    assert latency.mean == pytest.approx(2.0)
    # Both move with the seed together, so that their ratio does not.
    assert half_width(latency) == pytest.approx(0.0, abs=1e-9)
    assert found["static"].accuracy_points.mean == pytest.approx(-2.0)
    assert not board().times_of("static")


def test_cells_say_how_sure_they_are_and_where_they_come_from() -> None:
    shown = board()
    cell = cell_of(shown, shown.rows[0], COLUMN_OF["latency_mean_ms"])
    assert (cell.text, cell.half, cell.best) == ("2.040", "±0.039", True)
    place = (shown, shown.rows[0], COLUMN_OF["latency_mean_ms"])
    story = cell_story(*place)
    assert "95 %" in story and "estimated, median error 13%" in story
    assert cell_spoken(*place).endswith("best, estimated")
    tones = [cell_of(shown, row, COLUMN_OF["violation_percent"]).tone for row in shown.rows]
    assert tones == ["warning", "bad", "bad", "bad"]
    assert cell_of(shown, shown.rows[1], COLUMN_OF["search_p50_ms"]).text == "–"
    assert policy_cell(shown.rows[2]).half == "hand-crafted"


# ---- published -----------------------------------------------------------------------------------


def test_what_is_published_stands_beside_what_was_obtained_here() -> None:
    latency, energy, evolution = claims(board(), "runtime3c")
    assert (latency.published, latency.here, latency.note) == (
        "up to 3.1×", "up to 2.0×", "against fixed:fire",
    )  # fmt: skip
    assert (energy.published, energy.provenance) == ("up to 4.2×", "estimated")
    assert (evolution.published, evolution.here) == ("≤ 6.2 ms", "0.90 ms")


def test_without_a_hand_crafted_policy_nothing_is_claimed() -> None:
    latency, _, evolution = claims(board(("static", "backbone")), "static")
    assert latency.here == "–" and not latency.provenance
    assert evolution.note == "it never switches"


def test_slower_than_hand_crafted_is_not_called_up_to() -> None:
    policies = ("runtime3c", "fixed:fire")
    slow = [
        RepeatOutcome(name, RunFigures(0, {**BASE["static"], "latency_mean_ms": ms}))
        for name, ms in zip(policies, (8.0, 4.0), strict=True)
    ]
    latency, energy, _ = claims(build_board(slow, policies, 1, SOURCES), "runtime3c")
    assert (latency.here, latency.note) == ("0.50×", "at best, against fixed:fire")
    assert energy.here == "1.0×"


# ---- texts ---------------------------------------------------------------------------------------


def test_csv_keeps_bounds_and_provenance() -> None:
    lines = board_csv(board()).splitlines()
    head = lines[0].split(",")
    assert head[:5] == [
        "policy", "repeats", "accuracy_percent", "accuracy_percent_low", "accuracy_percent_high",
    ]  # fmt: skip
    row = dict(zip(head, lines[1].split(","), strict=True))
    assert row["policy"] == "runtime3c" and row["repeats"] == "5"
    assert float(row["latency_mean_ms_low"]) < 2.04 < float(row["latency_mean_ms_high"])
    assert row["latency_provenance"] == "estimated"


def test_markdown_marks_the_best_and_names_the_sources() -> None:
    text = board_markdown(board())
    assert "**2.040 ±0.039**" in text
    assert "latency mean, ms (estimated)" in text
    assert "a\\_phone" in text
    assert "- **latency**: estimated, median error 13%: a model" in text


def test_latex_is_escaped_and_has_a_line_a_policy() -> None:
    text = board_latex(board())
    assert r"invented on a\_phone" in text.lower() or r"Invented on a\_phone" in text
    assert r"2.040 $\pm$0.039" in text
    assert text.count(r" \\") == 2 + len(POLICIES)
    assert "ms, estimated" in text


def test_the_ending_of_the_file_decides_its_format(tmp_path: Path) -> None:
    for ending, start in (("csv", "policy,"), ("md", "invented"), ("tex", "\\begin{table}")):
        path = tmp_path / f"table.{ending}"
        write_board(board(), path)
        assert path.read_text(encoding="utf-8").startswith(start)
    with pytest.raises(InputFileError):
        write_board(board(), tmp_path / "no" / "such" / "folder" / "table.csv")


# ---- runner --------------------------------------------------------------------------------------


class Session:
    """Outcomes that are made up; slow ones wait until they are cancelled."""

    policies = POLICIES
    sources = SOURCES
    held = None
    subtitle = "invented"
    repeats_story = "By chance."

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.slow = False

    knobs = ()

    def difference(self, context: JobContext, first: Contender, second: Contender) -> Differing:
        raise NotImplementedError

    def operators_of(self, index: int) -> tuple[str, ...]:
        return ("identity",)

    def run(self, context: JobContext, pairs: Sequence[tuple[str, int]]) -> None:
        for number, (policy, repeat) in enumerate(pairs):
            context.progress(number / len(pairs), policy)
            if self.slow and number == 1:
                context.sleep(30)
            self.ran.append((policy, repeat))
            context.publish(outcome(policy, repeat))


class Backend:
    def __init__(self) -> None:
        self.sessions: list[Session] = []

    def open(self, network: str, device: str, trace: str) -> Session:
        if device == "broken":
            raise InputFileError("profile.toml", "no latency", "Measure it.")
        self.sessions.append(Session())
        return self.sessions[-1]


class Owner:
    """Pumps events by hand, as the bridge does."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Job, object]] = []
        self.problems: list[Problem] = []
        self.backend = Backend()
        self.runner = CompareRunner(self.backend, self.watch, self)

    def watch(self, job: Job, on_event=None, *, quiet: bool = False) -> Job:  # type: ignore[no-untyped-def]
        self.jobs.append((job, on_event))
        return job

    def pump(self, until) -> None:  # type: ignore[no-untyped-def]
        end = time.monotonic() + 10
        while not until():
            assert time.monotonic() < end
            for job, on_event in list(self.jobs):
                for event in job.events():
                    on_event(event)  # type: ignore[operator]
            time.sleep(0.002)

    def on_session(self, session: Session) -> None: ...

    def on_outcomes(self) -> None: ...

    def on_state(self) -> None: ...

    def on_problem(self, problem: Problem) -> None:
        self.problems.append(problem)

    def idle(self) -> bool:
        return not self.runner.busy


def test_every_policy_is_replayed_once_before_any_is_repeated() -> None:
    owner = Owner()
    owner.runner.load("n", "d", "t", (0,))
    owner.pump(owner.idle)
    owner.runner.ask(POLICIES, 2)
    owner.pump(owner.idle)
    ran = owner.backend.sessions[0].ran
    assert [policy for policy, _ in ran[:4]] == list(POLICIES)
    assert len(ran) == 8 and not owner.runner.missing


def test_only_what_is_missing_is_replayed() -> None:
    owner = Owner()
    owner.runner.load("n", "d", "t", (0,))
    owner.pump(owner.idle)
    owner.runner.ask(POLICIES[:2], 2)
    owner.pump(owner.idle)
    owner.runner.ask(POLICIES[:3], 2)
    owner.pump(owner.idle)
    assert len(owner.backend.sessions[0].ran) == 6
    # Another device and back: nothing is loaded or replayed again.
    owner.runner.load("n", "other", "t", (0,))
    owner.pump(owner.idle)
    owner.runner.load("n", "d", "t", (0,))
    owner.runner.ask(POLICIES[:3], 2)
    assert not owner.runner.busy
    assert len(owner.backend.sessions) == 2


def test_a_file_that_changed_in_place_is_loaded_again() -> None:
    owner = Owner()
    for revision in (0, 1):
        owner.runner.load("n", "d", "t", (revision,))
        owner.pump(owner.idle)
    assert len(owner.backend.sessions) == 2


def test_cancelled_repeats_keep_what_is_known_and_go_on() -> None:
    owner = Owner()
    owner.runner.load("n", "d", "t", (0,))
    owner.pump(owner.idle)
    session = owner.backend.sessions[0]
    session.slow = True
    owner.runner.ask(POLICIES, 3)
    owner.pump(lambda: len(session.ran) == 1)
    owner.runner.cancel()
    owner.pump(owner.idle)
    assert owner.runner.stopped and len(owner.runner.missing) == 11
    session.slow = False
    owner.runner.ask(POLICIES, 3)
    owner.pump(owner.idle)
    assert not owner.runner.stopped and len(session.ran) == 12


def test_another_wish_while_it_runs_stops_the_run_and_starts_anew() -> None:
    owner = Owner()
    owner.runner.load("n", "d", "t", (0,))
    owner.pump(owner.idle)
    session = owner.backend.sessions[0]
    session.slow = True
    owner.runner.ask(POLICIES, 1)
    owner.pump(lambda: len(session.ran) == 1)
    session.slow = False
    owner.runner.ask(("runtime3c", "static"), 1)
    owner.pump(owner.idle)
    assert session.ran == [("runtime3c", 0), ("static", 0)]


def test_what_cannot_be_loaded_is_a_problem_with_a_hint() -> None:
    owner = Owner()
    owner.runner.load("n", "broken", "t", (0,))
    owner.pump(owner.idle)
    assert [problem.hint for problem in owner.problems] == ["Measure it."]
    assert owner.runner.known is None


def test_half_of_an_interval_below_the_digits_shown_is_not_shown() -> None:
    column = COLUMN_OF["accuracy_percent"]
    assert column.half_text(Interval(90.0, 89.999, 90.001, 5)) == ""
    assert column.half_text(Interval(90.0, 89.9, 90.1, 5)) == "±0.10"
    assert column.half_text(Interval(90.0, None, None, 1)) == ""


# ---- proxies -------------------------------------------------------------------------------------


def proxy(id: str, unseen: float | None, every: float | None = None) -> ProxyRank:
    def tau(value: float | None, count: int) -> Tau | None:
        return None if value is None else Tau(value, value - 0.1, value + 0.1, count)

    return ProxyRank(id, id, "more is slower", tau(unseen, 16), tau(every, 76))


def check(*ranks: ProxyRank, reasons: tuple[str, ...] = ()) -> ProxyCheck:
    return ProxyCheck(
        "mine", "My phone", "invented", Provenance.SIMULATED, "quick", "2026-01-02T03:04+00:00",
        reasons, ranks,
    )  # fmt: skip


def test_a_proxy_card_says_what_ranks_best_and_how_the_criterion_does() -> None:
    card = card_of(check(proxy("intensity", -0.2, -0.1), proxy("latency_table", 0.9)))
    assert card.verdict == (
        "Ranks best: latency_table, τ = 0.90. The paper's criterion E: τ = −0.20."
    )
    assert card.subtitle == "invented · 76 measured, 16 held out · 2026-01-02 03:04 UTC"
    assert card.provenance is Provenance.SIMULATED
    few = card_of(check(proxy("macs", None, 0.5), reasons=("drift", "spread")))
    assert few.verdict.startswith("Too few held-out configurations")
    assert few.trust == "drift; spread"


def test_a_proxy_fitted_to_the_others_is_judged_by_the_held_out_alone() -> None:
    assert "judged by the held-out ones alone" in rank_story(proxy("latency_table", 0.9))
    assert "all configurations: τ = 0.50" in rank_story(proxy("macs", 0.4, 0.5))
    assert "nothing can be said" in rank_story(proxy("macs", None))


def test_rank_correlations_are_copied_with_their_bounds() -> None:
    lines = checks_csv((check(proxy("macs", 0.4, 0.5), proxy("latency_table", 0.9)),)).splitlines()
    assert len(lines) == 4
    assert lines[1] == (
        "mine,invented,simulated,2026-01-02T03:04+00:00,macs,held out,0.4,0.3,0.5,16"
    )


# ---- the grid of a study -------------------------------------------------------------------------


def report(**changes: object) -> StudyReport:
    times = Interval(2.0, 1.9, 2.1, 5)
    points = Interval(-1.0, -1.2, -0.8, 5)
    ratio = StudyRatio(
        "hapt", "phone", "generated", "runtime3c", "fixed:fire", times, None, points, points
    )
    plain = StudyReport(
        settings={},
        tasks=(
            StudyTask("hapt", "Motion", "D4", "UCI-HAR", 93.0, "HAPT"),
            StudyTask("own", "My own", "", "", 80.0, "mine"),
        ),
        platforms=(StudyPlatform("phone", "A phone", "a chip"),),
        scenarios=(StudyScenario("generated", "generated contexts", "", 2.0),),
        policies=("runtime3c", "fixed:fire"),
        sources=(PairSources("hapt", "phone", SOURCES),),
        rows=(),
        ratios=(ratio, replace(ratio, baseline="static")),
        absent=(AbsentRow("own", "", "fixed:fire", "trained without fire", "train again"),),
        proxies=(),
        pending=0,
        problems=(),
        inputs=(),
        computers=(),
        command="",
        versions={},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_grid_has_the_papers_tasks_and_then_the_users() -> None:
    grid = build_grid(report(), "generated", "fixed:fire")
    assert [row.paper for row in grid.rows] == ["D1", "D2", "D3", "D4", "D5", ""]
    done = grid.rows[3].cells[0]
    assert grid.rows[3].note == "in place of UCI-HAR"
    assert (done.state, done.figures["latency"].text, done.figures["latency"].bounds) == (
        "done", "2.00×", "1.90 to 2.10",
    )  # fmt: skip
    assert "energy" not in done.figures
    assert done.figures["latency"].goodness > 0 > done.figures["accuracy"].goodness
    assert done.figures["accuracy"].text == "−1.00 pp"
    assert done.provenance == "estimated" and "median error 13%" in done.story


def test_places_without_figures_say_what_makes_them_possible() -> None:
    grid = build_grid(report(), "generated", "fixed:fire")
    untrained, absent = grid.rows[0].cells[0], grid.rows[5].cells[0]
    assert untrained.command == "adaspring-workbench train --task cifar100 --data DIR --out DIR"
    assert (absent.state, absent.command) == ("absent", "train again")
    assert "trained without fire" in absent.story
    rows = (StudyRow("hapt", "phone", "generated", "runtime3c", {}, 5),)
    partial = build_grid(report(ratios=(), rows=rows), "generated", "fixed:fire").rows[3].cells[0]
    assert (partial.state, partial.note) == ("partial", "partly computed")
    pending = build_grid(report(ratios=()), "generated", "fixed:fire").rows[3].cells[0]
    assert (pending.state, pending.note) == ("pending", "not computed")


def test_hand_crafted_baselines_come_first() -> None:
    found = report()
    assert baselines(replace(found, ratios=found.ratios[::-1])) == ("fixed:fire", "static")


def test_a_place_of_a_study_is_a_board_like_any_other() -> None:
    figures = {"latency_mean_ms": Interval(2.0, 1.9, 2.1, 5)}
    rows = (
        StudyRow("hapt", "phone", "generated", "runtime3c", figures, 5),
        StudyRow("hapt", "other", "generated", "runtime3c", figures, 5),
    )
    shown = board_of_study(report(rows=rows), "hapt", "phone", "generated")
    assert [row.policy for row in shown.rows] == ["runtime3c"]
    assert {times.baseline for times in shown.times_of("runtime3c")} == {"fixed:fire", "static"}
    assert shown.about == "Motion on A phone · generated contexts"
    assert str(shown.sources["latency"].provenance) == "estimated"
