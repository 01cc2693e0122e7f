"""What is wrong in a data folder, with the list, and the question whether to train on the rest."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.data_report import DataView
from workbench.gui.widgets.basics import label, restyle, row
from workbench.gui.widgets.code_font import mono


class DataPanel(QFrame):
    """Shows one `DataView`."""

    train_asked = Signal(bool)
    """Train; true to leave out what cannot be used."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._whole = False
        self.title = label("", "heading", wrap=True)
        self._text = label("", "secondary", wrap=True)
        self.list = QPlainTextEdit()
        self.list.setReadOnly(True)
        self.list.setFont(mono())
        self.list.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.list.setAccessibleName("What cannot be used")
        self.train = QPushButton()
        self.train.setProperty("role", "primary")
        self._copy = QPushButton("Copy the list")
        self.close_button = QPushButton("Close")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(theme.GRID_PX)
        layout.addWidget(self.title)
        layout.addWidget(self._text)
        layout.addWidget(self.list, 1)
        layout.addLayout(row(self.train, self._copy, self.close_button, None))
        self._stretch = layout.count()
        layout.addStretch(0)
        self._layout = layout
        self.train.clicked.connect(self._on_train)
        self._copy.clicked.connect(self._on_copy)
        self.close_button.clicked.connect(self.closed)

    def show_view(self, view: DataView) -> None:
        """Show what the reading of a folder came to."""
        self._whole = view.whole
        restyle(self, role="raised" if view.whole else "notice")
        self.title.setText(view.title)
        self._text.setText(view.text)
        self.list.setPlainText("\n".join(view.lines))
        self.list.setVisible(bool(view.lines))
        self._copy.setVisible(bool(view.lines))
        self.train.setText("Start training" if view.whole else "Train on the rest")
        self.train.setVisible(view.can_train)
        self._layout.setStretch(self._stretch, 0 if view.lines else 1)
        self.setAccessibleName(f"{view.title}. {view.text}")

    def _on_train(self) -> None:
        self.train_asked.emit(not self._whole)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.list.toPlainText())
