"""A day that leaves what was measured: said on the Replay page, measured on the Profile page."""

from __future__ import annotations

import msgspec
from pytestqt.qtbot import QtBot

from tests.gui.waiting import wait_until_settled
from tests.helpers.contexts import RecordingContext
from tests.helpers.profiles import calibration_for, plain_profile
from workbench.core.errors import SettingsError
from workbench.devices.profile import Calibration
from workbench.gui.main_window import MainWindow
from workbench.gui.pages.profile import ProfilePage
from workbench.gui.pages.replay import ReplayPage
from workbench.gui.pages.replay_lanes import spans_of
from workbench.gui.presenters.decision import build_card, measured_text
from workbench.gui.replay_backend import ServicesSession
from workbench.gui.widgets.configuration_list import ConfigurationListDialog
from workbench.services.catalogue import find_network, find_trace
from workbench.services.deployment import deploy


def _session() -> ServicesSession:
    """The sample day on a phone on which nobody measured `fire` at the second layer."""
    network = find_network("fashion_mnist")
    table = calibration_for(network.space)
    column = network.space.operators[0].index("fire")
    measured = [[list(row) for row in part] for part in table.measured]
    measured[0][0][column] = 0
    plain = msgspec.to_builtins(table) | {"measured": measured}
    profile = msgspec.structs.replace(
        plain_profile(), calibrations=(msgspec.convert(plain, Calibration),)
    )
    return ServicesSession(deploy(network, profile), find_trace("sample_day"))


def test_extrapolated_figures_are_marked_on_card_and_lanes() -> None:
    view = _session().run(RecordingContext(), ("fixed:fire", "backbone"), {})
    fire, backbone = view.policies
    assert view.measured is not None and view.measured.calibrated
    assert view.measured.shares == {"fixed:fire": 1.0, "backbone": 0.0}
    assert measured_text(view.measured, "fixed:fire") == "100 % extrapolated: measure…"
    assert measured_text(view.measured, "backbone") == "other policies extrapolated: measure…"
    assert view.measured.to_measure == ("fire/fire/fire/fire",)
    unmeasured = view.measured.unmeasured
    assert list(spans_of(fire, view.end_s, unmeasured).extrapolated) == [True]
    assert list(spans_of(backbone, view.end_s, unmeasured).extrapolated) == [False]
    card = build_card(view, fire, [], 0.0)
    assert card.extrapolated.startswith("Extrapolated: nothing measured held fire at ")
    assert "Extrapolated:" not in build_card(view, backbone, [], 0.0).extrapolated


def test_what_was_not_measured_goes_to_the_profile_page(
    window: MainWindow, replay: ReplayPage, qtbot: QtBot
) -> None:
    view = replay.view
    assert view is not None and view.measured is not None
    # The Redmi 3S that ships was never measured, so nothing of the day was.
    assert not view.measured.calibrated
    assert replay.ui.measure_button.text() == "not measured on this device: measure…"
    assert "every latency is estimated" in replay.ui.measure_button.toolTip()
    replay.ui.measure_button.click()
    assert window.current_page == "profile"
    page = window.page("profile")
    assert isinstance(page, ProfilePage)
    wait_until_settled(qtbot, page)
    assert page.view == "plan"
    assert page.form.listed == view.measured.to_measure
    names = ["/".join(row.names) for row in page.board.rows]
    listed = [text for text in page.form.listed if set(text.split("/")) != {"identity"}]
    assert names[1 : 1 + len(listed)] == listed
    assert "--configuration" in page.form._command.text()


def test_a_list_by_hand_is_checked(qtbot: QtBot) -> None:
    def check(texts: object) -> int:
        assert isinstance(texts, tuple)
        if "nonsense" in texts:
            raise SettingsError("nonsense is none.", "Take another.")
        return len(texts)

    dialog = ConfigurationListDialog(["a/b"], check)
    qtbot.addWidget(dialog)
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    assert ok.isEnabled() and dialog.said.text() == "1 configuration"
    dialog.text.setPlainText("a/b\nnonsense")
    assert not ok.isEnabled() and dialog.said.text() == "nonsense is none. Take another."
    dialog.text.setPlainText("a/b\n\nc/d # why\n")
    with qtbot.waitSignal(dialog.accepted_list, timeout=1000) as taken:
        ok.click()
    assert taken.args == [("a/b", "c/d")]
