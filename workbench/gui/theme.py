"""The theme of the window: dark or light, following the system unless the user chose.

One `ThemeManager` lives as long as the program (`manager()`); widgets that paint themselves and all
plots restyle when its `changed` signal comes. pyqtgraph ignores Qt's palette, so plots must listen.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from workbench.core.resources import assets_root
from workbench.gui import icons, stylesheet
from workbench.gui.palette import THEMES, Tokens, mix

CHOICES = ("system", "dark", "light")
GRID_PX = 8
TEXT_PX = 12
SMALL_PX = 11
HEADING_PX = 13


class ThemeManager(QObject):
    """Holds the tokens in use and applies them to the application."""

    changed = Signal(object)
    """Emitted with the new `Tokens`."""

    def __init__(self) -> None:
        super().__init__()
        self._choice = "system"
        self._tokens = THEMES[self._system_name()]
        self._applied = False
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        return self._tokens

    @property
    def choice(self) -> str:
        """What the user chose: ``system``, ``dark`` or ``light``."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Use one theme, or follow the system. An unknown name means to follow the system."""
        self._choice = choice if choice in CHOICES else "system"
        self._apply(self._system_name() if self._choice == "system" else self._choice)

    def toggle(self) -> str:
        """Switch to the other theme and return the name of the choice made."""
        self.choose("light" if self._tokens.is_dark else "dark")
        return self._choice

    def icon(self, name: str, *, tone: str = "secondary", checked: str = "accent") -> QIcon:
        """An icon in the theme's colours; `tone` and `checked` are names of tokens."""
        tokens = self._tokens
        return icons.icon(
            name,
            getattr(tokens, tone),
            getattr(tokens, checked),
            mix(tokens.secondary, tokens.panel, 0.55),
        )

    @staticmethod
    def _system_name() -> str:
        scheme = QGuiApplication.styleHints().colorScheme()
        return "light" if scheme == Qt.ColorScheme.Light else "dark"

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._apply(self._system_name())

    def _apply(self, name: str) -> None:
        if self._applied and name == self._tokens.name:
            return
        self._applied = True
        self._tokens = THEMES[name]
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(_palette(self._tokens))
            app.setStyleSheet(
                stylesheet.build(
                    self._tokens,
                    arrow=(assets_root() / "icons" / f"combo-{name}.svg").as_posix(),
                    check=(assets_root() / "icons" / f"tick-{name}.svg").as_posix(),
                )
            )
        self.changed.emit(self._tokens)


_manager: ThemeManager | None = None


def manager() -> ThemeManager:
    """The program's theme; made on first use, which needs a QApplication."""
    global _manager
    if _manager is None:
        _manager = ThemeManager()
    return _manager


def tokens() -> Tokens:
    """The colours in use."""
    return manager().tokens


def font(size_px: int = TEXT_PX, *, bold: bool = False, tabular: bool = False) -> QFont:
    """The window's font at a size; `tabular` gives digits of one width, for values that change."""
    result = QFont(QApplication.font())
    result.setPixelSize(size_px)
    if bold:
        result.setWeight(QFont.Weight.DemiBold)
    if tabular:
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def install_fonts(app: QApplication) -> None:
    """Make the shipped Inter the font of the window; the system's own font stands in for it."""
    families: list[str] = []
    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        number = QFontDatabase.addApplicationFont(str(assets_root() / "fonts" / name))
        if number >= 0:
            families += QFontDatabase.applicationFontFamilies(number)
    base = QFont(families[0]) if families else QFont(QFontInfo(app.font()).family())
    base.setPixelSize(TEXT_PX)
    base.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    app.setFont(base)


def _palette(t: Tokens) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, t.background),
        (roles.WindowText, t.text),
        (roles.Base, t.panel),
        (roles.AlternateBase, t.raised),
        (roles.ToolTipBase, t.raised),
        (roles.ToolTipText, t.text),
        (roles.Text, t.text),
        (roles.Button, t.raised),
        (roles.ButtonText, t.text),
        (roles.Highlight, t.accent),
        (roles.HighlightedText, t.on_accent),
        (roles.Link, t.accent),
        (roles.PlaceholderText, t.secondary),
        (roles.Mid, t.line),
    ):
        palette.setColor(role, QColor(colour))
    disabled = QColor(mix(t.secondary, t.panel, 0.45))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, disabled)
    return palette
