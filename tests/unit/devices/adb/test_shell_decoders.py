"""Output of commands arrives in pieces of any size; it must read the same."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.adb.shell import FrameDecoder, MarkDecoder, Piece
from workbench.devices.errors import DeviceProtocolError

MARK = "END-0123456789abcdef"


def in_pieces(data: st.DataObject, whole: bytes) -> list[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    edges = [0, *cuts, len(whole)]
    return [whole[start:end] for start, end in pairwise(edges)]


def joined(pieces: list[Piece], source: str) -> bytes:
    return b"".join(data for kind, data in pieces if kind == source)


@given(
    data=st.data(),
    frames=st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=8),
    code=st.integers(0, 255),
)
def test_frames_in_any_pieces(
    data: st.DataObject, frames: list[tuple[int, bytes]], code: int
) -> None:
    whole = b"".join(struct.pack("<BI", kind, len(body)) + body for kind, body in frames)
    whole += struct.pack("<BIB", 3, 1, code)
    decoder = FrameDecoder()
    pieces = [piece for part in in_pieces(data, whole) for piece in decoder.feed(part)]
    assert decoder.exit_code == code
    assert joined(pieces, "stdout") == b"".join(body for kind, body in frames if kind == 1)
    assert joined(pieces, "stderr") == b"".join(body for kind, body in frames if kind == 2)


@given(
    data=st.data(),
    text=st.text(st.sampled_from("ab\n\rEND-0123"), max_size=60),
    code=st.integers(0, 255),
    end=st.sampled_from(["\n", "\r\n", "\r\r\n", ""]),
)
def test_a_mark_in_any_pieces(data: st.DataObject, text: str, code: int, end: str) -> None:
    written = text.replace("\r", "").encode()  # what the command wrote; the terminal adds the CRs
    on_the_wire = written.replace(b"\n", (end or "\n").encode())
    whole = on_the_wire + f"{MARK}:{code}{end}".encode()
    decoder = MarkDecoder(MARK)
    pieces = [piece for part in in_pieces(data, whole) for piece in decoder.feed(part)]
    pieces += decoder.finish()
    assert decoder.exit_code == code
    assert joined(pieces, "stdout") == written


def test_output_without_a_mark_has_no_exit_code() -> None:
    decoder = MarkDecoder(MARK)
    pieces = decoder.feed(b"it died\r\n") + decoder.finish()
    assert joined(pieces, "stdout") == b"it died\n"
    assert decoder.exit_code is None


@given(st.binary(max_size=200))
def test_garbage_never_breaks_a_decoder(garbage: bytes) -> None:
    mark = MarkDecoder(MARK)
    mark.feed(garbage)
    mark.finish()
    try:
        FrameDecoder().feed(garbage)
    except DeviceProtocolError as error:
        assert error.hint


def test_a_frame_of_absurd_size_is_refused() -> None:
    with pytest.raises(DeviceProtocolError):
        FrameDecoder().feed(struct.pack("<BI", 1, 2**31))
