"""Rebuild the agent's binaries: ``python -m workbench.devices.agent.build --abi arm64-v8a``.

ncnn's source comes from its source distribution on the Python package index, at the version of
the wheel that runs networks on the desktop. Needs CMake, Ninja and the compilers that `TARGETS`
names (Debian: g++, g++-aarch64-linux-gnu, g++-arm-linux-gnueabihf).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from workbench.core.errors import InputFileError, WorkbenchError
from workbench.core.files import atomic_write, sha256_of
from workbench.devices.agent.binaries import (
    FORMAT,
    MANIFEST_FILE,
    PROGRAM,
    SOURCES,
    VERSION,
    BinaryRecord,
    Manifest,
    agent_root,
    read_manifest,
    source_hash,
)

NCNN_VERSION = "1.0.20261020"
NCNN_ARCHIVE_SHA256 = "ad8cdd63e9755cfa8e23b9b6d9ce46156077d80298a89e7c3ba325ffccfca200"


@dataclass(frozen=True, slots=True)
class Target:
    """How to build for one ABI.

    Attributes:
        tools: prefix of the compiler's and binutils' names.
        processor: CMake's name of a processor that is not this computer's; empty for its own.
        flags: further compiler flags.
    """

    tools: str
    processor: str = ""
    flags: str = ""

    @property
    def cmake_options(self) -> tuple[str, ...]:
        """Options that do not depend on where things lie."""
        sections = "-ffunction-sections -fdata-sections"
        options = [
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DNCNN_VERSION={NCNN_VERSION.rpartition('.')[2]}",
            f"-DCMAKE_C_COMPILER={self.tools}gcc",
            f"-DCMAKE_CXX_COMPILER={self.tools}g++",
            f"-DCMAKE_CXX_FLAGS={' '.join(filter(None, (sections, self.flags)))}",
        ]
        if self.processor:
            options += ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={self.processor}"]
        return tuple(options)


TARGETS = {
    "arm64-v8a": Target("aarch64-linux-gnu-", "aarch64"),
    "armeabi-v7a": Target(
        "arm-linux-gnueabihf-", "armv7", "-march=armv7-a -mfpu=neon -mfloat-abi=hard"
    ),
    "x86_64": Target("x86_64-linux-gnu-"),
}


def fetch_ncnn(folder: Path) -> Path:
    """Download ncnn's source distribution into `folder` with pip; returns the archive.

    Raises:
        WorkbenchError: when pip cannot find it.
    """
    name = f"ncnn-{NCNN_VERSION}.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / name
    if archive.is_file():
        return archive
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "ncnn"]
    into = ["--dest", str(folder)]
    # ncnn's source states the day of its build as its version, so pip finds the archive and then
    # refuses it by name. By the address that it prints it takes it.
    found = subprocess.run(
        [*pip, *into, f"ncnn=={NCNN_VERSION}"], capture_output=True, text=True, check=False
    )
    if not archive.is_file():
        address = re.search(rf"\S+/{re.escape(name)}", found.stdout + found.stderr)
        if address is None:
            raise WorkbenchError(
                f"pip found no source distribution of ncnn {NCNN_VERSION}.",
                "Download it by hand and name it with --ncnn-archive.",
                found.stdout + found.stderr,
            )
        _run([*pip, *into, f"ncnn @ {address[0]}"])
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Check the archive and unpack it into `folder`; returns ncnn's top folder.

    Raises:
        InputFileError: when the archive is not the pinned one.
    """
    if sha256_of(archive) != NCNN_ARCHIVE_SHA256:
        raise InputFileError(
            archive, f"is not the source distribution of ncnn {NCNN_VERSION}", "Download it again."
        )
    source = folder / f"ncnn-{NCNN_VERSION}"
    if not (source / "src" / "net.h").is_file():
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return source


