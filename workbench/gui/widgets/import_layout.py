"""How the import dialog is laid out; no behaviour of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.context.foreign import FORMULAS, TARGETS
from workbench.context.foreign_table import DELIMITERS
from workbench.gui import theme
from workbench.gui.presenters.import_form import FORMULA_TITLES
from workbench.gui.widgets.basics import label, row
from workbench.gui.widgets.forms import FormGrid, number_box, whole_box
from workbench.gui.widgets.states import ErrorPanel
from workbench.gui.widgets.tips import plain_tip


class ImportLayout(QDialog):
    """The widgets of the dialog, by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import a recording")
        self._combos: dict[str, tuple[QComboBox, QComboBox]] = {}
        self._make_fields()
        self._build()
        self.resize(980, 680)

    def mapping(self, target: str) -> tuple[QComboBox, QComboBox]:
        """The boxes of a target: its column and its unit."""
        return self._combos[target]

    def _make_fields(self) -> None:
        self.path = QLineEdit()
        self.path.setAccessibleName("File to import")
        self.path.setPlaceholderText("A CSV file of another program")
        self.browse = QPushButton("Choose…")
        self.facts = label("", "small")
        self.error = ErrorPanel()
        self.error.retry.hide()
        self.delimiter = QComboBox()
        self.delimiter.setAccessibleName("Delimiter between columns")
        for mark, name in DELIMITERS.items():
            self.delimiter.addItem(name, mark)
        self.preview = QTableWidget(0, 0)
        self.preview.setAccessibleName("First rows of the file")
        self.preview.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.preview.verticalHeader().setDefaultSectionSize(22)
        self.preview.horizontalHeader().setSectionResizeMode(
            QHeaderView.ResizeMode.ResizeToContents
        )
        self.preview.horizontalHeader().setMinimumSectionSize(86)
        self.preview.setTabKeyNavigation(False)
        for name, target in TARGETS.items():
            columns, units = QComboBox(), QComboBox()
            columns.setAccessibleName(f"Column for {target.title}")
            units.setAccessibleName(f"Unit of {target.title}")
            columns.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            units.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            self._combos[name] = (columns, units)
        self.zone, self.date = QLineEdit(), QLineEdit()
        self.title, self.device = QLineEdit(), QLineEdit()
        self.title.setMaxLength(80)
        self.device.setMaxLength(80)
        self.device.setPlaceholderText("not stated")
        self.cores = whole_box("Processor cores", 1, 1024, 8)
        self.formula = QComboBox()
        for key, text in FORMULAS.items():
            self.formula.addItem(FORMULA_TITLES[key], key)
            self.formula.setItemData(
                self.formula.count() - 1, plain_tip(text), Qt.ItemDataRole.ToolTipRole
            )
        self.formula.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.cache = number_box("Size of the L2 cache", 1, 2**20, 1024, decimals=0, suffix=" KiB")
        self.cache_factor = number_box(
            "Share of the cache taken at full load", 0, 1, 0.6, decimals=2
        )
        self.event_rate = number_box("Inferences a second", 0, 1000, 1, decimals=2, suffix=" /s")
        self.missing = QComboBox()
        self.missing.addItem("leave the row out", "skip")
        self.missing.addItem("hold the last value", "hold")
        for widget, name in (
            (self.zone, "Time zone"), (self.date, "Date of the first row"),
            (self.title, "Name of the trace"), (self.device, "Device"),
            (self.formula, "How the CPU share follows from the load"),
            (self.missing, "What to do where a value cannot be read"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
        self.problems = QListWidget()
        self.problems.setAccessibleName("What was found in the file")
        self.problems.setWordWrap(True)
        self.problems.setMaximumHeight(96)
        self.outcome = label("", "secondary")
        self.import_button = QPushButton("Import")
        self.import_button.setProperty("role", "primary")
        self.import_button.setDefault(True)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAutoDefault(False)
        self.browse.setAutoDefault(False)

    def _build(self) -> None:
        mapping = QGridLayout()
        mapping.setHorizontalSpacing(8)
        mapping.setVerticalSpacing(5)
        mapping.setColumnStretch(1, 3)
        mapping.setColumnStretch(2, 3)
        for index, (name, (columns, units)) in enumerate(self._combos.items()):
            caption = label(TARGETS[name].title, "secondary")
            caption.setBuddy(columns)
            mapping.addWidget(caption, index, 0)
            mapping.addWidget(columns, index, 1)
            mapping.addWidget(units, index, 2)
        settings = FormGrid(96)
        settings.add("Name", self.title)
        settings.add("Device", self.device)
        settings.add("Time zone", self.zone, "What local times mean: +08:00 or Asia/Shanghai")
        settings.add("First date", self.date, "Where times have no date: 2026-01-31")
        settings.add("Cores", self.cores, "Over which a load is summed")
        settings.add("CPU share", self.formula, "How it follows from the load u of other programs")
        settings.add("L2 cache", self.cache, "For the estimate of the free cache")
        settings.add(
            "Cache factor", self.cache_factor, "free = size × (1 − factor × load of other programs)"
        )
        settings.add("Event rate", self.event_rate, "Written down where no column tells it")
        settings.add("Unreadable", self.missing)
        boxes = QWidget()
        columns_row = QHBoxLayout(boxes)
        columns_row.setContentsMargins(0, 0, 8, 0)
        columns_row.setSpacing(24)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(8)
        right.setSpacing(8)
        left.addWidget(label("What the columns mean", "strong"))
        left.addLayout(mapping)
        left.addStretch(1)
        right.addWidget(label("What the file does not say", "strong"))
        right.addLayout(settings)
        right.addStretch(1)
        columns_row.addLayout(left, 3)
        columns_row.addLayout(right, 2)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(boxes)
        self.preview.setFixedHeight(36 + 22 * 5 + 16)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.addLayout(row(self.facts, None, label("Delimiter", "secondary"), self.delimiter))
        body.addWidget(self.preview)
        body.addWidget(scroll, 1)
        body.addWidget(self.problems)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.GRID_PX)
        layout.addLayout(row(self.path, self.browse))
        layout.addWidget(self.error)
        layout.addWidget(self._body, 1)
        layout.addLayout(row(self.outcome, None, self.cancel_button, self.import_button))
