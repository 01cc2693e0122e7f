"""The preferences (Ctrl+,): every setting there is, applied at once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui.settings import SETTINGS, Setting, Settings
from workbench.gui.widgets.basics import label


class _SettingBox(QComboBox):
    """The choices of one setting."""

    changed = Signal(object, str)

    def __init__(self, setting: Setting, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self.setAccessibleName(setting.title)
        self.setAccessibleDescription(setting.hint)
        for value, text in setting.choices:
            self.addItem(text, value)
        self.show_value(current)
        self.currentIndexChanged.connect(self._on_changed)

    def show_value(self, value: str) -> None:
        self.setCurrentIndex(max(0, self.findData(value)))

    def _on_changed(self, _index: int) -> None:
        self.changed.emit(self.setting, str(self.currentData()))


class Preferences(QDialog):
    """A form over the declared settings."""

    setting_changed = Signal(object, str)
    """The `Setting` and its new value, already stored."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(460)
        self._settings = settings
        self._boxes: list[_SettingBox] = []
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for index, setting in enumerate(SETTINGS):
            box = _SettingBox(setting, settings.get(setting))
            box.changed.connect(self._on_changed)
            self._boxes.append(box)
            title = label(setting.title, "strong")
            title.setBuddy(box)
            grid.addWidget(title, 2 * index, 0)
            grid.addWidget(box, 2 * index, 1)
            grid.addWidget(label(setting.hint, "small", wrap=True), 2 * index + 1, 0, 1, 2)
            grid.setRowMinimumHeight(2 * index + 1, 28)
        defaults = QPushButton("Defaults")
        defaults.clicked.connect(self._restore)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(defaults, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(buttons)

    def _on_changed(self, setting: Setting, value: str) -> None:
        self._settings.set(setting, value)
        self.setting_changed.emit(setting, value)

    def _restore(self) -> None:
        for box in self._boxes:
            box.show_value(box.setting.default)
