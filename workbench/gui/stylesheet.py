"""The one style sheet of the window, built from a theme's tokens.

Widgets say what they are through the dynamic property ``role`` (``setProperty("role", "card")``),
never through colours of their own.
"""

from __future__ import annotations

from string import Template

from workbench.gui.palette import Tokens, mix

_SHEET = Template("""
* { outline: none; }
QWidget { color: $text; font-size: 12px; }
QMainWindow, QDialog, QWidget[role="page"], QWidget[role="ground"] { background: $background; }
QDialog[role="popup"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QWidget[role="bar"] { background: $panel; }
QWidget[role="topbar"] { background: $panel; border-bottom: 1px solid $line; }
QWidget[role="bottombar"] { background: $panel; border-top: 1px solid $line; }
QWidget[role="rail"] { background: $panel; border-right: 1px solid $line; }
QFrame[role="card"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[role="raised"] { background: $raised; border: 1px solid $line; border-radius: 6px; }
QFrame[role="rule"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="notice"] { background: $notice; border: 1px solid $notice_line; border-radius: 6px; }
QFrame[role="error"] { background: $error; border: 1px solid $error_line; border-radius: 6px; }

QLabel { background: transparent; }
QLabel[role="brand"] { font-size: 13px; font-weight: 600; }
QLabel[role="title"] { font-size: 17px; font-weight: 600; }
QLabel[role="heading"] { font-size: 13px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="secondary"] { color: $secondary; }
QLabel[role="small"] { color: $secondary; font-size: 11px; }
QLabel[role="good"] { color: $good; font-weight: 600; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="accent"] { color: $accent; }
QLabel[role="pill"] { border: 1px solid $secondary; color: $secondary; border-radius: 8px;
    padding: 0px 6px; font-size: 11px; }
QLabel[role="pill"][tone="good"] { border-color: $good; color: $good; }
QLabel[role="pill"][tone="warning"] { border-color: $warning; color: $warning; }
QLabel[role="pill"][tone="bad"] { border-color: $bad; color: $bad; }
QLabel[role="pill"][tone="accent"] { border-color: $accent; color: $accent; }
QLabel[role="key"] { border: 1px solid $line; border-radius: 4px; padding: 0 4px;
    color: $secondary; font-size: 11px; background: $raised; }

QPushButton { background: $raised; border: 1px solid $line; border-radius: 6px;
    padding: 4px 12px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QSpinBox:focus,
QPlainTextEdit:focus, QTextBrowser:focus { border: 1px solid $accent; }
QPushButton:disabled, QToolButton:disabled, QLineEdit:disabled, QComboBox:disabled,
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid $text; padding: 3px 11px; }
QPushButton[role="primary"]:disabled { background: $line; border-color: $line; color: $disabled; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $accent;
    padding: 2px 6px; }
QPushButton[role="link"]:hover { background: $hover; }
QPushButton[role="link"]:disabled { color: $disabled; }
QPushButton[role="link"]:focus { border-color: $accent; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton[role="transport"] { background: $raised; border: 1px solid $line; min-width: 22px;
    min-height: 18px; }
QToolButton[role="transport"]:hover { background: $hover; }
QToolButton[role="transport"]:focus { border: 1px solid $accent; }
QToolButton[role="play"] { background: $accent; border: 1px solid $accent; min-width: 22px;
    min-height: 18px; }
QToolButton[role="play"]:hover { background: $accent_hover; }
QToolButton[role="play"]:focus { border: 2px solid $text; padding: 3px; }
QToolButton[role="play"]:disabled { background: $line; border-color: $line; }
QToolButton[role="menu"] { color: $secondary; padding: 2px 6px; }
QToolButton[role="menu"]:hover { color: $text; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="rail"] { border: none; border-left: 2px solid transparent; border-radius: 0px;
    color: $secondary; font-size: 11px; padding: 8px 0 6px 0; }
QToolButton[role="rail"]:hover { color: $text; background: $hover; }
QToolButton[role="rail"]:checked { color: $text; background: $raised;
    border-left: 2px solid $accent; }
QToolButton[role="rail"]:focus { border: 1px solid $accent; }
QToolButton[role="chooser"] { background: $raised; border: 1px solid $line; padding: 4px 8px; }
QToolButton[role="chooser"]:hover { background: $hover; }

QPushButton[role="chip"] { border-radius: 13px; padding: 3px 10px 3px 6px; color: $secondary;
    background: transparent; }
QPushButton[role="chip"]:checked { background: $raised; color: $text; }
QPushButton[role="chip"][primary="true"] { border: 1px solid $accent; }
QPushButton[role="chip"]:hover { background: $hover; }
QPushButton[role="chip"]:focus { border: 2px solid $accent; padding: 2px 9px 2px 5px; }
QLineEdit[role="clock"] { background: transparent; border: 1px solid transparent; padding: 2px 4px;
    font-size: 14px; }
QLineEdit[role="clock"]:hover { border-color: $line; }
QLineEdit[role="clock"]:focus { border-color: $accent; background: $raised; }

QComboBox { background: $raised; border: 1px solid $line; border-radius: 6px;
    padding: 4px 8px; min-height: 18px; }
QComboBox:hover { background: $hover; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($arrow); width: 10px; height: 10px; margin-right: 6px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; padding: 4px;
    selection-background-color: $selection; selection-color: $text; }
QLineEdit, QSpinBox, QDoubleSpinBox { background: $raised; border: 1px solid $line;
    border-radius: 6px; padding: 4px 8px; min-height: 18px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit::placeholder { color: $secondary; }
QAbstractSpinBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none;
    subcontrol-origin: border; }
QDoubleSpinBox:focus { border: 1px solid $accent; }
QAbstractSpinBox:disabled, QLineEdit:disabled, QComboBox:disabled { color: $disabled; }
QPlainTextEdit, QTextBrowser { background: $raised; border: 1px solid $line; border-radius: 6px;
    padding: 4px; selection-background-color: $accent; selection-color: $on_accent; }
QCheckBox, QRadioButton { spacing: 8px; padding: 2px; border: 1px solid transparent;
    border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border: 1px solid $accent; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $secondary;
    border-radius: 4px; background: $raised; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }

QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid $secondary;
    border-radius: 7px; background: $raised; }
QRadioButton::indicator:checked { background: $accent; border: 3px solid $raised;
    width: 8px; height: 8px; border-radius: 7px; }

QSlider::groove:horizontal { height: 3px; background: $line; border-radius: 1px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 1px; }
QSlider::handle:horizontal { background: $panel; border: 2px solid $accent; width: 11px;
    height: 11px; margin: -6px 0; border-radius: 7px; }
QSlider::handle:horizontal:hover { background: $accent; }
QSlider::handle:horizontal:focus { background: $accent; border: 2px solid $text; }
QSlider::handle:horizontal:disabled { border-color: $line; }
QSlider::sub-page:horizontal:disabled { background: $line; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 5px;
    min-height: 5px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QTableView, QTreeView, QListView { background: $panel; alternate-background-color: $raised;
    border: 1px solid $line; border-radius: 6px; gridline-color: $line;
    selection-background-color: $selection; selection-color: $text; }
QTableView::item, QTreeView::item { padding: 4px 8px; border: none; }
QTreeView::item:selected { background: $selection; color: $text; }
QListView::item { padding: 6px 8px; border-radius: 4px; }
QListView::item:selected, QListView::item:hover { background: $selection; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 1px solid $accent; }
QHeaderView::section { background: $panel; color: $secondary; border: none;
    border-bottom: 1px solid $line; padding: 6px 8px; font-size: 11px; }
QHeaderView { background: $panel; border: none; }
QTableCornerButton::section { background: $panel; border: none; }

QMenu { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QMenu::indicator { width: 12px; height: 12px; left: 6px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 6px; }

QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $line; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollArea > QWidget > QWidget[role="page"] { background: $background; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 24px;
    margin: 1px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $line; border-radius: 4px; min-width: 24px;
    margin: 1px; }
QScrollBar::handle:hover { background: $secondary; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QGraphicsView { background: transparent; border: 1px solid transparent; border-radius: 6px; }
QGraphicsView:focus { border: 1px solid $focus_soft; }
QDockWidget { color: $secondary; }
QTabWidget::pane { border: 1px solid $line; border-radius: 6px; }
QTabBar::tab { background: transparent; color: $secondary; padding: 6px 12px;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { border-bottom: 2px solid $text; }
""")


def build(tokens: Tokens, *, arrow: str, check: str) -> str:
    """The style sheet of one theme.

    Args:
        arrow: path of the image that opens a combo box.
        check: path of the tick in a check box.
    """
    t = tokens
    return _SHEET.substitute(
        background=t.background,
        panel=t.panel,
        raised=t.raised,
        line=t.line,
        text=t.text,
        secondary=t.secondary,
        accent=t.accent,
        on_accent=t.on_accent,
        good=t.good,
        warning=t.warning,
        bad=t.bad,
        hover=mix(t.raised, t.text, 0.06),
        pressed=mix(t.raised, t.text, 0.12),
        selection=mix(t.raised, t.accent, 0.22),
        accent_hover=mix(t.accent, t.text, 0.15),
        disabled=mix(t.secondary, t.panel, 0.45),
        focus_soft=mix(t.accent, t.panel, 0.6),
        notice=mix(t.panel, t.accent, 0.08),
        notice_line=mix(t.line, t.accent, 0.35),
        error=mix(t.panel, t.bad, 0.08),
        error_line=mix(t.line, t.bad, 0.45),
        arrow=arrow,
        check=check,
    )
