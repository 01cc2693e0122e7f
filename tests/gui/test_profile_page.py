"""The Profile page: the plan, what blocks it, undo, and both themes."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from tests.gui.profile_bench import MakeProfile, measured_before
from tests.gui.scripted_profiling import AWAY, PHONE, Script
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until, wait_until_settled
from workbench.gui import theme


def test_the_plan_lists_what_will_be_measured(make_profile: MakeProfile) -> None:
    page = make_profile()
    assert page.view == "plan"
    assert len(page.board.rows) == 76
    assert page.board.rows[0].names == ("identity",) * 4
    assert all(row.expected_ms for row in page.board.rows)
    assert {row.state for row in page.board.rows} == {"planned"}
    assert page.board.summary() == "76 configurations · 60 to fit, 16 held out"
    assert page.form.blocked == ""
    assert page.form.start.isEnabled()
    assert not page.form.cancel.isEnabled()


def test_another_number_and_seed_change_the_plan(make_profile: MakeProfile, qtbot: QtBot) -> None:
    page = make_profile()
    before = [row.names for row in page.board.rows]
    page.form.set_configurations(40)
    wait_until_settled(qtbot, page)
    assert page.board.summary() == "40 configurations · 32 to fit, 8 held out"
    assert page.form.configurations == 40
    page.form.set_plan("standard")
    wait_until_settled(qtbot, page)
    assert len(page.board.rows) == 120
    assert page.form.configurations is None
    assert [row.names for row in page.board.rows][:76] != before


def test_a_number_that_does_not_suit_is_said_and_blocks(
    make_profile: MakeProfile, qtbot: QtBot
) -> None:
    page = make_profile()
    page.form.set_configurations(3)
    wait_until_settled(qtbot, page)
    assert "3 configurations do not suit" in page.form.blocked
    assert not page.form.start.isEnabled()
    page.begin()
    assert not page.running


def test_a_device_that_cannot_be_measured_says_why(make_profile: MakeProfile) -> None:
    page = make_profile(None, AWAY)
    page.form._device.setCurrentIndex(1)
    assert "A phone cannot be measured: it is not authorised." in page.form.blocked
    assert not page.form.start.isEnabled()


def test_a_phone_that_went_away_leaves_this_computer(
    make_profile: MakeProfile, profile_stage: Stage
) -> None:
    profile_stage.shell.settings.set_text("profile/device", "A1")
    page = make_profile()
    assert page.form.device_key == "local"
    assert page.form.blocked == ""


def test_the_request_is_what_was_filled_in(make_profile: MakeProfile, qtbot: QtBot) -> None:
    script = Script()
    page = make_profile(script)
    page.form.set_configurations(30)
    page.form._seed.setValue(5)
    wait_until_settled(qtbot, page)
    page.begin()
    (request,) = script.requests
    assert (request.device, request.network, request.plan) == ("local", "invented", "quick")
    assert (request.configurations, request.seed) == (30, 5)
    page.measurement.cancel()
    wait_until(qtbot, lambda: not page.running)


def test_what_the_service_refuses_starts_nothing(make_profile: MakeProfile, qtbot: QtBot) -> None:
    page = make_profile(Script())
    page.form._seed.setValue(13)
    wait_until_settled(qtbot, page)
    page.begin()
    assert not page.running
    assert "bad luck" in page.runs.error.accessibleName()


def test_energy_is_offered_on_phones_with_the_reason_where_it_cannot_be(
    make_profile: MakeProfile, qtbot: QtBot
) -> None:
    charging = replace(PHONE, key="A2", energy_reason="the phone is being charged (usb): unplug it")
    page = make_profile(Script(), PHONE, charging)
    fields = page.form.phone
    assert fields.isHidden()
    page.form.choose_device("A1")
    page.form.changed.emit()
    assert not fields.isHidden()
    assert fields.energy_box.isEnabled()
    fields.energy_box.setChecked(True)
    wait_until_settled(qtbot, page)
    assert "--energy" in page.form._command.text()
    page.form.choose_device("A2")
    assert not fields.energy_box.isEnabled()
    assert not fields.energy
    assert "being charged" in fields._energy_note.text()


def test_changes_of_the_plan_are_undone(make_profile: MakeProfile, qtbot: QtBot) -> None:
    page = make_profile()
    before = page.form.state()
    page.form.set_configurations(40)
    page.form.set_plan("standard")
    page.form.set_listed(("ch50/ch50/ch50/ch50",))
    after = page.form.state()
    assert (after.plan, after.count) == ("standard", 120)
    page.history.undo()
    page.history.undo()
    assert (page.form.plan, page.form.configurations) == ("quick", 40)
    page.history.undo()
    assert page.form.state() == before
    page.history.undo()  # nothing is left
    for _ in range(3):
        page.history.redo()
    assert page.form.state() == after
    wait_until_settled(qtbot, page)
    page.runs.form.show_state("", "", running=True)
    page.history.undo()
    assert page.form.state() == after


def test_both_themes_paint(make_profile: MakeProfile) -> None:
    measured_before()
    page = make_profile()
    pictures = []
    for name in ("dark", "light"):
        theme.manager().choose(name)
        page.show_result()
        pictures.append(page.grab().toImage())
        page.show_plan()
        page.grab()
    assert pictures[0] != pictures[1]
