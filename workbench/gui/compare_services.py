"""The Compare page on the workbench's services."""

from __future__ import annotations

import datetime as dt

from workbench.export.replay_report import Cloud
from workbench.gui.presenters.compare_backend import Contender, Differing
from workbench.gui.presenters.replay_knobs import ReplayKnobs
from workbench.gui.presenters.replay_view import Knob
from workbench.jobs import JobContext
from workbench.replay.difference import Track, compare, track_of
from workbench.services.comparing import Comparison
from workbench.services.saved_replays import read_saved, read_track


class ServicesCompare:
    """Opens sessions on what the catalogue holds."""

    def open(self, network: str, device: str, trace: str) -> ServicesSession:
        """Load a network, a device profile and a trace.

        Raises:
            WorkbenchError: when one of them cannot be read.
        """
        return ServicesSession(Comparison.open(network, device, trace))


class ServicesSession:
    """A `Comparison` with the sliders of the window."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._knobs = ReplayKnobs(comparison.settings, comparison.trace)
        self.policies = comparison.policies
        self.subtitle = comparison.subtitle
        self.repeats_story = comparison.repeats_story
        self.sources = comparison.sources
        self.operators_of = comparison.operators_of
        self.run = comparison.run

    @property
    def held(self) -> Cloud | None:
        """Every configuration held throughout."""
        return self._comparison.held

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The settings that two runs may differ in."""
        return self._knobs.knobs

    def difference(self, context: JobContext, first: Contender, second: Contender) -> Differing:
        """Replay both over the same arrivals and say where they differ."""
        context.progress(None, f"{first.policy} and {second.policy}")
        tracks = [self._track(context, one) for one in (first, second)]
        saved = [read_saved(one.folder) for one in (first, second) if one.folder]
        about = dict.fromkeys(one.about for one in saved)
        if len(saved) < 2:
            about[self._comparison.subtitle] = None
        start = self._comparison.trace.info.start_moment
        midnight = dt.datetime.combine(start.date(), dt.time.min, start.tzinfo)
        origin_s = saved[0].origin_s if len(saved) == 2 else (start - midnight).total_seconds()
        return Differing(first, second, compare(*tracks), origin_s, " and ".join(about))

    def _track(self, context: JobContext, one: Contender) -> Track:
        if one.folder:
            return read_track(one.folder, one.policy, context.check_cancelled)
        settings = self._knobs.settings(dict(one.values))
        result = self._comparison.replay((one.policy,), settings, context)
        return track_of(result, result.runs[0], self._comparison.deployment.problem.space.names)
