"""How the Profile page is laid out; no behaviour of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.view_chips import ViewChips


class ProfileLayout:
    """A head with the views to choose from, a bar, and the view that is chosen."""

    def __init__(self, page: QWidget, bar: QWidget, plan: QWidget, result: QWidget) -> None:
        self.subtitle = label("", "secondary")
        self.subtitle.setMinimumWidth(60)
        self.chips = ViewChips(
            (
                ("plan", "Plan and runs", "What is measured, and the runs"),
                ("result", "Result", "The calibrated profile, and how well it predicts"),
            )
        )
        head = QHBoxLayout()
        head.setSpacing(theme.GRID_PX)
        head.addWidget(label("Profile", "title"))
        head.addSpacing(8)
        head.addWidget(self.subtitle, 1)
        head.addWidget(self.chips)
        self._stack = QStackedWidget()
        self._views = {"plan": plan, "result": result}
        for view in self._views.values():
            self._stack.addWidget(view)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(20, 12, 16, 12)
        outer.setSpacing(theme.GRID_PX)
        outer.addLayout(head)
        outer.addWidget(bar)
        outer.addWidget(self._stack, 1)

    @property
    def view(self) -> str:
        """``plan`` or ``result``."""
        return next(key for key, view in self._views.items() if view is self._stack.currentWidget())

    def show_view(self, key: str) -> None:
        """Show a view, and its chip as the one chosen."""
        self.chips.show_view(key)
        self._stack.setCurrentWidget(self._views[key])
