"""CIFAR-100's three pickles as Python 2 wrote them: byte strings and numpy's old names."""

from __future__ import annotations

import struct
import tarfile
from pathlib import Path

import numpy as np

from tests.helpers.synthetic import patterns

MAKER = "numpy.core.multiarray"


def pickled(value: object, maker: str = MAKER) -> bytes:
    """A pickle of protocol 2 with the opcodes that Python 2 used."""
    return b"\x80\x02" + _opcodes(value, maker) + b"."


def _opcodes(value: object, maker: str) -> bytes:
    match value:
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case int():
            return b"J" + struct.pack("<i", value)
        case str():
            return _opcodes(value.encode(), maker)
        case bytes():
            return b"T" + struct.pack("<I", len(value)) + value
        case list():
            return b"](" + b"".join(_opcodes(part, maker) for part in value) + b"e"
        case tuple():
            return b"(" + b"".join(_opcodes(part, maker) for part in value) + b"t"
        case dict():
            pairs = (part for pair in value.items() for part in pair)
            return b"}(" + b"".join(_opcodes(part, maker) for part in pairs) + b"u"
        case np.ndarray():
            kind = b"cnumpy\ndtype\n" + _opcodes(("u1", 0, 1), maker) + b"R"
            kind += _opcodes((3, "|", None, None, None, -1, -1, 0), maker) + b"b"
            state = _opcodes(1, maker) + _opcodes(value.shape, maker) + kind
            state += _opcodes(
                bool(value.flags.f_contiguous and not value.flags.c_contiguous), maker
            )
            state += _opcodes(value.tobytes("A"), maker)
            args = b"(cnumpy\nndarray\n" + _opcodes((0,), maker) + _opcodes("b", maker) + b"t"
            return b"c" + f"{maker}\n_reconstruct\n".encode() + args + b"R(" + state + b"tb"
    raise TypeError(type(value))


def table(images: int, seed: int, **fields: object) -> dict[str, object]:
    """The dictionary of ``train`` or ``test``; pixels of patterns that a network can learn."""
    split = patterns((3, 32, 32), 100, images, seed)
    labels = np.arange(images) % 100
    order = np.argsort(split.labels, kind="stable")
    pixels = (split.images[order].reshape(images, -1) * 255).astype(np.uint8)
    fine = np.sort(split.labels) if images >= 400 else labels
    return {
        "filenames": [f"made_up_s_{number:06d}.png" for number in range(images)],
        "batch_label": "made up",
        "fine_labels": fine.tolist(),
        "coarse_labels": (fine // 5).tolist(),
        "data": pixels,
        **fields,
    }


def meta() -> dict[str, object]:
    """The dictionary of ``meta``."""
    return {
        "fine_label_names": [f"thing_{number}" for number in range(100)],
        "coarse_label_names": [f"group_{number}" for number in range(20)],
    }


def write_cifar100(folder: Path, train: int, test: int, maker: str = MAKER) -> Path:
    """The folder that the archive unpacks to."""
    root = folder / "cifar-100-python"
    root.mkdir(parents=True, exist_ok=True)
    for name, value in (("train", table(train, 1)), ("test", table(test, 2)), ("meta", meta())):
        (root / name).write_bytes(pickled(value, maker))
    return root


def write_archive(root: Path, archive: Path) -> None:
    """The .tar.gz of that folder."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(root, "cifar-100-python")


def patch(root: Path, name: str, **fields: object) -> None:
    """Write one file again with other entries (None leaves an entry out)."""
    value = {**table(120, 1), **fields} if name != "meta" else {**meta(), **fields}
    (root / name).write_bytes(pickled({k: v for k, v in value.items() if v is not None}))
