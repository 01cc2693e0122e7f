"""A hand-made list of configurations, as text: one a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui.widgets.basics import label
from workbench.gui.widgets.code_font import mono

Check = Callable[[Sequence[str]], int]


class ConfigurationListDialog(QDialog):
    """Emits the list when the user accepts it."""

    accepted_list = Signal(object)
    """A tuple of texts such as ``ch75/fire/identity/svd``."""

    def __init__(self, texts: Sequence[str], check: Check, parent: QWidget | None = None) -> None:
        """`check` counts the configurations of a list and raises a WorkbenchError for others."""
        super().__init__(parent)
        self.setWindowTitle("Configurations to measure")
        self.setMinimumSize(460, 360)
        self._check = check
        self.text = QPlainTextEdit("\n".join(texts))
        self.text.setFont(mono())
        self.text.setAccessibleName("Configurations, one a line")
        self.text.setPlaceholderText("ch75/fire/identity/svd")
        self.said = label("", "secondary", wrap=True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 12)
        outer.setSpacing(8)
        outer.addWidget(
            label(
                "One a line, an operator for each layer from the second on. They are measured in"
                " any case, and added to what was measured of this network before, if there is"
                " such a measurement.",
                "small",
                wrap=True,
            )
        )
        outer.addWidget(self.text, 1)
        outer.addWidget(self.said)
        outer.addWidget(self.buttons)
        self.text.textChanged.connect(self._on_changed)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)
        self._on_changed()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines that hold something."""
        lines = (line.partition("#")[0].strip() for line in self.text.toPlainText().splitlines())
        return tuple(line for line in lines if line)

    def _on_changed(self) -> None:
        fine = True
        try:
            count = self._check(self.texts)
            self.said.setText(f"{count} configuration{'' if count == 1 else 's'}")
        except WorkbenchError as error:
            fine = False
            self.said.setText(f"{error.message} {error.hint}".strip())
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(fine)

    def _on_accepted(self) -> None:
        self.accepted_list.emit(self.texts)
        self.accept()
