"""Chooses one of two runs: a policy and, in a popup, its settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.palette import policy_colour
from workbench.gui.presenters.compare_backend import Contender
from workbench.gui.presenters.compare_differences import settings_text
from workbench.gui.presenters.replay_view import Knob
from workbench.gui.widgets.basics import label, link_button
from workbench.gui.widgets.what_if import KnobSlider

_POPUP_PX = 300
_SAVED = "Saved run…"


class _Popup(QDialog):
    """The sliders of one run."""

    changed = Signal()

    def __init__(self, title: str, knobs: Sequence[Knob], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setAccessibleName(title)
        self.sliders = [KnobSlider(knob) for knob in knobs]
        self._reset = QPushButton("Reset")
        self._reset.setProperty("role", "link")
        self._reset.clicked.connect(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(label(title, "heading"))
        for slider in self.sliders:
            slider.setMinimumWidth(_POPUP_PX)
            slider.changed.connect(self._on_changed)
            layout.addWidget(slider)
        layout.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignRight)

    def reset(self) -> None:
        """All sliders back to their defaults."""
        for slider in self.sliders:
            slider.reset()

    def values(self) -> tuple[tuple[str, float], ...]:
        """Those that are not at their defaults."""
        return tuple(
            (slider.knob.key, slider.value)
            for slider in self.sliders
            if abs(slider.value - slider.knob.default) > slider.knob.step / 2
        )

    def _on_changed(self, _key: str, _value: float) -> None:
        self.changed.emit()


class ContenderBar(QWidget):
    """One run; emits when it is another one."""

    changed = Signal()
    saved_asked = Signal(object)
    """Another saved run is wanted; this bar is to take it."""

    def __init__(self, word: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word = word
        self._knobs: tuple[Knob, ...] = ()
        self._popup: _Popup | None = None
        self._chosen = 0
        self._policies = QComboBox()
        self._policies.setAccessibleName(f"{word} run: policy")
        self._policies.setMinimumWidth(130)
        self._policies.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._policies.setIconSize(QSize(10, 10))
        self._policies.activated.connect(self._on_policy)
        self._settings = link_button("Settings ▾", f"Settings of the {word.lower()} run")
        self._settings.clicked.connect(self.open_settings)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label(word, "secondary"))
        layout.addWidget(self._policies)
        layout.addWidget(self._settings)

    @property
    def contender(self) -> Contender:
        """What is chosen."""
        policy, folder = self._data(self._policies.currentIndex())
        values = () if self._popup is None or folder else self._popup.values()
        return Contender(policy, values, folder)

    @property
    def sliders(self) -> list[KnobSlider]:
        """The sliders of the popup."""
        return [] if self._popup is None else self._popup.sliders

    def offer(self, policies: Sequence[str], knobs: Sequence[Knob], chosen: str) -> None:
        """Offer policies and settings; the settings are at their defaults."""
        self._policies.clear()
        for name in policies:
            self._policies.addItem(self._dot(name), name, (name, ""))
        self._policies.insertSeparator(self._policies.count())
        self._policies.addItem(_SAVED)
        self._chosen = max(0, self._policies.findText(chosen))
        self._policies.setCurrentIndex(self._chosen)
        self._knobs = tuple(knobs)
        if self._popup is not None:
            self._popup.deleteLater()
        self._popup = _Popup(f"{self._word} run", knobs, self)
        self._popup.changed.connect(self._on_settings)
        self._show_settings()

    def choose(self, contender: Contender) -> None:
        """Show another run, without telling."""
        if contender.folder:
            self.add_saved(Path(contender.folder), (contender.policy,))
        wanted = (contender.policy, contender.folder)
        places = [i for i in range(self._policies.count()) if self._data(i) == wanted]
        self._chosen = places[0] if places else 0
        self._policies.setCurrentIndex(self._chosen)
        if self._popup is not None:
            self._popup.blockSignals(True)
            self._popup.reset()
            values = dict(contender.values)
            for slider in self._popup.sliders:
                if slider.knob.key in values:
                    slider.set_value(values[slider.knob.key])
            self._popup.blockSignals(False)
        self._show_settings()

    def add_saved(self, folder: Path, policies: Sequence[str]) -> None:
        """Offer the policies of a saved replay, and choose the first, without telling."""
        for policy in reversed(policies):
            data = (policy, str(folder))
            if all(self._data(i) != data for i in range(self._policies.count())):
                text = f"{policy} · {folder.name}"
                self._policies.insertItem(0, self._dot(policy), text, data)
                self._policies.setItemData(0, str(folder), Qt.ItemDataRole.ToolTipRole)
        self._chosen = next(
            i for i in range(self._policies.count()) if self._data(i) == (policies[0], str(folder))
        )
        self._policies.setCurrentIndex(self._chosen)
        self._show_settings()

    def open_settings(self) -> None:
        """Show the sliders below the button."""
        if self._popup is not None:
            corner = QPoint(0, self._settings.height() + 2)
            self._popup.move(self._settings.mapToGlobal(corner))
            self._popup.show()

    def _data(self, index: int) -> tuple[str, str]:
        """Policy and folder of an item; empty for one that is no run."""
        policy, folder = self._policies.itemData(index) or ("", "")
        return str(policy), str(folder)

    def _on_policy(self, index: int) -> None:
        if not self._data(index)[0]:
            self._policies.setCurrentIndex(self._chosen)
            self.saved_asked.emit(self)
            return
        self._chosen = index
        self._show_settings()
        self.changed.emit()

    def _on_settings(self) -> None:
        self._show_settings()
        self.changed.emit()

    def _show_settings(self) -> None:
        text = settings_text(self.contender, self._knobs)
        self._settings.setText(f"{text or 'Settings'} ▾")
        saved = bool(self.contender.folder)
        self._settings.setEnabled(not saved)
        self._settings.setToolTip(
            "A saved run keeps the settings it was made with"
            if saved
            else f"Settings of the {self._word.lower()} run"
        )

    def _dot(self, name: str) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(10 * ratio), round(10 * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(policy_colour(name, theme.tokens())))
        painter.drawEllipse(QRectF(1, 1, 8, 8))
        painter.end()
        return QIcon(pixmap)
