"""Commands on the phone with exit codes: shell protocol v2, and a way round on older phones.

Version 2 (Android 7 and later) frames the output: ``<BI`` id and length, id 1 standard output,
2 standard error, 3 exit code (one byte), 4 "no more input" (see `shell_protocol.h` of AOSP).
Older phones run ``shell:`` on a terminal: one stream, no exit code, line ends of their own. There
the command runs in a subshell (or ``exit 3`` would skip what follows) and a mark with its exit
code comes after it.
"""

from __future__ import annotations

import re
import secrets
import struct
from collections.abc import Iterator
from types import TracebackType
from typing import Literal

from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.streams import ServiceOpener, ServiceStream
from workbench.devices.device import ShellResult
from workbench.devices.errors import DeviceError, DeviceGoneError, DeviceProtocolError

SHELL_V2 = "shell_v2"

_HEADER = struct.Struct("<BI")
_STDOUT, _STDERR, _EXIT, _CLOSE_STDIN = 1, 2, 3, 4
_NO_INPUT = _HEADER.pack(_CLOSE_STDIN, 0)
_MAX_FRAME = 64 * 2**20
_STDERR_TAIL = 64 * 2**10

Source = Literal["stdout", "stderr"]
Piece = tuple[Source, bytes]


class FrameDecoder:
    """Takes shell v2 apart, fed with bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.exit_code: int | None = None

    def feed(self, data: bytes) -> list[Piece]:
        """Pieces of output that are complete now.

        Raises:
            DeviceProtocolError: a frame of a size that no phone sends.
        """
        self._buffer += data
        pieces: list[Piece] = []
        position = 0
        while len(self._buffer) - position >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._buffer, position)
            if length > _MAX_FRAME:
                raise DeviceProtocolError("shell", f"frame {kind} of {length} bytes")
            start, end = position + _HEADER.size, position + _HEADER.size + length
            if len(self._buffer) < end:
                break
            payload = bytes(memoryview(self._buffer)[start:end])
            position = end
            if kind == _STDOUT:
                pieces.append(("stdout", payload))
            elif kind == _STDERR:
                pieces.append(("stderr", payload))
            elif kind == _EXIT and payload:
                self.exit_code = payload[0]
        del self._buffer[:position]
        return pieces

    def finish(self) -> list[Piece]:
        """What is left at the end: nothing here."""
        return []


class MarkDecoder:
    """Finds the mark with the exit code in the output of a plain ``shell:``."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode("ascii")
        self._pattern = re.compile(re.escape(self._mark) + rb":(\d{1,3})(\r*\n|\Z)")
        self._held = b""
        self.exit_code: int | None = None

    def feed(self, data: bytes) -> list[Piece]:
        """Output that surely stands before the mark; the rest is held back."""
        self._held += data
        start = self._held.find(self._mark)
        if start < 0:
            # The mark may be cut anywhere, and a CR belongs to the LF that follows it.
            start = max(0, len(self._held) - len(self._mark))
            while start > 0 and self._held[start - 1 : start] == b"\r":
                start -= 1
        ready, self._held = self._held[:start], self._held[start:]
        return [("stdout", _as_written(ready))] if ready else []

    def finish(self) -> list[Piece]:
        """What is left at the end; reads the exit code."""
        match = self._pattern.search(self._held)
        rest = self._held
        if match is not None:
            self.exit_code = int(match[1])
            rest = self._held[: match.start()]
        self._held = b""
        return [("stdout", _as_written(rest))] if rest else []


def _as_written(output: bytes) -> bytes:
    """Undo what the phone's terminal did to line ends (LF became CR LF, on some CR CR LF)."""
    return re.sub(rb"\r+\n", b"\n", output)


