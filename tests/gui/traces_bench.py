"""A Traces page on a folder of its own, with a recorder that is scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.traces import make_info, make_trace
from workbench.context import write_trace
from workbench.core.provenance import Provenance, Source
from workbench.gui.bridge import JobBridge
from workbench.gui.pages.trace_record import RecordingBackend
from workbench.gui.pages.traces import TracesPage
from workbench.gui.services_catalogue import ServicesCatalogue
from workbench.gui.settings import Settings
from workbench.gui.shell import Shell
from workbench.gui.workspace import Workspace
from workbench.jobs import Job, JobContext, JobManager, run_in_thread
from workbench.services.phone_recording_records import PhoneRecordingSummary
from workbench.services.profiling_setup import LOCAL
from workbench.services.projects import document_path, library
from workbench.services.recording import RecordingSettings, RecordingSummary
from workbench.services.recording_devices import RecordingDevice

OWN = "my_walk"


PHONE_LOG = """Time,Level,Temp,Current_uA,CPU_Sum
23:58:00,91,305,N/A,40
23:59:00,N/A,N/A,N/A,0
00:00:00,90,311,N/A,160
00:01:00,90,318,N/A,80
"""


COMPUTER = RecordingDevice(LOCAL, "This computer", "read here", least_hz=0.01, most_hz=50.0)
PHONES = (
    RecordingDevice("A1", "Phone one", "sampled by the agent", simulated=True),
    RecordingDevice("B2", "Phone two", "", "Unlock the phone and accept the key."),
)


class Recorder:
    """Stands for the recording service: reports until it is stopped, then writes.

    A phone's stream breaks after its third sample and comes back 60 s later.
    """

    def __init__(self) -> None:
        self.settings: RecordingSettings | None = None
        self.device = ""
        self.addresses: list[tuple[str, ...]] = []

    @property
    def backend(self) -> RecordingBackend:
        return RecordingBackend(lambda: COMPUTER, self._look, self._start)

    def _look(self, addresses: tuple[str, ...]) -> Job:
        self.addresses.append(addresses)
        return run_in_thread(lambda _: (COMPUTER, *PHONES), name="look")

    def _start(self, device: str, settings: RecordingSettings, path: Path) -> Job:
        self.settings, self.device = settings, device
        arguments = {"path": path, "phone": device != LOCAL}
        return run_in_thread(self._record, arguments, name="record")

    @staticmethod
    def _record(
        context: JobContext, path: Path, phone: bool
    ) -> RecordingSummary | PhoneRecordingSummary:
        number = 0
        while not context.cancelled:
            number += 1
            detail = {
                "t_s": float(number) + (60.0 if phone and number > 3 else 0.0),
                "battery_percent": 80.0, "free_cache_kib": 900.0, "cpu_share": 0.9,
                "memory_available_mib": 2000.0, "cpu_frequency_ratio": 1.0, "temperature_c": 25.0,
                "sampler_cost_percent": 0.25,
            }  # fmt: skip
            context.progress(min(1.0, number / 100), f"{number} samples", detail)
            if phone and number == 3:
                context.progress(None, "the phone cannot be reached; trying again")
            context.wait(0.01)
        write_trace(make_trace(info=make_info(title="Kept", origin="recorded")), path)
        if not phone:
            return RecordingSummary(str(path), 5, 4.0, True, 0.1, 0.01, {})
        return PhoneRecordingSummary(
            str(path), "Phone one", True, "the agent", 5, 64.0, True, "", ((3.0, 64.0),), 0.25,
            1.2, 0.1, {},
        )  # fmt: skip


class Bench:
    """A page in a shell, and what it said."""

    shell: Shell

    def __init__(self, page: TracesPage, folder: Path, recorder: Recorder, bot: QtBot) -> None:
        self.page = page
        self.folder = folder
        self.recorder = recorder
        self.went_to: list[str] = []
        self.said: list[str] = []
        self._bot = bot

    def settle(self) -> None:
        """Wait until nothing is read, written or previewed."""
        page = self.page
        self._bot.waitUntil(lambda: not page.busy and not page.compose.busy, timeout=10_000)
        # One more turn of the loop: what ended may have started something.
        QApplication.processEvents()
        self._bot.waitUntil(lambda: not page.busy and not page.compose.busy, timeout=10_000)

    def select(self, trace_id: str) -> None:
        self.page.select(trace_id)
        self.settle()

    def own_files(self) -> list[str]:
        folders = (self.folder, library("trace"))
        return sorted(path.stem for folder in folders for path in folder.glob("*.csv"))

    def path(self, trace_id: str) -> Path:
        """The file of an own trace: in the folder, or laid out from the project."""
        kept = document_path("trace", trace_id)
        return kept if kept.exists() else self.folder / f"{trace_id}.csv"


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeBench]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "adaspring-workbench" / "traces"
    folder.mkdir(parents=True)
    managers: list[JobManager] = []

    def make(own: bool = True, size: tuple[int, int] = (1360, 820), trace: str = "") -> Bench:
        if own:
            story = {"temperature_c": Source(Provenance.ABSENT, "no sensor; 25 assumed")}
            info = make_info(title="My walk", origin="recorded", column_sources=story)
            write_trace(make_trace(200, info), folder / f"{OWN}.csv")
        settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
        workspace = Workspace(ServicesCatalogue(), settings)
        workspace.load(trace=trace)
        managers.append(JobManager())
        bridge = JobBridge(managers[-1])
        recorder = Recorder()
        went_to: list[str] = []
        said: list[str] = []
        shell = Shell(
            workspace, bridge, settings, notify=lambda text, tone="": said.append(text),
            show_problem=lambda problem: None, go_to=went_to.append,
        )  # fmt: skip
        page = TracesPage(shell, recording=recorder.backend)
        workspace.setParent(page)
        bridge.setParent(page)
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        page.on_shown()
        bench = Bench(page, folder, recorder, qtbot)
        bench.shell = shell
        bench.went_to, bench.said = went_to, said
        bench.settle()
        return bench

    yield make
    for manager in managers:
        assert manager.stop_all() == ()


def crop(bench: Bench, low: float, high: float) -> None:
    """Keep these times of the trace that is shown."""
    bench.page.editing.begin_crop()
    bench.page.editing.set_region(low, high)
    bench.page.ui.edit_bar.apply.click()
    bench.settle()
