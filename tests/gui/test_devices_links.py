"""The Devices page: phones at addresses, and virtual phones."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.devices_bench import SERVER, USB, MakeDevices, Sources, found_phone, texts_of
from tests.gui.stage import Stage
from tests.gui.waiting import wait_until
from workbench.devices.adb.states import DeviceState
from workbench.gui.pages.devices import DevicesPage
from workbench.services.devices import DeviceOverview


def test_a_phone_at_an_address_can_be_disconnected(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    wireless = found_phone("10.0.0.7:40001", DeviceState.DEVICE, "Over Wi-Fi")
    cable = found_phone("A1", DeviceState.DEVICE, "On a cable")
    sources = Sources(DeviceOverview(SERVER, USB, (wireless, cable)))
    page = make_devices(sources)
    page.select("10.0.0.7:40001")
    page.panel.buttons["leave"].click()
    assert sources.left == ["10.0.0.7:40001"]
    wait_until(qtbot, lambda: len(sources.addresses) == 2)
    page.select("A1")
    assert not page.panel.buttons["leave"].isVisible()


def test_an_address_is_reached_and_remembered(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    sources = Sources()
    page = make_devices(sources)
    page.add_button.click()
    dialog = page.links.dialog
    assert dialog is not None and not dialog.connect_button.isEnabled()
    dialog.address.setText("192.168.1.17")
    qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
    assert sources.addresses == [(), ("192.168.1.17:5555",)]
    assert devices_stage.shell.desk.addresses == ("192.168.1.17:5555",)
    assert page.links.remembered == ("192.168.1.17:5555",)
    dialog.remembered.setCurrentRow(0)
    dialog.forget_button.click()
    assert page.links.remembered == () and dialog.remembered.count() == 0
    dialog.reject()
    assert page.links.dialog is None


def test_with_a_server_the_server_connects(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    sources = Sources(DeviceOverview(SERVER, USB, ()))
    page = make_devices(sources)
    page.links.connect_to("10.0.0.7:40001")
    wait_until(qtbot, lambda: len(sources.addresses) == 2)
    assert sources.addresses == [(), ()]
    assert "The ADB server is connected to 10.0.0.7:40001." in devices_stage.messages


def test_a_virtual_phone_is_started_and_looked_at(
    make_devices: MakeDevices, devices_stage: Stage, qtbot: QtBot
) -> None:
    sources = Sources()
    page = make_devices(sources)
    page.select_profile("mi_6")
    qtbot.mouseClick(page.virtual_button, Qt.MouseButton.LeftButton)
    wait_until(qtbot, lambda: len(sources.addresses) == 2)
    assert sources.addresses[-1] == ("127.0.0.1:5999",)
    (job,) = devices_stage.bridge.running()  # it shows in the bar, where it can be ended
    assert page.links.is_virtual("127.0.0.1:5999")
    job.cancel()
    wait_until(qtbot, lambda: len(sources.addresses) == 3)
    assert sources.addresses[-1] == ()


def test_a_real_virtual_phone_is_described(devices_stage: Stage, qtbot: QtBot) -> None:
    page = DevicesPage(devices_stage.shell)
    qtbot.addWidget(page)
    page.show()
    page.on_shown()
    page.start_virtual()
    qtbot.waitUntil(lambda: len(page.devices.rows) == 2, timeout=60_000)
    assert page.devices.rows[1].state == "simulated"
    shown = texts_of(page)
    assert "Android 11" in page.panel.title or "Android" in shown
    assert "battery" in shown.lower()
    page.on_hidden()
