"""The choosers of the top bar: what is in use, its provenance, and a menu of others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from workbench.gui import icons, theme
from workbench.gui.palette import Tokens
from workbench.gui.widgets.basics import ProvenancePill, label
from workbench.gui.workspace import Choice


class Chooser(QToolButton):
    """A button that shows what is in use and opens the list of what else there is."""

    chosen = Signal(str, str)
    """Kind and key of what was chosen."""

    def __init__(self, kind: str, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._caption = caption
        self.setProperty("role", "chooser")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._title = label(caption, "secondary")
        self._value = label("none")
        self._detail = label("", "secondary")
        self._pill = ProvenancePill()
        self._arrow = QLabel()
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(10, 0, 8, 0)
        layout.setSpacing(8)
        for widget in (self._title, self._value, self._detail, self._pill):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._arrow)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self._further: tuple[QAction, ...] = ()
        self._group.triggered.connect(self._on_triggered)
        self.clicked.connect(self._open)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())
        self.show_choices((), None)

    def sizeHint(self) -> QSize:
        return QSize(self._row.sizeHint().width() + 2, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 28)

    def set_further(self, actions: Sequence[QAction]) -> None:
        """What else can be done, below the choices."""
        self._further = tuple(actions)

    def show_choices(self, choices: Sequence[Choice], current: Choice | None) -> None:
        """Fill the menu and show what is in use."""
        self._menu.clear()
        for old in self._group.actions():
            self._group.removeAction(old)
        for choice in choices:
            detail = f"  ·  {choice.detail}" if choice.detail else ""
            mark = f"  ({choice.provenance})" if choice.provenance else ""
            action = QAction(f"{choice.label}{detail}{mark}", self._menu)
            action.setCheckable(True)
            action.setChecked(choice == current)
            action.setData(choice.key)
            action.setToolTip(choice.story)
            self._group.addAction(action)
            self._menu.addAction(action)
        if self._further:
            self._menu.addSeparator()
            self._menu.addActions(list(self._further))
        self.setEnabled(bool(choices))
        self._value.setText(current.label if current else "none")
        self._detail.setText(f"· {current.detail}" if current and current.detail else "")
        self._detail.setVisible(bool(self._detail.text()))
        shown = current is not None and current.provenance is not None
        self._pill.setVisible(shown)
        if current is not None and current.provenance is not None:
            self._pill.show_provenance(current.provenance, current.story)
        spoken = [self._caption, self._value.text(), self._detail.text()]
        if shown:
            spoken.append(self._pill.text())
        self.setAccessibleName(" ".join(part for part in spoken if part))
        self.setToolTip((current.story or current.detail) if current else "There is none.")
        self.updateGeometry()

    def set_room(self, *, caption: bool, detail: bool) -> None:
        """Leave caption or detail out where room is short."""
        self._title.setVisible(caption)
        self._detail.setVisible(detail and bool(self._detail.text()))
        self._row.invalidate()
        self.updateGeometry()

    def _open(self) -> None:
        self._menu.setMinimumWidth(self.width())
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def _on_triggered(self, action: QAction) -> None:
        self.chosen.emit(self._kind, str(action.data()))

    def _restyle(self, tokens: Tokens) -> None:
        ratio = self.devicePixelRatioF()
        self._arrow.setPixmap(icons.pixmap("chevron-down", tokens.secondary, 12, ratio))
