"""Virtual phones for tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.adb_host import AdbHost
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    """A phone that runs a hundred times as fast as the world."""
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", speed=100.0)) as found:
        yield found


@pytest.fixture
def host(phone: VirtualPhone) -> Iterator[AdbHost]:
    """An accepted connection to `phone`."""
    with AdbHost(phone.port) as found:
        yield found.connect()
