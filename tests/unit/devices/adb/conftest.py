"""Fixtures for connections."""

from __future__ import annotations

import pytest

from workbench.devices.adb.keys import AdbKey, load_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdbKey, ...]:
    """One key for all tests: making one takes a while."""
    return load_keys(tmp_path_factory.mktemp("android"))
