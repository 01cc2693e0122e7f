"""The shipped binaries are those that the sources give, and the right one is chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import InputFileError, WorkbenchError
from workbench.core.files import sha256_of
from workbench.devices.agent.binaries import (
    MANIFEST_FILE,
    PROGRAM,
    SOURCES,
    agent_for,
    agent_root,
    read_manifest,
    source_hash,
)
from workbench.devices.agent.build import NCNN_ARCHIVE_SHA256, NCNN_VERSION, TARGETS

REBUILD = "run `python -m workbench.devices.agent.build` and commit assets/agent"
LIMIT_BYTES = 3_000_000


@pytest.mark.parametrize("abi", sorted(TARGETS))
def test_binaries_are_current(abi: str) -> None:
    record = read_manifest().binaries[abi]
    assert record.source_sha256 == source_hash(), f"the agent's sources changed: {REBUILD}"
    assert record.cmake_options == TARGETS[abi].cmake_options, f"build options changed: {REBUILD}"
    assert record.ncnn_version == NCNN_VERSION
    assert record.ncnn_archive_sha256 == NCNN_ARCHIVE_SHA256
    path = agent_root() / abi / PROGRAM
    assert sha256_of(path) == record.sha256
    assert path.stat().st_size == record.size_bytes < LIMIT_BYTES


def test_desktop_and_device_run_the_same_engine() -> None:
    lock = (Path(__file__).parents[3] / "requirements.lock").read_text()
    assert f"ncnn=={NCNN_VERSION}" in lock.splitlines(), f"ncnn's version moved: {REBUILD}"


def test_binaries_hold_no_names_of_the_machine_that_built_them() -> None:
    for abi in read_manifest().binaries:
        content = (agent_root() / abi / PROGRAM).read_bytes()
        assert content[:4] == b"\x7fELF"
        assert str(SOURCES).encode() not in content
        assert b"/ncnn-1." not in content


def test_source_hash_sees_every_change_and_no_line_ends(tmp_path: Path) -> None:
    copy = tmp_path / "agent"
    shutil.copytree(SOURCES / "src", copy / "src")
    shutil.copy(SOURCES / "CMakeLists.txt", copy)
    assert source_hash(copy) == source_hash()
    main = copy / "src" / "main.cpp"
    original = main.read_bytes()
    main.write_bytes(original.replace(b"\n", b"\r\n"))
    assert source_hash(copy) == source_hash()
    main.write_bytes(original + b"// more\n")
    assert source_hash(copy) != source_hash()
    main.write_bytes(original)
    (copy / "src" / "more.cpp").write_bytes(b"")
    assert source_hash(copy) != source_hash()


def test_the_device_s_preferred_abi_is_taken() -> None:
    assert agent_for(["arm64-v8a", "armeabi-v7a", "armeabi"]).abi == "arm64-v8a"
    assert agent_for(["armeabi-v7a", "armeabi"]).abi == "armeabi-v7a"
    assert agent_for(["mips", "x86_64"]).path.parent.name == "x86_64"
    with pytest.raises(WorkbenchError, match="no agent for this device's processor"):
        agent_for(["riscv64"])


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="manifest"):
        read_manifest(tmp_path)
    manifest = msgspec.to_builtins(read_manifest())
    (tmp_path / "x86_64").mkdir()
    (tmp_path / "x86_64" / PROGRAM).write_bytes(b"cut")
    (tmp_path / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(InputFileError, match="missing or damaged"):
        agent_for(["x86_64"], tmp_path)
    with pytest.raises(InputFileError, match="missing or damaged"):
        agent_for(["arm64-v8a"], tmp_path)
    (tmp_path / MANIFEST_FILE).write_bytes(msgspec.json.encode({**manifest, "version": 9}))
    with pytest.raises(InputFileError, match="no manifest"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST_FILE).write_bytes(b'{"format": 3')
    with pytest.raises(InputFileError, match="broken"):
        read_manifest(tmp_path)
