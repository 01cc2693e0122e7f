"""One line above the lanes for an edit under way: crop, resample or rename."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from workbench.gui.presenters.formats import clock, parse_clock
from workbench.gui.widgets.basics import label, row
from workbench.gui.widgets.forms import number_box

MODES = ("crop", "resample", "rename")


class TraceEditBar(QFrame):
    """Emits what the user settled on; `preview` says what would come of it."""

    applied = Signal(str)
    """The mode: crop, resample or rename."""
    dropped = Signal()
    region_entered = Signal(float, float)
    """From and to of the crop as typed, in seconds of the trace."""
    changed = Signal()
    """The rate was changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._mode = ""
        self._origin_s = 0.0
        self._near_s: tuple[float, float] = (0.0, 0.0)
        self.from_edit, self.to_edit = QLineEdit(), QLineEdit()
        for edit, name in ((self.from_edit, "Keep from"), (self.to_edit, "Keep to")):
            edit.setAccessibleName(name)
            edit.setFixedWidth(84)
            edit.editingFinished.connect(self._on_times)
        self.rate = number_box(
            "Rate to resample to, in Hz", 0.0001, 50.0, 1.0, decimals=4, suffix=" Hz"
        )
        self.rate.setFixedWidth(104)
        self.rate.valueChanged.connect(self._on_rate)
        self.name_edit = QLineEdit()
        self.name_edit.setAccessibleName("New name of the trace")
        self.name_edit.setMaxLength(80)
        self.name_edit.returnPressed.connect(self._on_apply)
        self.name_edit.textChanged.connect(self._on_name)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            _holder(label("Keep from"), self.from_edit, label("to"), self.to_edit)
        )
        self._stack.addWidget(_holder(label("Resample to"), self.rate))
        self._stack.addWidget(_holder(label("Name"), self.name_edit, stretch=False))
        self._outcome = label("", "secondary")
        self._outcome.setMinimumWidth(40)
        self.apply = QPushButton("Apply")
        self.apply.setProperty("role", "primary")
        self.apply.clicked.connect(self._on_apply)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.dropped)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        layout.addWidget(self._stack)
        layout.addWidget(self._outcome, 1)
        layout.addLayout(row(self.cancel, self.apply))
        self.hide()

    @property
    def mode(self) -> str:
        """The edit under way; empty where there is none."""
        return self._mode

    def open(self, mode: str) -> None:
        """Show the controls of one edit."""
        self._mode = mode
        self._stack.setCurrentIndex(MODES.index(mode))
        self._outcome.setVisible(mode != "rename")
        self.show()
        first = (self.from_edit, self.rate, self.name_edit)[MODES.index(mode)]
        first.setFocus()
        if isinstance(first, QLineEdit):
            first.selectAll()

    def close_edit(self) -> None:
        """Hide it."""
        self._mode = ""
        self.hide()

    def show_region(self, region: tuple[float, float], origin_s: float) -> None:
        """Show the region's times of day."""
        self._near_s, self._origin_s = region, origin_s
        for edit, t_s in zip((self.from_edit, self.to_edit), region, strict=True):
            edit.setText(clock(t_s + origin_s))

    def show_outcome(self, text: str, *, possible: bool) -> None:
        """Say what would come of it, or why it cannot be done."""
        self._outcome.setText(text)
        self.apply.setEnabled(possible)
        self.apply.setToolTip("" if possible else text)

    def _on_times(self) -> None:
        if self._mode != "crop":
            return
        times = []
        for edit, near_s in zip((self.from_edit, self.to_edit), self._near_s, strict=True):
            try:
                t_s = parse_clock(edit.text()) - self._origin_s
            except ValueError as error:
                self.show_outcome(f"{error}", possible=False)
                return
            # On a trace of several days, the day that the edge was on.
            times.append(t_s + 86_400 * round((near_s - t_s) / 86_400))
        shown = [clock(t_s + self._origin_s) for t_s in self._near_s]
        if [self.from_edit.text(), self.to_edit.text()] != shown:
            self.region_entered.emit(*times)

    def _on_rate(self, _value: float) -> None:
        self.changed.emit()

    def _on_name(self, text: str) -> None:
        if self._mode == "rename":
            self.show_outcome("The name is empty.", possible=bool(text.strip()))

    def _on_apply(self) -> None:
        if self.apply.isEnabled() and self._mode:
            self.applied.emit(self._mode)


def _holder(*widgets: QWidget, stretch: bool = True) -> QWidget:
    result = QWidget()
    result.setLayout(row(*widgets, *([None] if stretch else [])))
    return result
