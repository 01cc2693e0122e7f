"""Colours: readable, and the same operator always in the same one."""

from __future__ import annotations

import itertools
import re

import pytest

from workbench.gui import stylesheet
from workbench.gui.palette import (
    DARK,
    LIGHT,
    OPERATOR_COLOURS,
    Tokens,
    contrast,
    mix,
    operator_colour,
    policy_colour,
    text_on,
)

THEMES = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


@THEMES
def test_text_and_tones_are_readable_on_panels(tokens: Tokens) -> None:
    for ground in (tokens.background, tokens.panel, tokens.raised):
        assert contrast(tokens.text, ground) >= 7
        assert contrast(tokens.secondary, ground) >= 4.5
    for tone in (tokens.accent, tokens.good, tokens.bad):
        assert contrast(tone, tokens.panel) >= 4
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@pytest.mark.parametrize("name", sorted(OPERATOR_COLOURS))
def test_the_name_of_an_operator_is_readable_on_its_chip(name: str) -> None:
    assert contrast(text_on(operator_colour(name)), operator_colour(name)) >= 4.5


def test_operators_have_colours_of_their_own() -> None:
    assert len(set(OPERATOR_COLOURS.values())) == len(OPERATOR_COLOURS)


def test_an_unknown_operator_keeps_its_spare_colour() -> None:
    assert operator_colour("new_operator") == operator_colour("new_operator")
    assert re.fullmatch("#[0-9a-f]{6}", operator_colour("new_operator"))


@THEMES
def test_policies_can_be_told_from_the_panel(tokens: Tokens) -> None:
    for name in (
        "runtime3c",
        "exact",
        "static",
        "backbone",
        "greedy",
        "random",
        "ofa",
        "nsga2",
        "fixed:ch50",
    ):
        assert contrast(policy_colour(name, tokens), tokens.panel) >= 2, name


@THEMES
def test_the_default_policies_differ_in_colour(tokens: Tokens) -> None:
    names = ("runtime3c", "exact", "static", "fixed:fire", "backbone")
    for one, other in itertools.combinations(names, 2):
        assert policy_colour(one, tokens) != policy_colour(other, tokens)


@THEMES
def test_the_style_sheet_is_complete(tokens: Tokens) -> None:
    sheet = stylesheet.build(tokens, arrow="arrow.svg", check="check.svg")
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#000000", "#ffffff", 0) == "#000000"
    assert mix("#000000", "#ffffff", 1) == "#ffffff"
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
