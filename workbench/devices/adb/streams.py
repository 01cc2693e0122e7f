"""A service of the phone as a stream of bytes, whatever lies between."""

from __future__ import annotations

from typing import Protocol

from workbench.devices.adb.deadline import Deadline
from workbench.devices.errors import DeviceGoneError


class ServiceStream(Protocol):
    """Bytes to and from a service (`shell`, `sync`) of the phone."""

    def read(self, deadline: Deadline) -> bytes:
        """The next bytes, as many as came; empty once the phone has ended the service.

        Raises:
            DeviceTimeoutError: nothing came in time; the stream can still be read.
            DeviceGoneError: the link broke.
        """
        ...

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of `data`.

        Raises:
            DeviceTimeoutError: the phone did not take it in time; the stream is then spoilt.
            DeviceGoneError: the link broke or the phone has ended the service.
        """
        ...

    def pending(self) -> bool:
        """Whether `read` would return at once."""
        ...

    def close(self) -> None:
        """End the service; may be called from any thread, and twice."""
        ...


class ServiceOpener(Protocol):
    """Opens services of one phone."""

    def open(self, service: str, deadline: Deadline) -> ServiceStream:
        """Start `service`.

        Raises:
            ServiceRefusedError: the phone does not offer it.
            DeviceTimeoutError, DeviceGoneError, DeviceUnauthorizedError.
        """
        ...

    def open_apart(self, service: str, deadline: Deadline) -> ServiceStream:
        """The same for services that run for long, on a connection of their own where it can be."""
        ...

    def close(self) -> None:
        """Close the link and all its streams; from any thread."""
        ...


class ExactReader:
    """Reads exact numbers of bytes from a stream."""

    def __init__(self, stream: ServiceStream) -> None:
        self._stream = stream
        self._buffer = bytearray()

    def exactly(self, count: int, deadline: Deadline) -> bytes:
        """The next `count` bytes.

        Raises:
            DeviceGoneError: the phone ended before it had sent them.
        """
        while len(self._buffer) < count:
            data = self._stream.read(deadline)
            if not data:
                raise DeviceGoneError(
                    deadline.what, f"ended after {len(self._buffer)} of {count} bytes"
                )
            self._buffer += data
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken
