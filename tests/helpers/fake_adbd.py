"""A small debug daemon to test clients against: real packets, this computer's shell and files.

It is scripted by attributes and breaks in the ways a test asks for. Nothing of the workbench is
used here, so that a mistake on one side cannot hide the same mistake on the other.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

HEADER = struct.Struct("<6I")


def word(text: bytes) -> int:
    return int.from_bytes(text, "little")


class FakeAdbd:
    """Listens on a free port of 127.0.0.1 until it is closed.

    Attributes:
        root: folder that stands for the phone's file system.
        features: announced in the banner.
        state: first word of the banner.
        version: of the protocol; 0x01000000 demands sums of payloads.
        auth: "open" asks for no key, "trusting" takes any signature, "asking" wants the public key
            and accepts it, "refusing" never does, "tls" demands TLS.
        refuse: prefixes of services that are closed at once.
        fail_send: answer to every file that is sent, after its first data.
        cut_after: bytes after which the daemon drops the connection while it sends.
        garbage: sent in the place of the banner.
        stall: never answers an OPEN.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.features = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
        self.state = "device"
        self.version = 0x01000001
        self.auth = "open"
        self.refuse: tuple[bytes, ...] = ()
        self.fail_send: bytes | None = None
        self.cut_after: int | None = None
        self.garbage: bytes | None = None
        self.stall = False
        self.connections = 0
        self.public_keys: list[bytes] = []
        self.services: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._start(self._accept)

    def close(self) -> None:
        self._closing = True
        self.drop()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            thread.join(5)

    def drop(self) -> None:
        """Break all connections, as a pulled cable does."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def start(self, target: object, *arguments: object) -> None:
        self._start(target, *arguments)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            self._start(_Connection(self, connection).run)


class _Dropped(Exception):
    pass


class _Connection:
    def __init__(self, phone: FakeAdbd, connection: socket.socket) -> None:
        self.phone = phone
        self.socket = connection
        self.lock = threading.Lock()
        self.sent = 0
        self.sums = True
        self.streams: dict[int, _Service] = {}
        self.next_id = 100

    def run(self) -> None:
        with self.socket, contextlib.suppress(OSError, _Dropped):
            if not self._welcome():
                return
            while True:
                command, arg0, arg1, data = self.receive()
                if command == word(b"OPEN"):
                    self._open(arg0, data.rstrip(b"\0"))
                elif command == word(b"OKAY") and arg1 in self.streams:
                    self.streams[arg1].acknowledged.release()
                elif command == word(b"WRTE") and arg1 in self.streams:
                    self.streams[arg1].received(data)
                    self.send(b"OKAY", arg1, arg0)
                elif command == word(b"CLSE") and arg1 in self.streams:
                    self.streams.pop(arg1).end()
        for service in list(self.streams.values()):
            service.end()

    def receive(self) -> tuple[int, int, int, bytes]:
        command, arg0, arg1, length, total, magic = HEADER.unpack(self._exactly(24))
        assert magic == command ^ 0xFFFFFFFF
        data = self._exactly(length)
        if self.sums:
            assert total == sum(data) & 0xFFFFFFFF, "a client's sum is wrong"
        return command, arg0, arg1, data

    def send(self, command: bytes, arg0: int, arg1: int, data: bytes = b"") -> None:
        total = sum(data) & 0xFFFFFFFF if self.sums else 0
        packet = (
            HEADER.pack(word(command), arg0, arg1, len(data), total, word(command) ^ 0xFFFFFFFF)
            + data
        )
        with self.lock:
            limit = self.phone.cut_after
            if limit is not None and self.sent + len(packet) > limit:
                self.socket.sendall(packet[: max(0, limit - self.sent)])
                self.socket.shutdown(socket.SHUT_RDWR)
                raise _Dropped
            self.sent += len(packet)
            self.socket.sendall(packet)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise _Dropped
            data += piece
        return data

    def _welcome(self) -> bool:
        phone = self.phone
        command, version, _, _ = self.receive()
        assert command == word(b"CNXN")
        if phone.garbage is not None:
            self.socket.sendall(phone.garbage)
            return False
        if phone.auth == "tls":
            self.send(b"STLS", 0x01000000, 0)
            return bool(self._exactly(1))
        accepted = phone.auth == "open"
        while not accepted:
            self.send(b"AUTH", 1, 0, bytes(range(20)))
            command, kind, _, data = self.receive()
            assert command == word(b"AUTH")
            if kind == 2:
                assert len(data) == 256
                accepted = phone.auth == "trusting"
            elif kind == 3:
                phone.public_keys.append(data)
                if phone.auth == "refusing":
                    self.receive()  # a phone says nothing until somebody looks at it
                accepted = phone.auth == "asking"
        banner = (
            f"{phone.state}::ro.product.name=fake;ro.product.model=Fake \x1b[31mPhone;"
            f"ro.product.device=fake;features={phone.features}"
        )
        self.send(b"CNXN", phone.version, 2**18, banner.encode())
        self.sums = min(version, phone.version) < 0x01000001
        return True

    def _open(self, remote: int, service: bytes) -> None:
        self.phone.services.append(service)
        if self.phone.stall:
            return
        if any(service.startswith(prefix) for prefix in self.phone.refuse):
            self.send(b"CLSE", 0, remote)
            return
        local = self.next_id
        self.next_id += 1
        kind: type[_Service] | None = None
        if service.startswith(b"shell"):
            kind = _Shell
        elif service == b"sync:":
            kind = _Sync
        if kind is None:
            self.send(b"CLSE", 0, remote)
            return
        stream = kind(self, local, remote, service)
        self.streams[local] = stream
        self.send(b"OKAY", local, remote)
        self.phone.start(stream.run_safely)


class _Service:
    def __init__(self, link: _Connection, local: int, remote: int, service: bytes) -> None:
        self.link, self.local, self.remote, self.service = link, local, remote, service
        self.acknowledged = threading.Semaphore(0)
        self.ended = threading.Event()
        self.inbox = bytearray()
        self.arrived = threading.Condition()

    def run_safely(self) -> None:
        with contextlib.suppress(OSError, _Dropped):
            self.run()

    def run(self) -> None:
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        with self.arrived:
            self.inbox += data
            self.arrived.notify_all()

    def end(self) -> None:
        self.ended.set()
        self.acknowledged.release()
        with self.arrived:
            self.arrived.notify_all()

    def write(self, data: bytes) -> None:
        if not self.ended.is_set():
            self.link.send(b"WRTE", self.local, self.remote, data)
            self.acknowledged.acquire()
        if self.ended.is_set():
            self.acknowledged.release()  # for the other thread that writes
            raise _Dropped

    def finish(self) -> None:
        if self.link.streams.pop(self.local, None) is not None:
            self.link.send(b"CLSE", self.local, self.remote)


class _Shell(_Service):
    process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        framed = self.service.startswith(b"shell,v2")
        line = self.service.partition(b":")[2].decode()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if framed else subprocess.STDOUT,
            env={**os.environ, "ROOT": str(self.link.phone.root)},
            start_new_session=True,
        )
        with self.process as process:
            if self.ended.is_set():  # while it was being started
                self._kill()
            try:
                pump: threading.Thread | None = None
                if process.stderr is not None:
                    pump = threading.Thread(target=self._copy, args=(process.stderr, b"\2"))
                    pump.start()
                self._copy(process.stdout, b"\1" if framed else b"")
                if pump is not None:
                    pump.join()
                code = process.wait()
                if framed:
                    self.write(b"\3\1\0\0\0" + bytes([code & 0xFF]))
                self.finish()
            finally:
                self._kill()

    def _copy(self, source: object, mark: bytes) -> None:
        with contextlib.suppress(OSError, _Dropped, ValueError):
            while data := os.read(source.fileno(), 4096):  # type: ignore[attr-defined]
                if mark:
                    self.write(mark + struct.pack("<I", len(data)) + data)
                else:
                    self.write(data.replace(b"\n", b"\r\n"))

    def end(self) -> None:
        super().end()
        self._kill()

    def _kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)


class _Sync(_Service):
    def run(self) -> None:
        while True:
            kind, length = struct.unpack("<4sI", self.read(8))
            if kind == b"QUIT":
                self.finish()
                return
            argument = self.read(length).decode()
            getattr(self, kind.decode().lower())(argument)

    def read(self, count: int) -> bytes:
        with self.arrived:
            while len(self.inbox) < count:
                if self.ended.is_set():
                    raise _Dropped
                self.arrived.wait()
            data = bytes(self.inbox[:count])
            del self.inbox[:count]
            return data

    def place(self, path: str) -> Path:
        return self.link.phone.root / path.lstrip("/")

    def fail(self, message: bytes) -> None:
        self.write(b"FAIL" + struct.pack("<I", len(message)) + message)

    def stat(self, path: str) -> None:
        found = self._stat(path)
        values = (found.st_mode, found.st_size, int(found.st_mtime)) if found else (0, 0, 0)
        self.write(b"STAT" + struct.pack("<III", *values))

    def sta2(self, path: str) -> None:
        self.write(b"STA2" + self._stat_2(self._stat(path)))

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return self.place(path).stat()
        except OSError:
            return None

    def _stat_2(self, found: os.stat_result | None) -> bytes:
        layout = "<IQQIIIIQqqq"
        if found is None:
            return struct.pack(layout, 2, *[0] * 10)
        seconds = int(found.st_mtime)
        return struct.pack(
            layout, 0, 1, 2, found.st_mode, 1, 2000, 2000, found.st_size, seconds, seconds, seconds
        )

    def _entries(self, path: str) -> Iterator[tuple[bytes, os.stat_result]]:
        folder = self.place(path)
        if folder.is_dir():
            for entry in [folder / ".", folder / "..", *folder.iterdir()]:
                name = os.fsencode(entry.name if entry.parent == folder else "..")
                yield name or b".", entry.stat()

    def list(self, path: str) -> None:
        for name, found in self._entries(path):
            head = struct.pack("<IIII", found.st_mode, found.st_size, 1, len(name))
            self.write(b"DENT" + head + name)
        self.write(b"DONE" + bytes(16))

    def lis2(self, path: str) -> None:
        for name, found in self._entries(path):
            self.write(b"DNT2" + self._stat_2(found) + struct.pack("<I", len(name)) + name)
        self.write(b"DONE" + bytes(72))

    def recv(self, path: str) -> None:
        try:
            data = self.place(path).read_bytes()
        except OSError as error:
            self.fail(f"open failed: {error.strerror}".encode())
            return
        for start in range(0, len(data), 65536):
            piece = data[start : start + 65536]
            self.write(b"DATA" + struct.pack("<I", len(piece)) + piece)
        self.write(b"DONE" + bytes(4))

    def send(self, argument: str) -> None:
        path, _, mode = argument.rpartition(",")
        content = bytearray()
        while True:
            kind, length = struct.unpack("<4sI", self.read(8))
            if kind == b"DONE":
                break
            content += self.read(length)
            if self.link.phone.fail_send is not None:
                self.fail(self.link.phone.fail_send)
                self.finish()
                raise _Dropped
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(int(mode) & 0o777)
        os.utime(place, (length, length))
        self.write(b"OKAY" + bytes(4))
