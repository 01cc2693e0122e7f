"""A terminal's line discipline: echo, editing of the current line, interrupt, end of input."""

from __future__ import annotations

from collections.abc import Callable

from workbench.devices.virtual.shell.streams import Pipe, Sink

INTERRUPT, END, BACKSPACE, KILL_LINE = 0x03, 0x04, (0x08, 0x7F), 0x15
LINE_LIMIT = 4096


class Terminal:
    """Between the keys of a host's user and the shell; what the shell writes goes through it.

    Args:
        screen: shows what is typed and written.
    """

    def __init__(self, screen: Sink) -> None:
        self._screen = screen
        self._pipe = Pipe()
        self._line = bytearray()
        self.source = self._pipe.source
        self.on_interrupt: Callable[[], object] | None = None
        """What Ctrl+C ends; None while nothing runs."""

    async def feed(self, keys: bytes) -> None:
        """Keys were pressed."""
        for key in keys:
            await self._press(key)

    async def _press(self, key: int) -> None:
        if key == INTERRUPT:
            self._line.clear()
            await self._screen.write(b"^C\r\n")
            if self.on_interrupt is not None:
                self.on_interrupt()
            else:
                await self._pipe.write(b"\n")
        elif key == END:
            if not self._line:
                self._pipe.close()
        elif key in BACKSPACE:
            if self._line:
                del self._line[-1]
                await self._screen.write(b"\b \b")
        elif key == KILL_LINE:
            await self._screen.write(b"\b \b" * len(self._line))
            self._line.clear()
        elif key in (0x0A, 0x0D):
            await self._screen.write(b"\r\n")
            line = bytes(self._line) + b"\n"
            self._line.clear()
            await self._pipe.write(line)
        elif len(self._line) < LINE_LIMIT:
            self._line.append(key)
            await self._screen.write(bytes([key]))

    async def write(self, data: bytes) -> None:
        """The shell, or what it runs, writes."""
        await self._screen.write(data.replace(b"\n", b"\r\n"))

    def close(self) -> None:
        """No more keys come."""
        self._pipe.close()
