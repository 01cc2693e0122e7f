"""The program's own data is found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import resources
from workbench.core.errors import WorkbenchError


def test_checkout_uses_the_top_level_folders() -> None:
    top = Path(resources.__file__).parents[2]
    assert resources.assets_root() == top / "assets"
    assert resources.device_profiles_root() == top / "device_profiles"


def test_installed_package_wins_over_a_folder_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "workbench"
    (package / "_data" / "assets").mkdir(parents=True)
    (package.parent / "assets").mkdir()
    monkeypatch.setattr(resources, "files", lambda name: package)
    assert resources.assets_root() == package / "_data" / "assets"


def test_missing_data_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda name: tmp_path / "workbench")
    with pytest.raises(WorkbenchError) as caught:
        resources.device_profiles_root()
    assert "device_profiles" in caught.value.message
    assert "Install" in caught.value.hint
    assert str(tmp_path) in caught.value.detail
