"""Icons: SVG files with one stroke colour, painted in the theme's colours at any scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from workbench.core.resources import assets_root


@lru_cache(maxsize=512)
def _source(name: str) -> str:
    return (assets_root() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, width: int, height: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


class _SvgIconEngine(QIconEngine):
    """Draws one SVG in one colour for each state of a button, sharp at every scale."""

    def __init__(self, name: str, normal: str, checked: str, disabled: str) -> None:
        super().__init__()
        self._name = name
        self._colours = (normal, checked, disabled)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        normal, checked, disabled = self._colours
        if mode == QIcon.Mode.Disabled:
            return disabled
        return checked if state == QIcon.State.On else normal

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:  # type: ignore[no-untyped-def]
        ratio = painter.device().devicePixelRatioF()
        colour = self._colour(mode, state)
        painter.drawPixmap(rect, _pixmap(self._name, colour, rect.width(), rect.height(), ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        colour = self._colour(mode, state)
        return _pixmap(self._name, colour, size.width(), size.height(), 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        colour = self._colour(mode, state)
        width, height = round(size.width() / scale), round(size.height() / scale)
        return _pixmap(self._name, colour, width, height, scale)

    def clone(self) -> QIconEngine:
        return _SvgIconEngine(self._name, *self._colours)


def icon(name: str, normal: str, checked: str | None = None, disabled: str | None = None) -> QIcon:
    """An icon of ``assets/icons/<name>.svg`` in colours ``#rrggbb``.

    Raises:
        FileNotFoundError: when there is no such icon.
    """
    _source(name)
    return QIcon(_SvgIconEngine(name, normal, checked or normal, disabled or normal))


def pixmap(name: str, colour: str, size_px: int, ratio: float = 1.0) -> QPixmap:
    """One icon as a picture, for labels."""
    return _pixmap(name, colour, size_px, size_px, ratio)
