"""Finding device profiles by name and by file, the user's own before the shipped ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.helpers.profiles import plain_profile
from workbench.core.errors import InputFileError, SettingsError
from workbench.devices.profile_file import save_profile
from workbench.services import device_profiles as service


@pytest.fixture
def own_folder() -> Iterator[Path]:
    folder = service.user_profiles_folder()
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def test_shipped_profiles_are_listed_without_a_folder_of_ones_own() -> None:
    assert not service.user_profiles_folder().exists()
    entries = {entry.id: entry for entry in service.list_profiles()}
    assert entries["redmi_3s"].shipped
    assert entries["redmi_3s"].profile is not None
    assert service.find_profile("redmi_3s").title == "Xiaomi Redmi 3S"


def test_own_profile_hides_the_shipped_one(own_folder: Path) -> None:
    mine = msgspec.structs.replace(plain_profile(), id="redmi_3s")
    save_profile(mine, own_folder / "redmi_3s.toml")
    entries = [entry for entry in service.list_profiles() if entry.id == "redmi_3s"]
    assert [entry.shipped for entry in entries] == [False]
    assert service.find_profile("redmi_3s").title == "Plain phone"


def test_a_broken_file_is_listed_with_its_error(own_folder: Path) -> None:
    (own_folder / "broken.toml").write_text("schema_version = 99\n")
    entry = next(entry for entry in service.list_profiles() if entry.id == "broken")
    assert entry.profile is None
    assert entry.error is not None
    with pytest.raises(InputFileError, match="version 99"):
        service.find_profile("broken")


def test_by_path_and_unknown(tmp_path: Path) -> None:
    save_profile(plain_profile(), tmp_path / "mine.toml")
    assert service.find_profile(tmp_path / "mine.toml").id == "plain"
    assert service.find_profile(str(tmp_path / "mine.toml")).id == "plain"
    with pytest.raises(SettingsError, match="no device profile 'pixel_99'") as caught:
        service.find_profile("pixel_99")
    assert "redmi_3s" in caught.value.hint
    with pytest.raises(InputFileError):
        service.find_profile("nowhere/x.toml")
    with pytest.raises(SettingsError, match="not measured yet") as caught:
        service.find_profile("this_computer")
    assert "adaspring-workbench profile" in caught.value.hint
