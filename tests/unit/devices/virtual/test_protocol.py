"""Packets and frames: whatever they hold and however the stream is cut, they come out again."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.virtual import shell_frames
from workbench.devices.virtual.protocol import (
    AUTH,
    CLSE,
    CNXN,
    HEADER_BYTES,
    OKAY,
    OPEN,
    WRTE,
    Packet,
    PacketDecoder,
    ProtocolError,
    checksum,
)

WORDS = st.integers(0, 2**32 - 1)
PACKETS = st.builds(
    Packet,
    st.sampled_from([CNXN, AUTH, OPEN, OKAY, CLSE, WRTE]),
    WORDS,
    WORDS,
    st.binary(max_size=300),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(marks)]


@given(st.lists(PACKETS, max_size=6), st.lists(st.integers(0, 10**6), max_size=8), st.booleans())
def test_packets_survive_any_cut(packets: list[Packet], places: list[int], sums: bool) -> None:
    wire = b"".join(packet.encode(with_checksum=sums) for packet in packets)
    decoder = PacketDecoder()
    decoder.verify_checksums = sums
    found = [packet for chunk in cut(wire, places) for packet in decoder.feed(chunk)]
    assert found == packets


@given(st.binary(min_size=HEADER_BYTES, max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    command, magic = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
    if magic == command ^ 0xFFFFFFFF:
        return
    with pytest.raises(ProtocolError):
        PacketDecoder().feed(data)


def test_a_wrong_sum_counts_only_where_sums_are_used() -> None:
    wire = bytearray(Packet(WRTE, 1, 2, b"abc").encode(with_checksum=True))
    wire[-1] ^= 1
    assert PacketDecoder().feed(bytes(wire))[0].payload == b"abb"
    strict = PacketDecoder()
    strict.verify_checksums = True
    with pytest.raises(ProtocolError, match="sum"):
        strict.feed(bytes(wire))


def test_a_payload_above_the_limit_is_refused_before_it_arrives() -> None:
    header = Packet(WRTE, 1, 2, b"x" * 101).encode(with_checksum=False)[:HEADER_BYTES]
    with pytest.raises(ProtocolError, match="101 bytes"):
        PacketDecoder(max_payload_bytes=100).feed(header)


@given(st.binary(max_size=1000))
def test_checksum_is_the_sum_of_the_bytes(data: bytes) -> None:
    assert checksum(data) == sum(data)


FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=200)), max_size=6)


@given(FRAMES, st.lists(st.integers(0, 10**6), max_size=8))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], places: list[int]) -> None:
    wire = b"".join(shell_frames.encode_frame(kind, data) for kind, data in frames)
    decoder = shell_frames.FrameDecoder()
    assert [frame for chunk in cut(wire, places) for frame in decoder.feed(chunk)] == frames


def test_a_huge_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="frame of"):
        shell_frames.FrameDecoder().feed(struct.pack("<BI", 0, 2**31))
