"""The prebuilt binaries of the agent: which there are, and which one fits a device."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from workbench.core.errors import InputFileError, WorkbenchError
from workbench.core.files import read_text, sha256_of
from workbench.core.resources import assets_root

FORMAT = "adaspring-agent-binaries"
VERSION = 1
PROGRAM = "adaspring-agent"
MANIFEST_FILE = "manifest.json"
SOURCES = Path(__file__).parent
_AGAIN = "Install adaspring-workbench again."


@dataclass(frozen=True, slots=True)
class BinaryRecord:
    """One binary as the manifest describes it.

    Attributes:
        source_sha256: `source_hash` of the sources it was built from.
        compiler: first line of the compiler's --version.
        cmake_options: what the build passed to CMake, machine paths apart.
    """

    sha256: str
    size_bytes: int
    source_sha256: str
    compiler: str
    cmake_options: tuple[str, ...]
    ncnn_version: str
    ncnn_archive_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Contents of ``manifest.json``; `binaries` by Android's name of the ABI."""

    format: str
    version: int
    binaries: dict[str, BinaryRecord]


@dataclass(frozen=True, slots=True)
class AgentBinary:
    """A binary that can be pushed to a device."""

    abi: str
    path: Path
    record: BinaryRecord


def agent_root() -> Path:
    """The folder with the manifest and one folder an ABI."""
    return assets_root() / "agent"


def source_hash(folder: Path = SOURCES) -> str:
    """SHA-256 over names and contents of the C++ sources and their CMakeLists.txt.

    Line ends count as "\\n", so that a checkout on another system gives the same.
    """
    digest = hashlib.sha256()
    files = [folder / "CMakeLists.txt", *sorted((folder / "src").glob("*"))]
    for path in files:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read_manifest(folder: Path | None = None) -> Manifest:
    """The manifest of the shipped binaries, or of those in `folder`.

    Raises:
        InputFileError: when it is missing or broken.
    """
    path = (folder or agent_root()) / MANIFEST_FILE
    try:
        manifest = msgspec.json.decode(read_text(path, limit_bytes=2**20), type=Manifest)
    except msgspec.DecodeError as error:
        raise InputFileError(path, f"is broken ({error})", _AGAIN) from error
    if manifest.format != FORMAT or manifest.version != VERSION:
        raise InputFileError(path, "is no manifest of the agent's binaries", _AGAIN)
    return manifest


def agent_for(abis: Sequence[str], folder: Path | None = None) -> AgentBinary:
    """The binary for the first of a device's ABIs that there is one for.

    Args:
        abis: as in the property ``ro.product.cpu.abilist``, the preferred one first.

    Raises:
        WorkbenchError: when no binary fits the device.
        InputFileError: when the binary is missing or is not the one that the manifest describes.
    """
    root = folder or agent_root()
    manifest = read_manifest(root)
    for abi in abis:
        record = manifest.binaries.get(abi)
        if record is None:
            continue
        path = root / abi / PROGRAM
        if not path.is_file() or sha256_of(path) != record.sha256:
            raise InputFileError(path, "is missing or damaged", _AGAIN)
        return AgentBinary(abi, path, record)
    raise WorkbenchError(
        f"There is no agent for this device's processor ({', '.join(abis) or 'unknown'}).",
        f"There is one for {', '.join(manifest.binaries)}.",
    )
