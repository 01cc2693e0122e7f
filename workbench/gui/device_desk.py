"""What the pages know together about devices: where phones are, who uses one, who asks for what."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one page asks of another that is about to be shown.

    Attributes:
        device: key of the device that it is about.
        configurations: a hand-made list to measure, such as ``ch75/fire/identity/svd``.
    """

    device: str
    configurations: tuple[str, ...] = ()


class DeviceDesk(QObject):
    """One for all pages of a window."""

    changed = Signal()
    """A device is used for something, or is free again."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.addresses: tuple[str, ...] = ()
        """Phones to reach directly, as HOST:PORT, as long as the window is open."""
        self._uses: dict[str, str] = {}
        self._wanted: dict[str, Wanted] = {}

    def claim(self, device: str, use: str) -> None:
        """A device is used from now on; `use` says for what, such as ``being recorded``."""
        self._uses[device] = use
        self.changed.emit()

    def release(self, device: str) -> None:
        """The device is free again."""
        if self._uses.pop(device, None) is not None:
            self.changed.emit()

    def use_of(self, device: str) -> str:
        """What the device is used for; empty when it is free."""
        return self._uses.get(device, "")

    def ask(self, page: str, wanted: Wanted) -> None:
        """Leave a wish for a page; the last one counts."""
        self._wanted[page] = wanted

    def take(self, page: str) -> Wanted | None:
        """The wish that was left for a page; it is gone then."""
        return self._wanted.pop(page, None)
