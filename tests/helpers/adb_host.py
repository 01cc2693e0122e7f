"""The host's side of ADB, small and strict: what tests hold the virtual phone against."""

from __future__ import annotations

import base64
import socket
import struct
from functools import cache
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from workbench.devices.virtual.protocol import (
    AUTH,
    AUTH_PUBLIC_KEY,
    AUTH_SIGNATURE,
    CLSE,
    CNXN,
    OKAY,
    OPEN,
    VERSION,
    WRTE,
    Packet,
    PacketDecoder,
)
from workbench.devices.virtual.shell_frames import FrameDecoder


@cache
def host_key() -> rsa.RSAPrivateKey:
    """One key for all tests: making one takes a while."""
    return rsa.generate_private_key(65537, 2048)


def android_public_key(key: rsa.RSAPrivateKey) -> bytes:
    """The key as adb sends it."""
    numbers = key.public_key().public_numbers()
    n = numbers.n
    inverse = (-pow(n, -1, 1 << 32)) % (1 << 32)
    blob = struct.pack("<II", 64, inverse) + n.to_bytes(256, "little")
    blob += pow(1 << 2048, 2, n).to_bytes(256, "little") + struct.pack("<I", numbers.e)
    return base64.b64encode(blob) + b" tests@host\0"


class AdbHost:
    """One connection to a phone; every wait ends after `timeout_s` with a TimeoutError."""

    def __init__(
        self,
        port: int,
        *,
        version: int = VERSION,
        max_payload: int = 1 << 20,
        timeout_s: float = 10.0,
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.version = version
        self.max_payload = max_payload
        self.decoder = PacketDecoder()
        self.decoder.verify_checksums = version < VERSION
        self.waiting: list[Packet] = []
        self.banner = ""
        self.used_public_key = False
        self._next_id = 10

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, command: int, arg0: int, arg1: int, payload: bytes = b"") -> None:
        packet = Packet(command, arg0, arg1, payload)
        self.socket.sendall(packet.encode(with_checksum=self.version < VERSION))

    def receive(self) -> Packet:
        """The next packet.

        Raises:
            ConnectionError: when the phone ends the connection.
        """
        while not self.waiting:
            data = self.socket.recv(1 << 18)
            if not data:
                raise ConnectionError("the phone ended the connection")
            self.waiting += self.decoder.feed(data)
        return self.waiting.pop(0)

    def connect(self, key: rsa.RSAPrivateKey | None = None) -> Self:
        """Authenticate as adb does: signature first, then the public key."""
        key = key or host_key()
        self.send(CNXN, self.version, self.max_payload, b"host::features=shell_v2")
        signed = False
        while True:
            packet = self.receive()
            if packet.command == CNXN:
                self.banner = packet.payload.decode()
                return self
            assert packet.command == AUTH
            assert len(packet.payload) == 20
            if signed:
                self.used_public_key = True
                self.send(AUTH, AUTH_PUBLIC_KEY, 0, android_public_key(key))
            else:
                scheme = utils.Prehashed(hashes.SHA1())
                signature = key.sign(packet.payload, padding.PKCS1v15(), scheme)
                self.send(AUTH, AUTH_SIGNATURE, 0, signature)
                signed = True

    def open(self, service: str) -> HostStream:
        """Open a service.

        Raises:
            ConnectionRefusedError: when the phone has none of that name.
        """
        self._next_id += 1
        self.send(OPEN, self._next_id, 0, service.encode() + b"\0")
        packet = self.receive()
        assert packet.arg1 == self._next_id
        if packet.command == CLSE:
            raise ConnectionRefusedError(service)
        assert packet.command == OKAY
        return HostStream(self, self._next_id, packet.arg0)

    def run(self, script: str) -> tuple[bytes, bytes, int]:
        """Run a script; standard output, standard error, exit code."""
        decoder = FrameDecoder()
        found: dict[int, bytes] = {1: b"", 2: b"", 3: b""}
        for data in self.open(f"shell,v2,raw:{script}").pieces():
            for kind, content in decoder.feed(data):
                found[kind] += content
        assert len(found[3]) == 1, "no exit code came"
        return found[1], found[2], found[3][0]


class HostStream:
    """One stream; only one is used at a time."""

    def __init__(self, host: AdbHost, local_id: int, remote_id: int) -> None:
        self.host = host
        self.local_id = local_id
        self.remote_id = remote_id
        self._rest = b""

    def pieces(self) -> list[bytes]:
        """Everything up to the end of the stream."""
        found = []
        while (piece := self.read()) is not None:
            found.append(piece)
        return found

    def read(self) -> bytes | None:
        """The next piece; None at the end."""
        while True:
            packet = self.host.receive()
            if packet.arg1 != self.local_id:
                continue
            if packet.command == CLSE:
                return None
            if packet.command == WRTE:
                self.host.send(OKAY, self.local_id, self.remote_id)
                return packet.payload

    def read_exactly(self, count: int) -> bytes:
        """Exactly so many bytes; EOFError when the stream ends before."""
        while len(self._rest) < count:
            piece = self.read()
            if piece is None:
                raise EOFError
            self._rest += piece
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def write(self, data: bytes) -> None:
        """Send one piece and wait until it was taken."""
        self.host.send(WRTE, self.local_id, self.remote_id, data)
        while True:
            packet = self.host.receive()
            if packet.arg1 == self.local_id and packet.command == OKAY:
                return
            if packet.arg1 == self.local_id and packet.command == CLSE:
                raise EOFError
            self.host.waiting.insert(0, packet)
            raise AssertionError("data came where an OKAY was due")
