"""Colours for the window; they are defined in `core`, so that exported plots look the same."""

from workbench.core.palette import (
    DARK,
    LIGHT,
    OPERATOR_COLOURS,
    POLICY_HUES,
    THEMES,
    Tokens,
    contrast,
    luminance,
    mix,
    operator_colour,
    policy_colour,
    rgb,
    text_on,
)

__all__ = [
    "DARK",
    "LIGHT",
    "OPERATOR_COLOURS",
    "POLICY_HUES",
    "THEMES",
    "Tokens",
    "contrast",
    "luminance",
    "mix",
    "operator_colour",
    "policy_colour",
    "rgb",
    "text_on",
]
