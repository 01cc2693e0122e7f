"""An edit under way on the Traces page: the bar above the lanes and the region over them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.context import Trace
from workbench.context.records import MAX_SAMPLES
from workbench.gui.plots.trace_stack import TraceStack
from workbench.gui.presenters.formats import duration
from workbench.gui.presenters.traces import TraceView
from workbench.gui.widgets.trace_edit_bar import TraceEditBar
from workbench.services.trace_editing import cropped, resampled


class TraceEditMode(QObject):
    """Offers crop, resample and rename of the trace shown; says what was settled on."""

    edited = Signal(object, str)
    """A function from the trace to the edited one, for a worker thread, and words for undo."""
    renamed = Signal(str)

    def __init__(self, bar: TraceEditBar, stack: TraceStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._stack = stack
        self._view: TraceView | None = None
        bar.applied.connect(self._apply)
        bar.dropped.connect(self.end)
        bar.region_entered.connect(self.set_region)
        bar.changed.connect(self._show_rate)
        stack.region_changed.connect(self.set_region)

    @property
    def open(self) -> bool:
        """Whether an edit is under way."""
        return bool(self._bar.mode)

    def set_view(self, view: TraceView | None) -> None:
        """The trace that is shown now."""
        self._view = view

    def end(self) -> None:
        """Drop the edit."""
        self._bar.close_edit()
        self._stack.set_region(None)

    # ---- crop ----------------------------------------------------------------------------------

    def begin_crop(self) -> None:
        """Show the region: what is in view, or the middle of the whole."""
        if self._view is None:
            return
        start, end = self._view.span_s
        shown = self._stack.shown_span
        if shown[0] > start or shown[1] < end:
            region = (max(shown[0], start), min(shown[1], end))
        else:
            fifth = 0.2 * (end - start)
            # On whole seconds, as the fields show them, where that makes no odds.
            digits = 0 if fifth > 10 else 3
            region = (round(start + fifth, digits), round(end - fifth, digits))
        self._bar.open("crop")
        self.set_region(*region)

    def set_region(self, from_s: float, to_s: float) -> None:
        """What the crop keeps, in seconds of the trace."""
        if self._view is None or self._bar.mode != "crop":
            return
        start, end = self._view.span_s
        from_s, to_s = max(start, min(from_s, end)), max(start, min(to_s, end))
        self._stack.set_region((from_s, to_s))
        self._bar.show_region((from_s, to_s), self._view.origin_s)
        t_s = self._view.trace.t_s
        inside = int(((t_s >= from_s) & (t_s <= to_s)).sum())
        if inside == 0:
            outcome = "No sample lies in there."
        elif inside == len(t_s):
            outcome = "That is the whole trace."
        else:
            outcome = f"{duration(to_s - from_s)} · {inside:,} of {len(t_s):,} samples stay"
        self._bar.show_outcome(outcome, possible=0 < inside < len(t_s))

    def crop_from(self) -> None:
        """Put the start of the region at the playhead."""
        if self._view is not None:
            region = self._crop_region()
            t_s = self._stack.t_s
            self.set_region(t_s, max(region[1], t_s))

    def crop_to(self) -> None:
        """Put the end of the region at the playhead."""
        if self._view is not None:
            region = self._crop_region()
            t_s = self._stack.t_s
            self.set_region(min(region[0], t_s), t_s)

    def _crop_region(self) -> tuple[float, float]:
        """The region; of a crop that only begins now, the whole."""
        assert self._view is not None
        region = self._stack.region
        if region is None:
            self.begin_crop()
            region = self._view.span_s
        return region

    # ---- others --------------------------------------------------------------------------------

    def begin_resample(self) -> None:
        """Offer half the rate."""
        if self._view is not None:
            step_s = self._view.figures.step_s or 1.0
            self._bar.rate.setValue(max(self._bar.rate.minimum(), min(50.0, 0.5 / step_s)))
            self._bar.open("resample")
            self._show_rate()

    def _show_rate(self) -> None:
        if self._view is None or self._bar.mode != "resample":
            return
        trace = self._view.trace
        samples = int(trace.duration_s * self._bar.rate.value()) + 1
        possible = samples <= MAX_SAMPLES
        outcome = (
            f"{samples:,} samples instead of {len(trace):,}; levels are interpolated, states held"
            if possible
            else f"{samples:,} samples are more than the {MAX_SAMPLES:,} allowed"
        )
        self._bar.show_outcome(outcome, possible=possible)

    def begin_rename(self, title: str) -> None:
        """Offer another name."""
        self._bar.name_edit.setText(title)
        self._bar.open("rename")

    def _apply(self, mode: str) -> None:
        region, rate_hz = self._stack.region, self._bar.rate.value()
        title = self._bar.name_edit.text().strip()
        self.end()
        if mode == "rename":
            self.renamed.emit(title)
        elif mode == "resample":
            self.edited.emit(_Resample(rate_hz), f"resample to {rate_hz:g} Hz")
        elif region is not None:
            self.edited.emit(_Crop(*region), "crop")


class _Crop:
    def __init__(self, from_s: float, to_s: float) -> None:
        self._span = (from_s, to_s)

    def __call__(self, trace: Trace) -> Trace:
        return cropped(trace, *self._span)


class _Resample:
    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz

    def __call__(self, trace: Trace) -> Trace:
        return resampled(trace, self._rate_hz)
