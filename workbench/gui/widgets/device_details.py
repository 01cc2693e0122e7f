"""One device or device profile in full: facts with their stories, capabilities with reasons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from workbench.devices.capabilities import Capability
from workbench.gui import theme
from workbench.gui.presenters.devices import Fact, capability_name
from workbench.gui.widgets.basics import label

_TOP = Qt.AlignmentFlag.AlignTop


class _Lines(QWidget):
    """Rows of labels that are replaced as a whole."""

    def __init__(self, stretched: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.GRID_PX)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(stretched, 1)

    def clear(self) -> None:
        """Remove all rows."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # it is deleted later, and would be painted until then
                widget.deleteLater()


class FactLines(_Lines):
    """Name and value of each fact."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(1, parent)

        self._names: list[str] = []
        self._values: list[QLabel] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these facts; where only values changed, text that is selected stays so."""
        names = [fact.name for fact in facts]
        if names != self._names:
            self._rebuild(names)
        for fact, value in zip(facts, self._values, strict=True):
            if value.text() != fact.value:
                value.setText(fact.value)
                value.setAccessibleName(f"{fact.name}: {fact.value}")
            value.setToolTip(fact.story)

    def _rebuild(self, names: list[str]) -> None:
        self.clear()
        self._names, self._values = names, []
        for number, name in enumerate(names):
            value = label("", wrap=True)
            self._values.append(value)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(label(name, "secondary"), number, 0, _TOP)
            self._grid.addWidget(value, number, 1, _TOP)


class CapabilityLines(_Lines):
    """What a device can do and how; what it cannot, and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(2, parent)
        self._shown: tuple[Capability, ...] = ()

    def show_capabilities(self, capabilities: Sequence[Capability]) -> None:
        """Show these capabilities."""
        if tuple(capabilities) == self._shown:
            return
        self._shown = tuple(capabilities)
        self.clear()
        for number, capability in enumerate(capabilities):
            can = capability.available
            name = capability_name(capability.name)
            words = label(capability.how, "secondary", wrap=True)
            words.setAccessibleName(f"{name}: {'yes' if can else 'no'}, {capability.how}")
            self._grid.addWidget(
                label("✓" if can else "–", "good" if can else "secondary"), number, 0, _TOP
            )
            self._grid.addWidget(label(name, "" if can else "secondary"), number, 1, _TOP)
            self._grid.addWidget(words, number, 2, _TOP)
