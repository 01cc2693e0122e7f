"""What the window remembers between starts. Each setting is declared once, here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSettings


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting a user can change in the preferences."""

    key: str
    title: str
    default: str
    choices: tuple[tuple[str, str], ...]
    """(stored value, label) pairs."""
    hint: str


THEME = Setting(
    "appearance/theme",
    "Theme",
    "system",
    (("system", "As the system"), ("dark", "Dark"), ("light", "Light")),
    "Light or dark, for the window and all plots.",
)
UPDATE_RATE = Setting(
    "display/rate_hz",
    "Update rate",
    "30",
    (("10", "10 a second"), ("30", "30 a second"), ("60", "60 a second")),
    "How often a running replay and live plots are redrawn. Lower saves power.",
)
SPEED = Setting(
    "replay/speed",
    "Replay speed at start",
    "600",
    (("60", "60×"), ("600", "600×"), ("3600", "3,600×")),
    "Seconds of the trace that pass in a second.",
)
SETTINGS = (THEME, UPDATE_RATE, SPEED)


class Settings:
    """Reads and writes settings and the window's layout."""

    def __init__(self, store: QSettings, keep_alive: object = None) -> None:
        """`keep_alive` is held as long as the settings: the folder of a temporary store."""
        self._store = store
        self._keep_alive = keep_alive

    def get(self, setting: Setting) -> str:
        """The stored value; the default where nothing valid is stored."""
        value = str(self._store.value(setting.key, setting.default))
        return value if any(value == known for known, _ in setting.choices) else setting.default

    def set(self, setting: Setting, value: str) -> None:
        """Store a value."""
        self._store.setValue(setting.key, value)

    def text(self, key: str, default: str = "") -> str:
        """A remembered piece of text, such as the page shown last."""
        return str(self._store.value(key, default))

    def set_text(self, key: str, value: str) -> None:
        """Remember a piece of text."""
        self._store.setValue(key, value)

    def state(self, key: str) -> QByteArray:
        """A remembered layout; empty where there is none."""
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_state(self, key: str, value: QByteArray) -> None:
        """Remember a layout."""
        self._store.setValue(key, value)

    def flush(self) -> None:
        """Write everything to the disk."""
        self._store.sync()
