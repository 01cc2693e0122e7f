"""The dialog that adds a phone: addresses, and pairing through an ADB server."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.gui.devices_bench import NO_SERVER, SERVER
from workbench.devices.errors import AdbServerError
from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.widgets.add_phone import AddPhoneDialog
from workbench.jobs import Job, JobContext, JobManager, run_in_thread


class Scripted:
    """Pairs with the code 123456; starts a server."""

    def __init__(self) -> None:
        self.paired: list[tuple[str, str]] = []
        self.why_not = ""
        self.sources = dataclasses.replace(
            DeviceSources(),
            pair=self._pair,
            start_server=self._start,
            no_start=lambda: self.why_not,
        )

    def _pair(self, address: str, code: str) -> Job:
        self.paired.append((address, code))

        def pair(_context: JobContext) -> str:
            if code != "123456":
                raise AdbServerError("Pairing failed: wrong code.", "Read it again.")
            return f"Successfully paired to {address}"

        return run_in_thread(pair, name="pair")

    def _start(self) -> Job:
        return run_in_thread(lambda _: 41, name="start")


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def dialog(scripted: Scripted, qtbot: QtBot) -> AddPhoneDialog:
    owner = QObject()
    bridge = JobBridge(JobManager(), parent=owner)
    made = AddPhoneDialog(bridge, scripted.sources)
    owner.setParent(made)
    qtbot.addWidget(made)
    made.show()
    return made


def _fill(dialog: AddPhoneDialog, address: str, code: str) -> None:
    dialog.show_view("pair")
    dialog.pair_address.setText(address)
    dialog.code.setText(code)


def test_pairing_says_what_came_of_it(
    dialog: AddPhoneDialog, scripted: Scripted, qtbot: QtBot
) -> None:
    dialog.show_server(SERVER)
    _fill(dialog, "192.168.1.9:37123", "111111")
    assert not dialog.server_note.isVisible()
    dialog.pair_button.click()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    assert dialog.said.text() == "Pairing failed: wrong code. Read it again."
    dialog.code.setText("123456")
    dialog.pair_button.click()
    qtbot.waitUntil(lambda: not dialog.busy, timeout=5000)
    assert "Successfully paired" in dialog.said.text()
    assert scripted.paired == [("192.168.1.9:37123", "111111"), ("192.168.1.9:37123", "123456")]
    # Next comes the connection, to the same host and another port.
    assert dialog.address.text() == "192.168.1.9:"
    assert dialog.code.text() == ""


def test_only_six_digits_are_a_code(dialog: AddPhoneDialog, qtbot: QtBot) -> None:
    dialog.show_server(SERVER)
    _fill(dialog, "192.168.1.9:37123", "12345")
    assert not dialog.pair_button.isEnabled()
    dialog.code.clear()
    qtbot.keyClicks(dialog.code, "12a34b56")
    assert dialog.code.text() == "123456" and dialog.pair_button.isEnabled()


def test_a_pairing_address_needs_its_port(dialog: AddPhoneDialog, scripted: Scripted) -> None:
    dialog.show_server(SERVER)
    _fill(dialog, "192.168.1.9", "123456")
    dialog.pair()
    assert "port is missing" in dialog.said.text() and scripted.paired == []
    _fill(dialog, "rm -rf; true", "123456")
    dialog.pair()
    assert "is no address" in dialog.said.text() and scripted.paired == []


def test_without_a_server_one_is_started_only_when_asked_for(
    dialog: AddPhoneDialog, qtbot: QtBot
) -> None:
    dialog.show_view("pair")
    dialog.show_server(NO_SERVER)
    _fill(dialog, "192.168.1.9:37123", "123456")
    assert "none answers at 127.0.0.1:5037" in dialog.server_note.text()
    assert not dialog.pair_button.isEnabled()
    with qtbot.waitSignal(dialog.server_started, timeout=5000):
        dialog.start_button.click()
    dialog.show_server(SERVER)
    assert dialog.pair_button.isEnabled() and not dialog.start_button.isVisible()


def test_where_no_server_can_be_started_the_reason_stands(
    dialog: AddPhoneDialog, scripted: Scripted
) -> None:
    scripted.why_not = "There is no adb program."
    dialog.show_view("pair")
    dialog.show_server(NO_SERVER)
    assert "There is no adb program." in dialog.server_note.text()
    assert not dialog.start_button.isVisible()


def test_remembered_addresses_fill_the_field(dialog: AddPhoneDialog, qtbot: QtBot) -> None:
    dialog.show_remembered(["10.0.0.7:5555", "10.0.0.8:5555"], ["10.0.0.8:5555"])
    assert "connected" in dialog.remembered.item(1).text()
    dialog.remembered.setCurrentRow(1)
    assert dialog.address.text() == "10.0.0.8:5555"
    with qtbot.waitSignal(dialog.connect_asked, timeout=1000) as asked:
        dialog.remembered.itemActivated.emit(dialog.remembered.item(1))
    assert asked.args == ["10.0.0.8:5555"]
