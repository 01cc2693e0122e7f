"""A hand-made list of configurations: planned, measured, and added to what was measured before."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from workbench.core.errors import InputFileError, SettingsError
from workbench.devices.profile import calibration_of, space_signature
from workbench.devices.profile_file import load_profile
from workbench.profiling.design import Design
from workbench.profiling.kept_samples import KeptSamples
from workbench.profiling.local import LocalMeasurement
from workbench.profiling.phone import PhoneMeasurement
from workbench.profiling.run_rules import PLANS, Plan, resized
from workbench.services.measured_samples import measured_samples
from workbench.space.description import Network
from workbench.space.design_space import Configuration, DesignSpace

MAX_LIST_BYTES = 1_000_000
MOVED_BOUND = 0.05
"""How much the backbone may differ between two sessions before their figures are questionable."""

Measured = TypeVar("Measured", LocalMeasurement, PhoneMeasurement)


def read_list(path: str | Path) -> tuple[str, ...]:
    """Configurations of a text file, one a line such as ``ch75/fire/identity/svd``; # comments.

    Raises:
        InputFileError: it cannot be read, is too large, or names none.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(MAX_LIST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(path, "cannot be read as text", detail=repr(error)) from error
    if len(text) > MAX_LIST_BYTES:
        raise InputFileError(path, f"is longer than {MAX_LIST_BYTES:,} characters")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = tuple(line for line in lines if line)
    if not found:
        raise InputFileError(path, "names no configuration", "Write one a line: ch75/fire/svd.")
    return found


def parse_list(space: DesignSpace, texts: Sequence[str]) -> tuple[Configuration, ...]:
    """Distinct configurations of a list, without the backbone, which is measured in any case.

    Raises:
        SettingsError: one of them is none of this network.
    """
    parsed = dict.fromkeys(space.parse(text) for text in texts)
    return tuple(c for c in parsed if c != space.backbone_configuration)


def plan_of(
    network: Network, plan: str, configurations: int | None = None, chosen: Sequence[str] = ()
) -> Plan:
    """A named plan, for as many configurations as wanted, those of a hand-made list among them.

    Raises:
        SettingsError: when there is no such plan, so many do not suit the network, or the list
            names something else.
    """
    if plan not in PLANS:
        raise SettingsError(f"There is no plan {plan!r}.", f"Known: {', '.join(PLANS)}.")
    sized = resized(PLANS[plan], network.space, configurations)
    listed = parse_list(network.space, chosen)
    return dataclasses.replace(sized, chosen=listed, fit=max(sized.fit, len(listed) + 1))


def adding_plan(
    network: Network,
    plan: str,
    configurations: int | None,
    chosen: Sequence[str],
    path: Path,
) -> tuple[Plan, KeptSamples | None]:
    """The plan, and the earlier measurement that it is added to.

    A list is added to what the profile at `path` holds of this network; the list alone is measured
    then, with the backbone, which tells whether the device is as fast as it was. Where the profile
    holds nothing of the network the list is part of a whole measurement.

    Raises:
        SettingsError: as `plan_of`, or the earlier measurement followed other rules.
        InputFileError: the profile or its samples cannot be read.
    """
    whole = plan_of(network, plan, configurations, chosen)
    earlier = _earlier(network, path) if whole.chosen else None
    if earlier is None:
        return whole, None
    if configurations is not None:
        raise SettingsError(
            "A list that is added to an earlier measurement is measured as it is.",
            "Leave the number of configurations out.",
        )
    if earlier.plan != whole.rules.name:
        raise SettingsError(
            f"{path.name} was measured under the rules {earlier.plan!r}, not {plan!r}.",
            "Figures of two rules do not belong into one table: choose the same plan.",
        )
    return dataclasses.replace(whole, fit=len(whole.chosen) + 1, held_out=0), earlier


def with_earlier(measurement: Measured, earlier: KeptSamples) -> Measured:
    """One measurement of what was measured now and before; the list's new figures count.

    The backbone keeps its earlier figures, which belong to those of the others; how far it moved
    since is said in the trust mark where it matters.

    Raises:
        SettingsError: nothing would be held out any more.
    """
    new = measurement.design.fit[1:]
    again = {tuple(map(int, row)) for row in new}
    kept: list[bool] = [tuple(map(int, row)) not in again for row in earlier.configurations]
    old_fit: list[int] = [i for i in range(earlier.fitted) if kept[i]]
    old_held_out: list[int] = [i for i in range(earlier.fitted, len(kept)) if kept[i]]
    if not old_held_out:
        raise SettingsError(
            "The list names every configuration that was held out to check the table.",
            "Leave one of them out of the list.",
        )
    samples = (
        *(earlier.samples[i] for i in old_fit),
        *measurement.samples[1:],
        *(earlier.samples[i] for i in old_held_out),
    )
    before, now = (float(np.median(s.all_ms)) for s in (earlier.samples[0], measurement.samples[0]))
    reasons = list(dict.fromkeys((*earlier.trust_reasons, *measurement.trust.reasons)))
    if abs(now / before - 1) > MOVED_BOUND:
        reasons.append(
            f"the backbone took {now:.3g} ms when {len(new)} configurations were added,"
            f" {before:.3g} ms before"
        )
    trust = measurement.trust
    configurations = earlier.configurations
    return dataclasses.replace(
        measurement,
        plan=dataclasses.replace(
            measurement.plan, fit=len(old_fit) + len(new), held_out=len(old_held_out)
        ),
        design=Design(np.concatenate([configurations[old_fit], new]), configurations[old_held_out]),
        samples=samples,
        trust=dataclasses.replace(trust, reasons=tuple(reasons)),
        measured_at=f"{earlier.measured_at}, with {len(new)} added {measurement.measured_at}",
    )


def _earlier(network: Network, path: Path) -> KeptSamples | None:
    """What the profile at `path` was fitted to; None where it holds nothing of this network."""
    calibration = calibration_of(load_profile(path), network.space) if path.is_file() else None
    if calibration is None:
        return None
    found = measured_samples(calibration)
    if found is None:
        raise InputFileError(
            path,
            "has a table whose raw samples are not in the project",
            "Open the project that it was measured in, or measure this network anew.",
        )
    _, kept = found
    space = network.space
    fits = (
        kept.space_sha256 == space_signature(space)
        and kept.configurations.shape[1] == space.decisions
        and bool((kept.configurations < np.array(space.sizes)).all())
        and not kept.configurations[0].any()
    )
    if not fits:
        raise InputFileError(
            path,
            "has a table whose raw samples in the project are of something else",
            "Measure this network anew instead of adding to it.",
        )
    return kept
