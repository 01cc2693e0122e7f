"""Fixtures for phones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.fake_adbd import FakeAdbd


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[FakeAdbd]:
    """A fake debug daemon whose files lie in ``tmp_path/phone``."""
    root = tmp_path / "phone"
    root.mkdir()
    fake = FakeAdbd(root)
    yield fake
    fake.close()
