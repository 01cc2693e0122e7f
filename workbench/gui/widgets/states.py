"""The states a page can be in before it has content: empty, and error."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import icons, theme
from workbench.gui.palette import Tokens
from workbench.gui.presenters.problem import Problem
from workbench.gui.widgets.basics import label, row


class EmptyState(QWidget):
    """What a page is for, what can be done now, and one button that gets you going."""

    acted = Signal()

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        *,
        action: str = "",
        command: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._command = command
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        heading = self._heading = label(title, "title")
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        body = self._text = label(text, "secondary", wrap=True)
        body.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        body.setFixedWidth(500)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self._picture)
        column.addWidget(heading)
        # A row keeps the height that the wrapped text needs; an alignment flag would clip it.
        column.addLayout(row(None, body, None))
        if action:
            button = QPushButton(action)
            button.setProperty("role", "primary")
            button.clicked.connect(self.acted)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        if command:
            column.addWidget(CommandLine(command), 0, Qt.AlignmentFlag.AlignHCenter)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addLayout(column)
        outer.addStretch(3)
        theme.manager().changed.connect(self._restyle)
        self._restyle(theme.tokens())

    def set_texts(self, title: str, text: str) -> None:
        """Change title and text."""
        self._heading.setText(title)
        self._text.setText(text)

    def _restyle(self, tokens: Tokens) -> None:
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(icons.pixmap(self._icon_name, tokens.secondary, 40, ratio))


class CommandLine(QFrame):
    """A command to type, with a button that copies it."""

    def __init__(self, command: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self._command = command
        text = label(command)
        text.setFont(_mono())
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = QPushButton("Copy")
        copy.setProperty("role", "link")
        copy.setAccessibleName("Copy the command")
        copy.clicked.connect(self._copy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 4, 4)
        layout.addWidget(text, 1)
        layout.addWidget(copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._command)


class ErrorPanel(QFrame):
    """An error in the place where the content would be: message, hint, details to copy, retry."""

    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error")
        self._problem = Problem("")
        self._message = label("", "strong", wrap=True)
        self._hint = label("", "secondary", wrap=True)
        self._copy = QPushButton("Copy details")
        self._copy.clicked.connect(self._copy_details)
        self.retry = QPushButton("Try again")
        self.retry.clicked.connect(self.retried)
        buttons = QHBoxLayout()
        buttons.addWidget(self.retry)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self._message)
        layout.addWidget(self._hint)
        layout.addLayout(buttons)
        self.hide()

    def show_problem(self, problem: Problem) -> None:
        """Show an error."""
        self._problem = problem
        self._message.setText(problem.message)
        self._hint.setText(problem.hint)
        self._hint.setVisible(bool(problem.hint))
        self.setAccessibleName(f"Error: {problem.message} {problem.hint}")
        self.show()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._problem.as_text())


class ErrorDialog(QDialog):
    """The one dialog for an error that belongs to no page."""

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("That did not work")
        self.setMinimumWidth(480)
        self._problem = problem
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        message = label(problem.message, "heading", wrap=True)
        message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(message)
        if problem.hint:
            layout.addWidget(label(problem.hint, "secondary", wrap=True))
        if problem.detail:
            detail = QPlainTextEdit(problem.detail)
            detail.setReadOnly(True)
            detail.setFont(_mono())
            detail.setAccessibleName("Details of the error")
            layout.addWidget(detail)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy details", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy_details)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._problem.as_text())


def _mono() -> QFont:
    result = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    result.setPixelSize(theme.TEXT_PX)
    return result
