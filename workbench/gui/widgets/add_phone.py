"""Adds a phone: by its address, or paired over Wi-Fi through the ADB server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.gui.bridge import JobBridge
from workbench.gui.presenters.device_sources import DeviceSources
from workbench.gui.presenters.problem import Problem
from workbench.gui.widgets.basics import label, restyle, row
from workbench.gui.widgets.forms import FormGrid
from workbench.gui.widgets.view_chips import ViewChips
from workbench.jobs import Cancelled, Done, Failed, Job, JobEvent
from workbench.services.devices import ServerStatus, parse_address

_ADDRESS_STORY = (
    "Of a phone with debugging over Wi-Fi or TCP switched on, or of a virtual phone: HOST:PORT,"
    " such as 192.168.1.17:5555. Where an ADB server runs it makes the connection, and other"
    " programs see the phone too; else the workbench connects by itself."
)
_PAIR_STORY = (
    "Android 11 and later: on the phone open Settings, Developer options, Wireless debugging, Pair"
    " device with pairing code. Type what the phone shows there; both change each time."
)


class AddPhoneDialog(QDialog):
    """Emits addresses to connect to and to forget; pairs by itself."""

    connect_asked = Signal(str)
    """HOST:PORT."""
    forget_asked = Signal(str)
    server_started = Signal()

    def __init__(
        self, bridge: JobBridge, sources: DeviceSources, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add a phone")
        self.setMinimumWidth(540)
        self._bridge, self._sources = bridge, sources
        self._job: Job | None = None
        self._then: Callable[[object], None] = self._on_paired
        self._server = False
        self._views = ViewChips(
            (
                ("address", "By address", "Connect to HOST:PORT"),
                ("pair", "Pair over Wi-Fi", "Wireless debugging of Android 11 and later"),
            )
        )
        self.address = QLineEdit()
        self.connect_button = QPushButton("Connect")
        self.remembered = QListWidget()
        self.forget_button = QPushButton("Forget")
        self.pair_address = QLineEdit()
        self.code = QLineEdit()
        self.pair_button = QPushButton("Pair")
        self.server_note = label("", "warning", wrap=True)
        self.start_button = QPushButton("Start an ADB server")
        self.said = label("", "secondary", wrap=True)
        self._stack = QStackedWidget()
        self._build()
        self._connect()
        self._show_state()

    # ---- for the page --------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether pairing or the start of a server goes on."""
        return self._job is not None

    def show_view(self, key: str) -> None:
        """Show ``address`` or ``pair``."""
        self._views.show_view(key)
        self._on_view(key)

    def show_server(self, server: ServerStatus | None) -> None:
        """Whether an ADB server runs; None while that is not known."""
        self._server = server is not None and server.running
        cannot = self._sources.no_start()
        if server is None or server.running:
            self.server_note.setText("")
        else:
            what = cannot or (
                "One that is started here owns the phones on USB, for all programs, and goes on"
                " after the workbench ends."
            )
            self.server_note.setText(
                f"Only an ADB server can pair, and none answers at {server.address}. {what}"
            )
        self.server_note.setVisible(bool(self.server_note.text()))
        self.start_button.setVisible(bool(self.server_note.text()) and not cannot)
        self._show_state()

    def show_remembered(self, addresses: Sequence[str], connected: Sequence[str]) -> None:
        """Addresses of earlier days, those in use now marked."""
        self.remembered.clear()
        for address in addresses:
            item = QListWidgetItem(f"{address}   connected" if address in connected else address)
            item.setData(Qt.ItemDataRole.UserRole, address)
            self.remembered.addItem(item)
        self._show_state()

    def say(self, text: str, tone: str = "") -> None:
        """What came of it."""
        self.said.setText(text)
        restyle(self.said, role=tone or "secondary")

    # ---- work ----------------------------------------------------------------------------------

    def connect_typed(self) -> None:
        """Connect to the address that was typed in."""
        place = self._place(self.address.text())
        if place:
            self.connect_asked.emit(place)

    def pair(self) -> None:
        """Pair with what was typed in."""
        text = self.pair_address.text().strip()
        place = self._place(text)
        if not place or self.busy:
            return
        if not text.rpartition(":")[2].isdigit() or ":" not in text:
            self.say("The port is missing: the phone shows it behind the address.", "warning")
            return
        self.say(f"Pairing with {place}…")
        self._run(self._sources.pair(place, self.code.text()), self._on_paired)

    def start_server(self) -> None:
        """Start an ADB server."""
        if not self.busy:
            self.say("Starting the ADB server…")
            self._run(self._sources.start_server(), self._on_started)

    def _place(self, text: str) -> str:
        try:
            host, port = parse_address(text)
        except WorkbenchError as error:
            self._show_problem(Problem.of(error))
            return ""
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _run(self, job: Job, then: Callable[[object], None]) -> None:
        self._job, self._then = job, then
        self._show_state()
        self._bridge.watch(job, self._on_event, background=True)

    def _on_event(self, event: JobEvent) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        if not isinstance(event, Done | Failed | Cancelled):
            return
        self._job = None
        if isinstance(event, Done):
            self._then(event.result)
        elif isinstance(event, Failed):
            self._show_problem(Problem.of(event))
        self._show_state()

    def _on_paired(self, said: object) -> None:
        self.code.clear()
        host = self.pair_address.text().strip().rpartition(":")[0]
        self.address.setText(f"{host}:")
        self.say(
            f"{said}. The phone may now appear by itself. If not, connect to the address that"
            " Wireless debugging shows above the pairing: its port is another one.",
            "good",
        )

    def _on_started(self, version: object) -> None:
        self.say(f"An ADB server runs (protocol {version}).", "good")
        self.server_started.emit()

    def _show_problem(self, problem: Problem) -> None:
        self.say(f"{problem.message} {problem.hint}".strip(), "warning")

    def _show_state(self) -> None:
        current = self.remembered.currentItem()
        self.connect_button.setEnabled(bool(self.address.text().strip()))
        self.forget_button.setEnabled(current is not None)
        ready = self._server and not self.busy and self.code.hasAcceptableInput()
        self.pair_button.setEnabled(ready and bool(self.pair_address.text().strip()))
        self.start_button.setEnabled(not self.busy)

    def _chosen(self) -> str:
        item = self.remembered.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _on_view(self, key: str) -> None:
        self._stack.setCurrentIndex(("address", "pair").index(key))
        (self.address if key == "address" else self.pair_address).setFocus()

    def _on_typed(self, _text: str) -> None:
        self._show_state()

    def _on_remembered(self) -> None:
        if chosen := self._chosen():
            self.address.setText(chosen)
        self._show_state()

    def _on_activated(self, _item: QListWidgetItem) -> None:
        self._on_remembered()
        self.connect_typed()

    def _on_forget(self) -> None:
        if chosen := self._chosen():
            self.forget_asked.emit(chosen)

    # ---- wiring --------------------------------------------------------------------------------

    def _build(self) -> None:
        self.address.setPlaceholderText("HOST:PORT")
        self.address.setAccessibleName("Address of a phone")
        self.remembered.setAccessibleName("Remembered addresses")
        self.remembered.setFixedHeight(120)
        self.pair_address.setPlaceholderText("HOST:PORT, as the phone shows it")
        self.pair_address.setAccessibleName("Address for pairing")
        self.code.setPlaceholderText("six digits")
        self.code.setAccessibleName("Pairing code")
        self.code.setMaxLength(6)
        self.code.setValidator(
            QRegularExpressionValidator(QRegularExpression("[0-9]{6}"), self.code)
        )
        for button in (self.connect_button, self.pair_button):
            button.setProperty("role", "primary")
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._stack.addWidget(self._address_page())
        self._stack.addWidget(self._pair_page())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 12)
        outer.setSpacing(12)
        outer.addLayout(row(self._views, None))
        outer.addWidget(self._stack, 1)
        outer.addWidget(self.said)
        outer.addWidget(buttons)

    def _address_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(_ADDRESS_STORY, "small", wrap=True))
        line = QHBoxLayout()
        line.addWidget(self.address, 1)
        line.addWidget(self.connect_button)
        column.addLayout(line)
        column.addWidget(label("Remembered", "strong"))
        column.addWidget(self.remembered)
        column.addLayout(row(self.forget_button, None))
        column.addStretch(1)
        return page

    def _pair_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(_PAIR_STORY, "small", wrap=True))
        grid = FormGrid(80)
        grid.add("Address", self.pair_address)
        grid.add("Code", self.code)
        column.addLayout(grid)
        column.addLayout(row(self.pair_button, None))
        column.addWidget(self.server_note)
        column.addLayout(row(self.start_button, None))
        column.addStretch(1)
        return page

    def _connect(self) -> None:
        self._views.chosen.connect(self._on_view)
        self.address.textChanged.connect(self._on_typed)
        self.address.returnPressed.connect(self.connect_typed)
        self.connect_button.clicked.connect(self.connect_typed)
        self.remembered.itemSelectionChanged.connect(self._on_remembered)
        self.remembered.itemActivated.connect(self._on_activated)
        self.forget_button.clicked.connect(self._on_forget)
        self.pair_address.textChanged.connect(self._on_typed)
        self.code.textChanged.connect(self._on_typed)
        self.code.returnPressed.connect(self.pair_button.click)
        self.pair_button.clicked.connect(self.pair)
        self.start_button.clicked.connect(self.start_server)
