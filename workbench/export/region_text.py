"""In words: how far a replay left what was measured of its device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_CONTEXTS = {
    "clock": "another clock than measured",
    "temperature": "colder or warmer than measured",
    "share": "a core shared with other programs",
    "cache": "a working set larger than the free cache",
}
MAX_NAMED = 6


def region_summary(region: Mapping[str, Any]) -> list[str]:
    """One sentence a policy that left the region, for a terminal; empty where none did.

    Args:
        region: `workbench.services.measured_region.ReplayRegion.document`.
    """
    if not region["calibrated"]:
        return ["This network was not measured on this device: every latency is estimated."]
    lines = []
    for run in region["policies"]:
        parts = []
        if run["configurations"]:
            count = len(run["configurations"])
            parts.append(
                f"{percent(run['inferences_on_unmeasured_configurations'])} of the inferences on"
                f" {count} configuration{'s' if count > 1 else ''} with pairs of operators that"
                f" nobody measured ({run['decisions_for_unmeasured_configurations']} of"
                f" {run['decisions']} decisions)"
            )
        if run["inferences_in_unmeasured_contexts"]:
            parts.append(
                f"{percent(run['inferences_in_unmeasured_contexts'])} in contexts that it was not"
                f" measured in ({context_list(run['contexts'])})"
            )
        if parts:
            lines.append(f"{run['policy']}: extrapolated {'; '.join(parts)}.")
    return lines


def region_table(
    region: Mapping[str, Any],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heading and rows: what each policy ran outside of the measured region."""
    heading = (
        "policy",
        "inferences on unmeasured configurations",
        "of its decisions",
        "in unmeasured contexts",
        "of which",
    )
    rows: list[tuple[str, ...]] = [
        (
            f"`{run['policy']}`",
            percent(run["inferences_on_unmeasured_configurations"]),
            f"{run['decisions_for_unmeasured_configurations']} of {run['decisions']}",
            percent(run["inferences_in_unmeasured_contexts"]),
            context_list(run["contexts"]) or "–",
        )
        for run in region["policies"]
    ]
    return heading, rows


def unmeasured_list(region: Mapping[str, Any]) -> list[str]:
    """The configurations that were not measured, those of most inferences first."""
    found: dict[str, tuple[int, list[str]]] = {}
    for run in region["policies"]:
        for each in run["configurations"]:
            count, pairs = found.get(each["configuration"], (0, each["unmeasured_pairs"]))
            found[each["configuration"]] = (count + each["inferences"], pairs)
    ordered = sorted(found.items(), key=lambda item: -item[1][0])
    lines = [
        f"`{text}`: {count:,} inferences" + (f"; {', '.join(pairs)}" if pairs else "")
        for text, (count, pairs) in ordered[:MAX_NAMED]
    ]
    if len(ordered) > MAX_NAMED:
        lines.append(f"and {len(ordered) - MAX_NAMED} more, in `replay.json`")
    return lines


def extrapolation_text(pairs: Sequence[str], contexts: Sequence[str]) -> str:
    """Why figures are extrapolated; empty where they are not.

    Args:
        pairs: of the configuration that were not measured.
        contexts: in which ways the context was not.
    """
    parts = []
    if pairs:
        named = ", ".join(pairs[:3]) + (f" and {len(pairs) - 3} more" if len(pairs) > 3 else "")
        parts.append(f"Extrapolated: nothing measured held {named}.")
    if contexts:
        words = ", ".join(_CONTEXTS[name] for name in contexts)
        parts.append(f"The context goes beyond the measurement: {words}.")
    return " ".join(parts)


def context_list(contexts: Mapping[str, float]) -> str:
    """Such as ``other clock 12 %, core shared 97 %``; those that came up."""
    parts = (f"{_CONTEXTS[name]} {percent(share)}" for name, share in contexts.items() if share)
    return ", ".join(parts)


def percent(share: float) -> str:
    """A share with as many digits as tell it from none and from all."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.995 else f"{100 * share:.0f} %"
