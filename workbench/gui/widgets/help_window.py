"""The guide (F1): Markdown pages that ship with the program, with a list of contents."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextTable,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QWidget,
)

from workbench.core.resources import assets_root

_ORDER = (
    "window",
    "replay",
    "compare",
    "study",
    "network",
    "devices",
    "phones",
    "virtual-phone",
    "profile",
    "device-profiles",
    "traces",
    "projects",
    "trace-format",
    "training",
)
"""Pages in reading order; others follow by name."""


def _place(path: Path) -> tuple[int, str]:
    known = path.stem in _ORDER
    return (_ORDER.index(path.stem) if known else len(_ORDER), path.stem)


def guide_pages() -> list[tuple[str, Path]]:
    """(title, file) of each page of the guide in reading order; the title is its first heading."""
    pages = []
    for path in sorted((assets_root() / "guide").glob("*.md"), key=_place):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        pages.append((first.lstrip("# ").strip() or path.stem, path))
    return pages


class HelpWindow(QWidget):
    """A window with the guide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Guide")
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(880, 640)
        self._contents = QListWidget()
        self._contents.setAccessibleName("Pages of the guide")
        self._contents.setMaximumWidth(240)
        self._view = QTextBrowser()
        self._view.setAccessibleName("Text of the guide")
        self._view.setOpenLinks(False)
        self._view.setSearchPaths([str(assets_root() / "guide")])  # for pictures
        self._view.anchorClicked.connect(self._follow)
        self._view.document().setDocumentMargin(20)
        splitter = QSplitter()
        splitter.addWidget(self._contents)
        splitter.addWidget(self._view)
        splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(splitter)
        for title, path in guide_pages():
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, path)
            self._contents.addItem(item)
        self._contents.currentItemChanged.connect(self._show_item)
        self._contents.setCurrentRow(0)

    def open_page(self, stem: str) -> None:
        """Show the page whose file is called `stem`; else the first."""
        stems = [path.stem for _, path in guide_pages()]
        self._contents.setCurrentRow(stems.index(stem) if stem in stems else 0)

    def _show_item(self, item: QListWidgetItem | None, _previous: QListWidgetItem | None) -> None:
        if item is not None:
            path: Path = item.data(Qt.ItemDataRole.UserRole)
            self._view.setMarkdown(path.read_text(encoding="utf-8"))
            _dress(self._view.document())
            self._view.moveCursor(QTextCursor.MoveOperation.Start)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
        elif url.fileName().endswith(".md"):
            self.open_page(Path(url.fileName()).stem)


_HEADING_PX = {1: 20, 2: 15, 3: 13}
_PICTURE_PX = 528
"""Width of pictures: they are of whole windows, and too large for this one."""


def _shrink_pictures(cursor: QTextCursor, block: QTextBlock) -> bool:
    """Give the block's pictures the width of the window; returns whether there are any."""
    pieces, found = block.begin(), False
    while not pieces.atEnd():
        piece = pieces.fragment()
        if piece.charFormat().isImageFormat():
            picture = piece.charFormat().toImageFormat()
            picture.setWidth(_PICTURE_PX)
            cursor.setPosition(piece.position())
            end = piece.position() + piece.length()
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(picture)
            cursor.setPosition(block.position())
            found = True
            break  # the piece that was changed is another one now
        pieces += 1
    return found


def _dress(document: QTextDocument) -> None:
    """Give Markdown the room and the weights of the window; Qt's own are tight and heavy."""
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        cursor.setPosition(block.position())
        space = QTextBlockFormat()
        heights = QTextBlockFormat.LineHeightTypes
        if _shrink_pictures(cursor, block):
            space.setLineHeight(0, heights.SingleHeight.value)
        else:
            space.setLineHeight(130, heights.ProportionalHeight.value)
        inside = cursor.currentTable() is not None or block.textList() is not None
        space.setTopMargin(0 if inside else 18 if level > 1 else 4)
        space.setBottomMargin(3 if inside else 8)
        cursor.mergeBlockFormat(space)
        pieces = block.begin()
        while not pieces.atEnd():
            piece = pieces.fragment()
            heavy = piece.charFormat().fontWeight() > QFont.Weight.Medium.value
            if heavy:
                cursor.setPosition(piece.position())
                end = piece.position() + piece.length()
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                look = QTextCharFormat()
                look.setFontWeight(QFont.Weight.DemiBold)
                if level:
                    font = QFont(cursor.charFormat().font())
                    font.setPixelSize(_HEADING_PX.get(level, 13))
                    font.setWeight(QFont.Weight.DemiBold)
                    look.setFont(font)
                cursor.mergeCharFormat(look)
            pieces += 1
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            form = frame.format()
            form.setCellPadding(5)
            form.setBorder(0)
            frame.setFormat(form)
