"""Chips that show or hide policies. One of them is in front: its decisions are explained."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.palette import Tokens, policy_colour
from workbench.gui.widgets.basics import restyle
from workbench.gui.widgets.flow import WrapLayout
from workbench.search.policy_names import policy_text


class _Chip(QPushButton):
    """One policy: Space or a click shows and hides it, Enter or a double click puts it in front."""

    front_asked = Signal(str)
    flipped = Signal(str, bool)
    menu_asked = Signal(str, object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.name = name
        self.setProperty("role", "chip")
        self.setCheckable(True)
        self.setIconSize(QSize(10, 10))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.clicked.connect(self._on_clicked)

    def show_state(self, visible: bool, primary: bool) -> None:
        """Show whether the policy is shown and whether it is in front."""
        self.setChecked(visible)
        restyle(self, primary="true" if primary else "false")
        state = "in front" if primary else "shown" if visible else "hidden"
        self.setAccessibleName(f"Policy {self.name}, {state}")
        self.setToolTip(
            f"{self.name}: {policy_text(self.name)}\n{state.capitalize()}; a click shows or"
            " hides it, a double click puts it in front"
        )
        self.setIcon(self._dot(visible))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter puts the policy in front."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.front_asked.emit(self.name)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the policy in front."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.front_asked.emit(self.name)

    def _on_clicked(self, checked: bool) -> None:
        self.flipped.emit(self.name, checked)

    def _on_menu(self, position: QPoint) -> None:
        self.menu_asked.emit(self.name, self.mapToGlobal(position))

    def _dot(self, filled: bool) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(10 * ratio), round(10 * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        colour = QColor(policy_colour(self.name, theme.tokens()))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(1.2, 1.2, 7.6, 7.6))
        painter.end()
        return QIcon(pixmap)


class PolicyChips(QWidget):
    """A row of chips over an ordered list of policies."""

    changed = Signal()
    """Another set is shown, or another policy is in front."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: dict[str, _Chip] = {}
        self._visible: set[str] = set()
        self._primary = ""
        self._more: list[str] = []
        self._layout = WrapLayout(self)
        self._add = QPushButton("+")
        self._add.setProperty("role", "chip")
        self._add.setAccessibleName("Add a policy")
        self._add.setToolTip("Add a policy")
        self._add.clicked.connect(self._open_more)
        self._layout.addWidget(self._add)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.triggered.connect(self._on_more)
        self._chip_menu = QMenu(self)
        self._chip_menu.triggered.connect(self._on_chip_menu)
        theme.manager().changed.connect(self._restyle)

    @property
    def visible(self) -> tuple[str, ...]:
        """The policies shown, in the order of the chips."""
        return tuple(name for name in self._chips if name in self._visible)

    @property
    def primary(self) -> str:
        """The policy in front."""
        return self._primary

    def set_policies(self, chips: Sequence[str], visible: Sequence[str], every: Sequence[str]):  # type: ignore[no-untyped-def]
        """Offer these policies as chips; `every` holds those that can be added."""
        for chip in self._chips.values():
            self._layout.removeWidget(chip)
            chip.deleteLater()
        self._chips = {}
        self._visible = set(visible)
        self._more = list(every)
        self._primary = visible[0] if visible else ""
        for name in chips:
            self._append(name)
        self._refresh()

    def put_in_front(self, name: str) -> None:
        """Make a policy the one whose decisions are explained."""
        if name in self._chips and (name != self._primary or name not in self._visible):
            self._visible.add(name)
            self._primary = name
            self._refresh()
            self.changed.emit()

    def bring(self, name: str) -> None:
        """Put a policy in front, adding its chip if it has none. Unknown names are ignored."""
        if name not in self._chips and name in self._more:
            self._append(name)
        self.put_in_front(name)

    def show_only(self, names: Sequence[str]) -> None:
        """Show these policies and no others."""
        self._visible = set(names)
        if self._primary not in self._visible:
            self._primary = self.visible[0]
        self._refresh()
        self.changed.emit()

    def show_policy(self, name: str, shown: bool) -> None:
        """Show or hide a policy. The last one cannot be hidden."""
        if shown:
            self._visible.add(name)
        elif len(self._visible) > 1:
            self._visible.discard(name)
        if self._primary not in self._visible:
            self._primary = self.visible[0]
        self._refresh()
        self.changed.emit()

    def _append(self, name: str) -> None:
        chip = _Chip(name)
        chip.flipped.connect(self.show_policy)
        chip.front_asked.connect(self.put_in_front)
        chip.menu_asked.connect(self._open_chip_menu)
        self._chips[name] = chip
        self._layout.insert_before_last(chip)

    def _refresh(self) -> None:
        for name, chip in self._chips.items():
            chip.show_state(name in self._visible, name == self._primary)
        self._add.setVisible(any(name not in self._chips for name in self._more))

    def _open_more(self) -> None:
        self._menu.clear()
        for name in self._more:
            if name not in self._chips:
                action = self._menu.addAction(name)
                action.setData(name)
                action.setToolTip(policy_text(name))
        self._menu.popup(self._add.mapToGlobal(QPoint(0, self._add.height() + 2)))

    def _on_more(self, action: QAction) -> None:
        self._append(str(action.data()))
        self.show_policy(str(action.data()), True)

    def _open_chip_menu(self, name: str, position: QPoint) -> None:
        self._chip_menu.clear()
        front = self._chip_menu.addAction("Put in front (explain its decisions)")
        front.setData(("front", name))
        front.setEnabled(name != self._primary)
        shown = name in self._visible
        flip = self._chip_menu.addAction("Hide" if shown else "Show")
        flip.setData(("flip", name))
        flip.setEnabled(not shown or len(self._visible) > 1)
        self._chip_menu.popup(position)

    def _on_chip_menu(self, action: QAction) -> None:
        what, name = action.data()
        if what == "front":
            self.put_in_front(name)
        else:
            self.show_policy(name, name not in self._visible)

    def _restyle(self, _tokens: Tokens) -> None:
        self._refresh()
