"""A phone that sends anything at all: a clear error or an answer, never a hang or a traceback."""

from __future__ import annotations

import contextlib
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.devices.adb import packets
from workbench.devices.adb.connection import AdbConnection
from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.packets import CLSE, CNXN, OKAY, OPEN, WRTE
from workbench.devices.adb.shell import start_shell
from workbench.devices.adb.sync import SyncSession
from workbench.devices.errors import DeviceError, DeviceProtocolError, DeviceTimeoutError


class Scripted:
    """A transport that has these bytes to read, and then no more."""

    one_send = True
    longest_read_s = math.inf

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.written = bytearray()

    def connect(self, transport_timeout_s: float) -> None:
        pass

    def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes:
        taken, self._data = self._data[:numbytes], self._data[numbytes:]
        if not taken:
            raise ConnectionResetError("the end")
        return taken

    def bulk_write(self, data: bytes, transport_timeout_s: float) -> int:
        self.written += data
        return len(data)

    def close(self) -> None:
        pass


def packet(command: int, arg0: int, arg1: int, payload: bytes = b"") -> bytes:
    return packets.pack_header(command, arg0, arg1, payload, with_sum=False) + payload


WELCOME = packet(CNXN, packets.VERSION, 4096, b"device::ro.product.model=x;features=shell_v2")

ANY_PACKET = st.builds(
    packet,
    st.sampled_from([OKAY, WRTE, CLSE, OPEN, CNXN, packets.AUTH, packets.SYNC, packets.STLS]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.binary(max_size=60),
)


def connected(data: bytes) -> AdbConnection:
    connection = AdbConnection(Scripted(WELCOME + data), "a test")
    connection.connect((), 5.0)
    return connection


class Opener:
    """Services on one connection."""

    def __init__(self, connection: AdbConnection) -> None:
        self.open = connection.open
        self.open_apart = connection.open
        self.close = connection.close


@given(st.lists(ANY_PACKET, max_size=12), st.binary(max_size=30))
def test_any_packets_end_a_command(following: list[bytes], rest: bytes) -> None:
    connection = connected(packet(OKAY, 7, 1) + b"".join(following) + rest)
    deadline = Deadline(5.0, "a command")
    with contextlib.suppress(DeviceError):
        stream = start_shell(
            Opener(connection), "true", frozenset({"shell_v2"}), deadline, apart=False
        )
        stream.finish(deadline, 1000)
    connection.close()


@given(
    st.binary(max_size=120), st.sampled_from([frozenset[str](), frozenset({"stat_v2", "ls_v2"})])
)
def test_any_answer_ends_a_listing(answer: bytes, features: frozenset[str]) -> None:
    wire = packet(OKAY, 7, 1) + packet(OKAY, 7, 1) + packet(WRTE, 7, 1, answer)
    connection = connected(wire + packet(CLSE, 7, 1))
    with (
        contextlib.suppress(DeviceError),
        SyncSession(Opener(connection), features, Deadline(5.0, "a listing")) as session,
    ):
        session.list_folder("/x")
    connection.close()


@given(st.binary(max_size=200))
def test_anything_in_the_place_of_a_welcome(data: bytes) -> None:
    connection = AdbConnection(Scripted(data), "a test")
    with pytest.raises(DeviceError):
        connection.connect((), 5.0)


@given(st.binary(max_size=200))
def test_any_banner(payload: bytes) -> None:
    banner = packets.parse_banner(payload)
    assert "" not in banner.features
    assert banner.state.isprintable()


def test_a_payload_larger_than_agreed_is_refused_before_it_is_read() -> None:
    header = struct.pack("<6I", WRTE, 1, 1, 2**31, 0, WRTE ^ 0xFFFFFFFF)
    with pytest.raises(DeviceProtocolError):
        packets.unpack_header(header, "a test")


def test_a_deadline_in_the_middle_of_a_packet_loses_nothing() -> None:
    whole = packet(OKAY, 7, 1) + packet(WRTE, 7, 1, b"x" * 100)

    class Halting(Scripted):
        """Goes silent for one read in the middle of a payload."""

        halted = False

        def bulk_read(self, numbytes: int, transport_timeout_s: float) -> bytes:
            if not self.halted and len(self._data) < 60:
                self.halted = True
                deadline._at_s = 0.0
                raise TimeoutError
            return super().bulk_read(min(numbytes, 13), transport_timeout_s)

    deadline = Deadline(60.0, "a read")
    connection = AdbConnection(Halting(WELCOME + whole), "a test")
    connection.connect((), 5.0)
    stream = connection.open("shell:", Deadline(5.0, "opening"))
    with pytest.raises(DeviceTimeoutError):
        stream.read(deadline)
    assert stream.read(Deadline(5.0, "again")) == b"x" * 100
    connection.close()