def start_shell(
    opener: ServiceOpener, line: str, features: frozenset[str], deadline: Deadline, *, apart: bool
) -> AdbShellStream:
    """Start a command.

    Args:
        line: for the phone's shell.
        features: of the phone; decides between the two protocols.
        apart: on a connection of its own, where that can be.
    """
    open_service = opener.open_apart if apart else opener.open
    if SHELL_V2 in features:
        stream = open_service(f"shell,v2,raw:{line}", deadline)
        decoder: FrameDecoder | MarkDecoder = FrameDecoder()
        try:
            # Nobody types: a command that reads its input shall see the end at once. The phone may
            # have ended the command by now, with its output waiting to be read.
            stream.write(_NO_INPUT, deadline)
        except DeviceGoneError:
            pass
        except DeviceError:
            stream.close()
            raise
    else:
        mark = f"END-{secrets.token_hex(8)}"
        # The line end keeps a comment at the end of the line from swallowing the bracket. The mark
        # is put together by the shell, lest a terminal that echoes shows it early.
        stream = open_service(f"shell:( {line}\n); echo {mark[:8]}''{mark[8:]}:$?", deadline)
        decoder = MarkDecoder(mark)
    return AdbShellStream(stream, decoder, deadline.what)


class AdbShellStream:
    """A running command; implements `workbench.devices.device.ShellStream`."""

    def __init__(
        self, stream: ServiceStream, decoder: FrameDecoder | MarkDecoder, what: str
    ) -> None:
        self._stream = stream
        self._decoder = decoder
        self._what = what
        self._pieces: list[Piece] = []
        self._ended = False
        self._line = bytearray()
        self._stderr = bytearray()

    @property
    def exit_code(self) -> int | None:
        """Exit code once the command has ended; None before, and where it was killed."""
        return self._decoder.exit_code

    @property
    def stderr_tail(self) -> bytes:
        """The last of what `lines` saw on standard error."""
        return bytes(self._stderr)

    def read(self, timeout_s: float) -> Piece | None:
        """The next bytes as they come; None once the command has ended."""
        return self.read_until(Deadline(timeout_s, self._what))

    def read_until(self, deadline: Deadline) -> Piece | None:
        """The same with a deadline that other calls share."""
        while not self._pieces:
            if self._ended:
                return None
            data = self._stream.read(deadline)
            if data:
                self._pieces += self._decoder.feed(data)
            else:
                self._ended = True
                self._pieces += self._decoder.finish()
        return self._pieces.pop(0)

    def lines(self, timeout_s: float) -> Iterator[bytes]:
        """Lines of standard output without their ends; each has `timeout_s` to come."""
        deadline = Deadline(timeout_s, self._what)
        while True:
            end = self._line.find(b"\n")
            if end >= 0:
                line = bytes(self._line[:end])
                del self._line[: end + 1]
                yield line.removesuffix(b"\r")
                deadline = Deadline(timeout_s, self._what)
                continue
            piece = self.read_until(deadline)
            if piece is None:
                break
            if piece[0] == "stdout":
                self._line += piece[1]
                if len(self._line) > _MAX_FRAME:
                    raise DeviceProtocolError(self._what, "a line without an end")
            else:
                self._stderr += piece[1]
                del self._stderr[:-_STDERR_TAIL]
        if self._line:
            line = bytes(self._line)
            self._line.clear()
            yield line

    def finish(self, deadline: Deadline, max_bytes: int) -> ShellResult:
        """Read to the end.

        Raises:
            DeviceGoneError: the stream ended without an exit code: the link or the phone died.
            DeviceProtocolError: more than `max_bytes` came.
        """
        outputs = {"stdout": bytearray(), "stderr": bytearray()}
        received = 0
        while (piece := self.read_until(deadline)) is not None:
            received += len(piece[1])
            if received > max_bytes:
                raise DeviceProtocolError(self._what, f"more than {max_bytes} bytes of output")
            outputs[piece[0]] += piece[1]
        if self.exit_code is None:
            said = bytes(outputs["stderr"] or outputs["stdout"])[-500:].decode("utf-8", "replace")
            raise DeviceGoneError(self._what, f"ended without an exit code; it said: {said}")
        return ShellResult(self.exit_code, bytes(outputs["stdout"]), bytes(outputs["stderr"]))

    def close(self) -> None:
        """End the stream, and with it most commands."""
        self._stream.close()

    def __enter__(self) -> AdbShellStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
