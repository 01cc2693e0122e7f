"""Devices as they come and go, through the ADB server's own tracking."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.devices.adb.deadline import Deadline
from workbench.devices.adb.server import AdbServer, SocketStream
from workbench.devices.adb.states import DeviceState, ListedDevice, parse_device_list
from workbench.devices.errors import DeviceError

SETTLE_S = 1.5
"""How long a passing state must last before it is shown."""
RETRY_S = 2.0
"""Pause before asking again for a server that does not answer."""

_PASSING = frozenset({DeviceState.OFFLINE, DeviceState.CONNECTING, DeviceState.AUTHORIZING})


class ListDebouncer:
    """Holds back states that every phone passes through while it connects.

    A phone that has just been plugged in shows as `offline` for a moment, and one that is being
    plugged in again vanishes and returns. A passing state is therefore shown only once it has
    lasted `settle_s`; until then a phone shows as it did before, or not at all. All other changes,
    its vanishing among them, show at once.
    """

    def __init__(self, settle_s: float = SETTLE_S) -> None:
        self._settle_s = settle_s
        self._current: tuple[ListedDevice, ...] = ()
        self._shown: dict[str, ListedDevice] = {}
        self._since_s: dict[str, float] = {}

    def update(self, devices: tuple[ListedDevice, ...], t_s: float) -> tuple[ListedDevice, ...]:
        """Take the server's list at time `t_s` and return what to show."""
        passing = {d.serial for d in devices if d.state in _PASSING}
        self._since_s = {serial: self._since_s.get(serial, t_s) for serial in passing}
        self._current = devices
        return self.at(t_s)

    def at(self, t_s: float) -> tuple[ListedDevice, ...]:
        """What to show at time `t_s`."""
        shown: dict[str, ListedDevice] = {}
        for device in self._current:
            since_s = self._since_s.get(device.serial)
            if since_s is None or t_s - since_s >= self._settle_s:
                shown[device.serial] = device
            elif device.serial in self._shown:
                shown[device.serial] = self._shown[device.serial]
        self._shown = shown
        return tuple(shown.values())

    def next_due_s(self) -> float | None:
        """When `at` may show something new without a new list; None: never."""
        shown = self._shown
        waiting = [
            since_s + self._settle_s
            for serial, since_s in self._since_s.items()
            if serial not in shown or shown[serial].state not in _PASSING
        ]
        return min(waiting, default=None)


@dataclass(frozen=True, slots=True)
class DeviceListEvent:
    """The list has changed.

    Attributes:
        devices: what is there, debounced; empty while no server answers.
        server_error: why the server does not answer; None while it does.
    """

    devices: tuple[ListedDevice, ...]
    server_error: DeviceError | None = None


class DeviceTracker:
    """Watches the server's list on a thread of its own and reports each change once.

    While no server answers it asks again every `RETRY_S`; it never starts one.

    Args:
        on_event: called on the tracker's thread; put the event on a queue there.
    """

    def __init__(
        self,
        server: AdbServer,
        on_event: Callable[[DeviceListEvent], None],
        *,
        settle_s: float = SETTLE_S,
        retry_s: float = RETRY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._on_event = on_event
        self._settle_s = settle_s
        self._retry_s = retry_s
        self._clock = clock
        self._last: DeviceListEvent | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._stream: SocketStream | None = None
        self._thread = threading.Thread(target=self._run, name="device tracker", daemon=True)

    def start(self) -> None:
        """Begin to watch; the first event comes as soon as the server has answered, or not."""
        self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop watching; no event comes afterwards."""
        self._stop.set()
        with self._lock:
            if self._stream is not None:
                self._stream.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except DeviceError as error:
                self._emit(DeviceListEvent((), error))
            self._stop.wait(self._retry_s)

    def _watch(self) -> None:
        """Follow one connection until it breaks."""
        what = f"ADB server at {self._server.address}"
        deadline = Deadline(5.0, what)
        stream = self._server.connect(deadline)
        with self._lock:
            self._stream = stream
        try:
            stream.request("host:track-devices-l", deadline)
            debouncer = ListDebouncer(self._settle_s)
            payload = stream.block(deadline)
            while not self._stop.is_set():
                devices = parse_device_list(payload.decode("utf-8", "replace"))
                self._emit(DeviceListEvent(debouncer.update(devices, self._clock())))
                payload = self._next_list(stream, debouncer, what)
        finally:
            stream.close()

    def _next_list(self, stream: SocketStream, debouncer: ListDebouncer, what: str) -> bytes:
        """The next list; meanwhile shows what has lasted long enough."""
        while True:
            due_s = debouncer.next_due_s()
            # Without a state to wait for there is none but the next list, which may be days away.
            wait_s = 3600.0 if due_s is None else max(0.01, due_s - self._clock())
            if stream.wait_readable(wait_s):
                return stream.block(Deadline(5.0, what))
            self._emit(DeviceListEvent(debouncer.at(self._clock())))

    def _emit(self, event: DeviceListEvent) -> None:
        last = self._last
        same = (
            last is not None
            and last.devices == event.devices
            and (last.server_error is None) == (event.server_error is None)
        )
        if not same and not self._stop.is_set():
            self._last = event
            self._on_event(event)
