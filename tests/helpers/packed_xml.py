"""Writes Android's packed form of XML, as far as a power profile needs it.

Chunks of `ResourceTypes.h` of AOSP: a tree (3) holds a string pool (1), then starts (0x102) and
ends (0x103) of elements and their text (0x104).
"""

from __future__ import annotations

import struct
from xml.etree import ElementTree

_NONE = 0xFFFFFFFF


def pack(xml: str) -> bytes:
    """The packed form of a document without namespaces."""
    strings: list[str] = []

    def index(text: str) -> int:
        if text not in strings:
            strings.append(text)
        return strings.index(text)

    def node(kind: int, body: bytes) -> bytes:
        return struct.pack("<HHIII", kind, 16, 16 + len(body), 1, _NONE) + body

    def element(found: ElementTree.Element) -> bytes:
        attributes = b"".join(
            struct.pack("<IIIHBBI", _NONE, index(name), index(value), 8, 0, 3, index(value))
            for name, value in found.attrib.items()
        )
        head = struct.pack("<IIHHHHHH", _NONE, index(found.tag), 20, 20, len(found.attrib), 0, 0, 0)
        parts = node(0x102, head + attributes)
        if found.text and found.text.strip():
            text = index(found.text.strip())
            parts += node(0x104, struct.pack("<IHBBI", text, 8, 0, 3, text))
        parts += b"".join(map(element, found))
        return parts + node(0x103, struct.pack("<II", _NONE, index(found.tag)))

    nodes = element(ElementTree.fromstring(xml))
    data, offsets = b"", []
    for text in strings:
        offsets.append(len(data))
        raw = text.encode("utf-16-le")
        data += struct.pack("<H", len(text)) + raw + b"\0\0"
    data += b"\0" * (-len(data) % 4)
    start = 28 + 4 * len(strings)
    pool = struct.pack("<HHIIIIII", 1, 28, start + len(data), len(strings), 0, 0, start, 0)
    pool += struct.pack(f"<{len(offsets)}I", *offsets) + data
    return struct.pack("<HHI", 3, 8, 8 + len(pool) + len(nodes)) + pool + nodes
