"""The command palette (Ctrl+K): every action of the window, found by typing parts of its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.gui.presenters.matching import rank

_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """A field to type in and the actions that match, best first."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        self.setProperty("role", "popup")
        self.setAccessibleName("Command palette")
        self.resize(520, 360)
        self._actions = list(actions)
        self._field = QLineEdit()
        self._field.setPlaceholderText("Type a command")
        self._field.setAccessibleName("Command")
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setAccessibleName("Matching commands")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._field)
        layout.addWidget(self._list)
        self._field.textChanged.connect(self._fill)
        self._field.returnPressed.connect(self._run_current)
        self._list.itemActivated.connect(self._run)
        self._list.itemClicked.connect(self._run)
        self._fill("")

    def shown_titles(self) -> list[str]:
        """Titles of the commands in the list, best first."""
        return [
            self._list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self._list.count())
        ]

    def _fill(self, text: str) -> None:
        self._list.clear()
        titles = [action.text() for action in self._actions]
        for index in rank(text, titles):
            action = self._actions[index]
            keys = str(action.data() or action.shortcut().toString())
            reason = "" if action.isEnabled() else f"   ({action.toolTip()})"
            item = QListWidgetItem(f"{titles[index]}{reason}" + (f"    {keys}" if keys else ""))
            item.setData(Qt.ItemDataRole.UserRole, titles[index])
            item.setData(Qt.ItemDataRole.UserRole + 1, index)
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _run_current(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            self._run(item)

    def _run(self, item: QListWidgetItem) -> None:
        action = self._actions[item.data(Qt.ItemDataRole.UserRole + 1)]
        if action.isEnabled():
            self.accept()
            action.trigger()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in _LIST_KEYS
        ):
            self._list.event(event)
            return True
        return False
