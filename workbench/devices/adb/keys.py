"""The key that this computer shows to phones: ``~/.android/adbkey``, as adb itself keeps it."""

from __future__ import annotations

import base64
import contextlib
import getpass
import os
import socket
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from workbench.core.errors import InputFileError

_WORDS = 64  # of 32 bits: 2048
_PUBLIC = struct.Struct("<II256s256sI")


class Signer(Protocol):
    """What a connection needs of a key."""

    @property
    def public_key(self) -> bytes:
        """In Android's base64 form, with the owner's name."""
        ...

    def sign(self, token: bytes) -> bytes:
        """Signature of the 20 bytes that the phone sent."""
        ...


@dataclass(frozen=True)
class AdbKey:
    """A private key and how it names itself."""

    private: rsa.RSAPrivateKey
    name: str

    @property
    def public_key(self) -> bytes:
        """In Android's base64 form, followed by a space and the owner's name."""
        return encode_public_key(self.private.public_key()) + b" " + self.name.encode()

    def sign(self, token: bytes) -> bytes:
        """PKCS#1 v1.5 over the token, which adb takes for a finished SHA-1."""
        return self.private.sign(token, padding.PKCS1v15(), utils.Prehashed(hashes.SHA1()))


def encode_public_key(key: rsa.RSAPublicKey) -> bytes:
    """Android's form of a 2048-bit RSA key (`android_pubkey.c`), base64.

    The number of 32-bit words, -1/n mod 2^32, n and 2^4096 mod n in little-endian order (the last
    two spare the phone some arithmetic), and the exponent.
    """
    numbers = key.public_numbers()
    n0_inverse = (-pow(numbers.n, -1, 2**32)) % 2**32
    rr = pow(2, 2 * 32 * _WORDS, numbers.n)
    packed = _PUBLIC.pack(
        _WORDS,
        n0_inverse,
        numbers.n.to_bytes(4 * _WORDS, "little"),
        rr.to_bytes(4 * _WORDS, "little"),
        numbers.e,
    )
    return base64.b64encode(packed)


def load_keys(folder: Path | None = None) -> tuple[AdbKey, ...]:
    """The user's key, made where there is none, and those of ADB_VENDOR_KEYS.

    Args:
        folder: of the key; ``~/.android`` when None.

    Raises:
        InputFileError: the key cannot be read or written, or is none.
    """
    folder = Path.home() / ".android" if folder is None else folder
    path = folder / "adbkey"
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            _make_key(path)
    keys = [read_key(path)]
    for extra in os.environ.get("ADB_VENDOR_KEYS", "").split(os.pathsep):
        place = Path(extra)
        if extra and place.is_dir():
            keys += [read_key(file) for file in sorted(place.glob("*.adb_key"))]
        elif extra and place.is_file():
            keys.append(read_key(place))
    return tuple(keys)


def read_key(path: Path) -> AdbKey:
    """Read a private key.

    Raises:
        InputFileError: it cannot be read, or is no RSA key of 2048 bits without a password.
    """
    hint = "Move it away: a new one is made, which the phone will ask you to accept."
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise InputFileError(
            path, f"cannot be read ({error.strerror})", "Check its mode."
        ) from None
    except (ValueError, TypeError) as error:
        raise InputFileError(path, "is no key for adb", hint, detail=str(error)) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != 32 * _WORDS:
        raise InputFileError(path, "is no RSA key of 2048 bits", hint)
    return AdbKey(key, _owner())


def _make_key(path: Path) -> None:
    """Write a new pair; readable by its owner alone from the first moment on.

    Raises:
        FileExistsError: somebody else, adb perhaps, made one at the same time: theirs holds.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=32 * _WORDS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        _write_new(path, private)
        with contextlib.suppress(FileExistsError):
            _write_new(path.with_name("adbkey.pub"), AdbKey(key, _owner()).public_key)
    except FileExistsError:
        raise
    except OSError as error:
        raise InputFileError(
            path, f"cannot be written ({error.strerror})", "Check the folder and its permissions."
        ) from error


def _write_new(path: Path, data: bytes) -> None:
    """Write a file with mode 0600 that appears whole and replaces none."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _owner() -> str:
    """``user@host``, which the phone shows in its list of trusted computers."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    return f"{user}@{socket.gethostname() or 'unknown'}"
