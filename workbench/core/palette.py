"""Colours as plain data: theme tokens and the colours of operators. No Qt in here.

The operators' colours follow Okabe and Ito, so that colour-blind people can tell them apart; the
same operator has the same colour in both themes, everywhere in the window and in exported plots.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme as ``#rrggbb``."""

    name: str
    background: str
    panel: str
    raised: str
    line: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    lilac: str

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on a dark ground."""
        return self.name == "dark"


DARK = Tokens(
    name="dark",
    background="#15181d",
    panel="#1b1f26",
    raised="#20252d",
    line="#2c333d",
    text="#e6e9ee",
    secondary="#8b95a3",
    accent="#4cc2ff",
    on_accent="#0d1218",
    good="#5bd6a2",
    warning="#ffb454",
    bad="#ff6b6b",
    lilac="#b39ddb",
)

LIGHT = Tokens(
    name="light",
    background="#f3f5f8",
    panel="#ffffff",
    raised="#f7f9fb",
    line="#d9dfe7",
    text="#1c2430",
    secondary="#5b6878",
    accent="#0078d4",
    on_accent="#ffffff",
    good="#0f8a5f",
    warning="#b86e00",
    bad="#d13438",
    lilac="#8e6fc7",
)

THEMES = {"dark": DARK, "light": LIGHT}

OPERATOR_COLOURS = {
    "identity": "#7f8ea3",
    "ch75": "#56b4e9",
    "ch50": "#0072b2",
    "ch25": "#3b4fa0",
    "fire": "#e69f00",
    "svd": "#009e73",
    "dwsep": "#cc79a7",
    "fire+ch50": "#d55e00",
    "svd+ch50": "#7a9e2e",
    "sparse": "#f0e442",
    "mbv2": "#8c564b",
    "skip": "#b39ddb",
}

_SPARE_COLOURS = ("#9ad0c2", "#a3771c", "#c9a0dc", "#6f9e3f", "#d98880", "#4f7cac")


def operator_colour(name: str) -> str:
    """The colour of an operator; one that has none of its own gets a fixed spare colour."""
    known = OPERATOR_COLOURS.get(name)
    if known is not None:
        return known
    return _SPARE_COLOURS[sum(name.encode()) % len(_SPARE_COLOURS)]


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0..1) of `other` mixed in."""
    pairs = zip(rgb(colour), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2), 0 for black and 1 for white."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2), 1..21."""
    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`."""
    dark = "#14181e"
    return dark if contrast(dark, colour) >= contrast("#ffffff", colour) else "#ffffff"


POLICY_HUES = {"runtime3c": "accent", "backbone": "secondary", "static": "lilac", "exact": "good"}


def policy_colour(name: str, tokens: Tokens) -> str:
    """The colour of a policy's curves and points, the same on every plot.

    A hand-crafted policy ``fixed:<operator>`` takes its operator's colour.
    """
    if name in POLICY_HUES:
        return str(getattr(tokens, POLICY_HUES[name]))
    if name.startswith("fixed:"):
        colour = operator_colour(name.removeprefix("fixed:"))
        return colour if contrast(colour, tokens.panel) >= 2.0 else mix(colour, tokens.text, 0.35)
    spare = ("#d98880", "#a3b14c", "#5fb3b3", "#c08552")
    return spare[sum(name.encode()) % len(spare)]
