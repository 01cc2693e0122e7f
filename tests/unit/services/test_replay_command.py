"""The command that makes a replay again names every setting that is not the default."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from workbench.context.triggers import TriggerSettings
from workbench.replay.records import ReplaySettings
from workbench.search.problem import Objective
from workbench.services.projects import VARIABLE, keep_document, open_project, use_project
from workbench.services.replay_command import (
    TRIGGER_FLAGS,
    TRIGGER_OPTIONS,
    ReplayNames,
    replay_command,
)
from workbench.storage import Document

NAMES = ReplayNames("fashion_mnist", "redmi_3s", "sample_day")
USUAL = ReplaySettings()


def command(settings: ReplaySettings, names: ReplayNames = NAMES) -> str:
    return replay_command(names, ["runtime3c", "fixed:fire"], settings, USUAL)


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return tuple(item + 0.1 for item in value)
    if isinstance(value, str):
        return {"energy": "latency", "closed": "open"}[value]
    return 1.5 if value is None else value * 2


def test_defaults_need_no_options() -> None:
    assert command(USUAL) == (
        "adaspring-workbench replay --network fashion_mnist --device-profile redmi_3s"
        " --trace sample_day --policy runtime3c --policy fixed:fire --seed 7 --out replay"
    )


def test_the_project_is_named_where_it_holds_what_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    use_project(tmp_path / "phones.adaspring", create=True)
    assert "--project" not in command(USUAL)
    with open_project() as project:
        keep_document(project, "trace", Document("walk", "A walk", b"t_s"))
    told = command(USUAL, replace(NAMES, trace="walk"))
    assert " --trace walk --project phones.adaspring --policy" in told
    assert "--project" not in command(USUAL, replace(NAMES, trace="/elsewhere/walk"))


@pytest.mark.parametrize("name", [field.name for field in fields(ReplaySettings)])
def test_every_setting_is_named(name: str) -> None:
    if name in ("objective", "triggers"):
        return  # by field below
    value = changed(getattr(USUAL, name))
    assert command(replace(USUAL, **{name: value})) != command(USUAL)


@pytest.mark.parametrize("name", [field.name for field in fields(Objective)])
def test_every_weight_is_named(name: str) -> None:
    objective = replace(USUAL.objective, **{name: changed(getattr(USUAL.objective, name))})
    assert command(replace(USUAL, objective=objective)) != command(USUAL)


@pytest.mark.parametrize("name", [field.name for field in fields(TriggerSettings)])
def test_every_trigger_is_named(name: str) -> None:
    assert name in {*TRIGGER_OPTIONS.values(), *TRIGGER_FLAGS.values()}
    triggers = replace(USUAL.triggers, **{name: changed(getattr(USUAL.triggers, name))})
    assert command(replace(USUAL, triggers=triggers)) != command(USUAL)


def test_a_trigger_that_is_off_is_written_so() -> None:
    triggers = replace(USUAL.triggers, cache_percent=None, on_budget=False)
    text = command(replace(USUAL, triggers=triggers))
    assert "--cache-trigger off" in text
    assert "--no-budget-trigger" in text


def test_paths_lose_the_folders_of_this_machine_and_are_quoted() -> None:
    names = ReplayNames("/home/somebody/my nets/one", "profiles/phone.toml", "a day.csv")
    words = shlex.split(command(USUAL, names))
    assert words[3:8:2] == ["one", "profiles/phone.toml", "a day.csv"]
