"""What the pages show, worked out without a window."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.provenance import Provenance, Source
from workbench.gui.presenters import formats
from workbench.gui.presenters.decision import build_card
from workbench.gui.presenters.matching import rank
from workbench.gui.presenters.player import SPEEDS, Player, faster, slower
from workbench.gui.presenters.replay_view import (
    DecisionView,
    Figures,
    PolicyView,
    ReplayView,
    pareto_front,
)
from workbench.gui.presenters.rerun import LatestWins

# ---- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.73, "1.7"), (0.0834, "0.083"), (123.4, "123"), (9.96, "10.0")],
)
def test_numbers_have_two_significant_digits(value: float, text: str) -> None:
    assert formats.significant(value) == text


def test_an_unknown_number_is_a_dash() -> None:
    assert formats.significant(float("nan")) == "–"
    assert formats.fixed(float("inf"), 1) == "–"


def test_a_time_of_day_goes_there_and_back() -> None:
    assert formats.clock(51_552) == "14:19:12"
    assert formats.parse_clock("14:19:12") == 51_552
    assert formats.parse_clock(" 9:05 ") == 9 * 3600 + 300


@pytest.mark.parametrize("text", ["", "25:00", "9", "9:61", "a:b", "1:2:3:4", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        formats.parse_clock(text)


def test_a_change_has_its_sign() -> None:
    assert formats.signed_percent(-0.64) == "−64 %"
    assert formats.signed_percent(0.2) == "+20 %"


# ---- player --------------------------------------------------------------------------------------


def test_the_player_moves_by_real_time_times_speed_and_stops_at_the_end() -> None:
    player = Player(speed=600)
    player.set_span(0, 1000)
    player.play(real_s=10.0)
    assert player.tick(11.0)
    assert player.t_s == 600
    player.tick(12.0)
    assert player.t_s == 1000
    assert not player.playing


def test_playing_at_the_end_starts_anew() -> None:
    player = Player(speed=1)
    player.set_span(5, 10)
    player.seek(99)
    assert player.t_s == 10
    player.play(0.0)
    assert player.t_s == 5


def test_a_paused_player_does_not_jump_when_it_goes_on() -> None:
    player = Player(speed=1)
    player.set_span(0, 1000)
    player.play(0.0)
    player.tick(1.0)
    player.pause()
    assert not player.tick(500.0)
    player.play(500.0)
    player.tick(501.0)
    assert player.t_s == 2


def test_an_empty_span_cannot_be_played() -> None:
    player = Player()
    player.play(0.0)
    assert not player.playing


def test_speeds_go_from_one_to_ten_thousand() -> None:
    assert (SPEEDS[0], SPEEDS[-1]) == (1, 10_000)
    assert faster(600) == 1800
    assert slower(600) == 300
    assert faster(10_000) == 10_000
    assert slower(1) == 1


# ---- re-running ----------------------------------------------------------------------------------


def test_the_latest_wish_wins() -> None:
    wishes: LatestWins[int] = LatestWins()
    assert wishes.ask(1) == 1
    assert wishes.ask(2) is None
    assert wishes.ask(3) is None
    assert wishes.finish() == 3
    assert wishes.finish() is None
    assert not wishes.busy


# ---- commands ------------------------------------------------------------------------------------


def test_commands_are_found_by_fragments() -> None:
    titles = ["Go to Devices", "Go to Replay", "Play or pause", "Preferences"]
    assert titles[rank("repl", titles)[0]] == "Go to Replay"
    assert titles[rank("pause", titles)[0]] == "Play or pause"
    assert rank("xyz", titles) == []
    assert rank("", titles) == [0, 1, 2, 3]


# ---- the space -----------------------------------------------------------------------------------


def test_the_pareto_front_holds_what_no_other_beats() -> None:
    cost = np.array([1.0, 2.0, 2.0, 3.0, 4.0])
    gain = np.array([5.0, 7.0, 6.0, 7.0, 9.0])
    assert pareto_front(cost, gain).tolist() == [0, 1, 4]
    assert pareto_front(None, gain).size == 0


# ---- the decision card ---------------------------------------------------------------------------


def figures(accuracy: float, over: frozenset[str] = frozenset()) -> Figures:
    return Figures(accuracy, 1.73, None, 96.4, over)


class Story:
    """Two decisions of an invented policy."""

    def __init__(self, second: DecisionView) -> None:
        self._second = second

    def describe(self, index: int) -> DecisionView:
        first = DecisionView(0.0, "start", ("identity", "fire"), 0.7, 0.3, 86, figures(92.0))
        return self._second if index else first

    def figures_at(self, _sample: int) -> Figures:
        return figures(90.9, frozenset({"latency"}))

    def policy(self, name: str) -> PolicyView:
        values = np.arange(10.0)
        return PolicyView(
            name, values, values, values, values, values > 5, np.array([0.0, 4.0]),
            [("identity", "fire"), self._second.operators], self.describe, self.figures_at,
        )  # fmt: skip

    def view(self) -> ReplayView:
        source = Source(Provenance.ESTIMATED, "invented")
        return ReplayView(
            np.arange(10.0), 32_400.0, {}, (self.policy("runtime3c"), self.policy("static")),
            (2, 3), np.full(10, 7.0), "invented", 5184, source, source,
        )  # fmt: skip


def decision(**changes: object) -> DecisionView:
    known: dict[str, object] = dict(  # noqa: C408 (reads as the record does)
        t_s=4.0, why="free cache 1.21 → 0.44 MiB", operators=("dwsep", "ch50"), lambda1=0.53,
        lambda2=0.47, battery_percent=53.0, now=figures(86.3), before=figures(89.0), gap=0.0012,
        exact_operators=("dwsep", "ch75"), feasible_count=213, search_ms=0.19, evolve_ms=0.64,
    )  # fmt: skip
    return DecisionView(**{**known, **changes})  # type: ignore[arg-type]


def card_of(second: DecisionView):  # type: ignore[no-untyped-def]
    view = Story(second).view()
    return build_card(view, view.policies[0], [view.policies[1]], 5.0)


def test_the_card_tells_why_what_and_how_good() -> None:
    card = card_of(decision())
    assert card.title == "Decision 2 of 2"
    assert card.time == "09:00:04"
    assert card.why == "free cache 1.21 → 0.44 MiB"
    assert card.operators == ("dwsep", "ch50")
    assert (card.gap, card.gap_tone) == ("0.12 %", "good")
    assert card.exact == "exact: ch75 at layer 3"
    assert card.feasible == "213 of 5,184 configurations"
    assert card.evolution.headline() == "0.83 ms of 6.2 ms"


def test_the_table_marks_what_breaks_a_limit_and_leaves_unknown_energy_out() -> None:
    card = card_of(decision())
    assert card.headings == ("now", "before", "static")
    rows = dict(card.rows)
    assert "energy mJ" not in rows
    assert [cell.bad for cell in rows["latency ms"]] == [False, False, True]
    assert [cell.text for cell in rows["accuracy %"]] == ["86.3", "89.0", "90.9"]


def test_a_decision_without_a_feasible_choice_says_so() -> None:
    card = card_of(decision(gap=None, blocked="latency 9 ms over 7 ms"))
    assert card.gap == "nothing feasible"
    assert card.gap_tone == "bad"
    assert card.blocked == "latency 9 ms over 7 ms"


def test_a_gap_to_a_bound_is_called_at_most() -> None:
    assert card_of(decision(gap=0.08, gap_is_bound=True)).gap == "at most 8.0 %"


def test_the_optimum_is_called_the_optimum() -> None:
    card = card_of(decision(gap=0.0, exact_operators=("dwsep", "ch50")))
    assert card.gap == "none, this is the optimum"
    assert card.exact == ""


def test_times_that_were_not_measured_are_not_invented() -> None:
    card = card_of(decision(search_ms=None, evolve_ms=None))
    assert card.evolution.total_ms is None
    assert card.evolution.headline() == "not measured"


def test_the_first_decision_has_nothing_before_it() -> None:
    view = Story(decision()).view()
    card = build_card(view, view.policies[0], [], 0.0)
    assert card.headings == ("now",)
    assert card.title == "Decision 1 of 2"