def build(abi: str, source: Path, folder: Path, *, jobs: int, output: Path) -> BinaryRecord:
    """Compile, link and strip one binary and put it into `output`/`abi`.

    Args:
        source: ncnn's top folder.
        folder: where intermediate results go; kept, so that the next build is short.

    Raises:
        WorkbenchError: when a tool is missing or fails.
    """
    target = TARGETS[abi]
    hash_before = source_hash()
    place = folder / abi
    # Otherwise assertions in the engine would carry the names of this machine's folders.
    mapped = f"-ffile-prefix-map={source}=ncnn -ffile-prefix-map={SOURCES}=agent"
    options = [
        f"{option} {mapped}" if option.startswith("-DCMAKE_CXX_FLAGS=") else option
        for option in target.cmake_options
    ]
    places = ["-S", str(SOURCES), "-B", str(place), f"-DNCNN_SOURCE={source}"]
    _run(["cmake", "-G", "Ninja", *places, *options])
    _run(["cmake", "--build", str(place), "--target", PROGRAM, "--parallel", str(jobs)])
    stripped = place / f"{PROGRAM}.stripped"
    strip = [f"{target.tools}strip", "--strip-all", "--remove-section=.comment"]
    _run([*strip, "-o", str(stripped), str(place / PROGRAM)])
    binary = output / abi / PROGRAM
    binary.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(binary, "wb") as stream:
        stream.write(stripped.read_bytes())
    binary.chmod(0o755)
    compiler = _run([f"{target.tools}g++", "--version"]).splitlines()[0]
    return BinaryRecord(
        sha256=sha256_of(binary),
        size_bytes=binary.stat().st_size,
        source_sha256=hash_before,
        compiler=compiler,
        cmake_options=target.cmake_options,
        ncnn_version=NCNN_VERSION,
        ncnn_archive_sha256=NCNN_ARCHIVE_SHA256,
    )


def write_manifest(folder: Path, records: dict[str, BinaryRecord]) -> None:
    """Write the manifest; binaries that were not built anew keep their records."""
    known = read_manifest(folder).binaries if (folder / MANIFEST_FILE).is_file() else {}
    manifest = Manifest(FORMAT, VERSION, dict(sorted({**known, **records}.items())))
    with atomic_write(folder / MANIFEST_FILE, "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def _run(command: Sequence[str]) -> str:
    if shutil.which(command[0]) is None:
        raise WorkbenchError(
            f"{command[0]} is not installed.",
            "Debian and Ubuntu: apt install cmake ninja-build g++ g++-aarch64-linux-gnu"
            " g++-arm-linux-gnueabihf",
        )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkbenchError(
            f"{Path(command[0]).name} failed with status {done.returncode}.",
            detail=f"{' '.join(command)}\n{done.stdout}\n{done.stderr}",
        )
    return done.stdout


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--abi", type=click.Choice([*TARGETS, "all"]), default="all", show_default=True)
@click.option(
    "--ncnn-archive", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"ncnn-{NCNN_VERSION}.tar.gz, where pip cannot download it.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("build/agent"),
    show_default=True, help="Intermediate results; kept, so that the next build is short.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the binaries and their manifest.  [default: the shipped ones]",
)  # fmt: skip
def main(abi: str, ncnn_archive: Path | None, folder: Path, jobs: int, output: Path | None) -> None:
    """Rebuild the agent's binaries and their manifest."""
    folder, destination = folder.resolve(), output or agent_root()
    try:
        source = unpack(ncnn_archive or fetch_ncnn(folder), folder)
        for name in TARGETS if abi == "all" else (abi,):
            record = build(name, source, folder, jobs=jobs, output=destination)
            write_manifest(destination, {name: record})
            click.echo(f"{name}: {record.size_bytes / 2**20:.2f} MiB, sha256 {record.sha256}")
    except WorkbenchError as error:
        detail = f"\n{error.detail}" if error.detail else ""
        raise click.ClickException(f"{error}{detail}") from error


if __name__ == "__main__":
    main()
