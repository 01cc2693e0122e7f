"""The agent on a (virtual) phone: installed once, run line by line, broken in every way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.devices.adb.connect import connect_tcp
from workbench.devices.adb.keys import AdbKey, load_keys
from workbench.devices.adb.phone import AdbDevice
from workbench.devices.agent.protocol import AgentError, End, Sample, Sampler, sample_arguments
from workbench.devices.agent.remote import FOLDER, AgentStoppedError, RemoteAgent, install_agent
from workbench.devices.errors import DeviceGoneError, RemoteFileError
from workbench.services.virtual_phone import VirtualPhone, VirtualPhoneOptions, known_programs

ABIS = ("x86_64",)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdbKey, ...]:
    return load_keys(tmp_path_factory.mktemp("android"))


@pytest.fixture
def virtual() -> Iterator[VirtualPhone]:
    with VirtualPhone(VirtualPhoneOptions("redmi_3s", programs=known_programs())) as found:
        yield found


@pytest.fixture
def device(virtual: VirtualPhone, keys: tuple[AdbKey, ...]) -> Iterator[AdbDevice]:
    connected = connect_tcp("127.0.0.1", virtual.port, keys)
    yield connected
    connected.close()


@pytest.fixture
def agent(device: AdbDevice) -> RemoteAgent:
    return install_agent(device, ABIS)


def test_it_is_pushed_once_and_says_what_the_phone_is(
    device: AdbDevice, agent: RemoteAgent
) -> None:
    assert agent.info.abi == "x86_64"
    first = device.stat(agent.path)
    again = install_agent(device, ABIS)
    assert again.path == agent.path
    assert device.stat(agent.path) == first
    assert [entry.name for entry in device.list_folder(FOLDER)] == [agent.path.rpartition("/")[2]]


def test_a_damaged_copy_is_replaced(device: AdbDevice, agent: RemoteAgent) -> None:
    size = agent.binary.record.size_bytes
    device.push_bytes(b"\x7fELF" + bytes(size - 4), agent.path, mode=0o755)
    assert install_agent(device, ABIS).info.abi == "x86_64"
    device.push_bytes(b"short", agent.path, mode=0o755)
    assert install_agent(device, ABIS).info.abi == "x86_64"


def test_a_command_to_its_end(agent: RemoteAgent) -> None:
    found = list(agent.run(sample_arguments(20, 5, 0.4), line_timeout_s=10))
    assert isinstance(found[0], Sampler)
    assert sum(isinstance(record, Sample) for record in found) >= 4
    assert isinstance(found[-1], End)
    assert found[-1].stopped_by == "plan"


def test_a_command_that_is_left_ends_on_the_phone(agent: RemoteAgent, device: AdbDevice) -> None:
    running = agent.run(sample_arguments(20, 1, 600), line_timeout_s=10)
    assert isinstance(next(running), Sampler)
    running.close()  # type: ignore[attr-defined]
    assert device.shell("echo alive").stdout == b"alive\n"


def test_what_the_agent_complains_about(agent: RemoteAgent) -> None:
    with pytest.raises(AgentError) as caught:
        list(agent.run(["sample", "--rate-hz", "-1"], line_timeout_s=10))
    assert caught.value.code == "usage"


def test_an_agent_that_is_killed(agent: RemoteAgent, virtual: VirtualPhone) -> None:
    running = agent.run(sample_arguments(20, 1, 600), line_timeout_s=10)
    next(running)
    virtual.control("kill-agent")
    with pytest.raises(AgentStoppedError, match="killed") as caught:
        list(running)
    assert caught.value.hint


def test_a_link_that_drops_meanwhile(agent: RemoteAgent, virtual: VirtualPhone) -> None:
    running = agent.run(sample_arguments(20, 1, 600), line_timeout_s=10)
    next(running)
    virtual.control("drop 3")
    with pytest.raises(DeviceGoneError):
        list(running)


@pytest.mark.parametrize("fault", ["no-exec on", "wrong-abi on"])
def test_a_phone_that_does_not_run_it(device: AdbDevice, virtual: VirtualPhone, fault: str) -> None:
    virtual.control(fault)
    with pytest.raises(AgentStoppedError, match="cannot be run") as caught:
        install_agent(device, ABIS)
    assert "forbids" in caught.value.hint


def test_a_full_disk(device: AdbDevice, virtual: VirtualPhone) -> None:
    virtual.control("disk-full")
    with pytest.raises(RemoteFileError, match="No space left"):
        install_agent(device, ABIS)
