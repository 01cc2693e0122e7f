"""The key that this computer shows to phones."""

from __future__ import annotations

import base64
import stat
import struct
from pathlib import Path

import pytest
from adb_shell.auth.keygen import encode_pubkey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, utils

from workbench.core.errors import InputFileError
from workbench.devices.adb.keys import encode_public_key, load_keys, read_key


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".android"
    first = load_keys(folder)[0]
    assert stat.S_IMODE((folder / "adbkey").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["adbkey", "adbkey.pub"]
    assert (folder / "adbkey.pub").read_bytes() == first.public_key
    before = (folder / "adbkey").read_bytes()
    assert load_keys(folder)[0].public_key == first.public_key
    assert (folder / "adbkey").read_bytes() == before


def test_the_public_key_has_androids_form(tmp_path: Path) -> None:
    key = load_keys(tmp_path)[0]
    encoded = encode_public_key(key.private.public_key())
    assert base64.b64decode(encoded) == encode_pubkey(str(tmp_path / "adbkey"))
    words, n0_inverse = struct.unpack_from("<II", base64.b64decode(encoded))
    n = key.private.public_key().public_numbers().n
    assert words == 64
    assert (n0_inverse * n) % 2**32 == 2**32 - 1


def test_the_signature_is_one_over_the_token_itself(tmp_path: Path) -> None:
    key = load_keys(tmp_path)[0]
    token = bytes(range(20))
    key.private.public_key().verify(
        key.sign(token), token, padding.PKCS1v15(), utils.Prehashed(hashes.SHA1())
    )


def test_vendor_keys_are_tried_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = load_keys(tmp_path / "other")[0]
    monkeypatch.setenv("ADB_VENDOR_KEYS", str(tmp_path / "other" / "adbkey"))
    keys = load_keys(tmp_path / "mine")
    assert [key.public_key for key in keys][1:] == [other.public_key]


def test_keys_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "adbkey"
    path.write_text("garbage")
    with pytest.raises(InputFileError, match="no key"):
        read_key(path)
    path.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(InputFileError, match="RSA"):
        read_key(path)
    path.unlink()
    with pytest.raises(InputFileError, match="cannot be read"):
        read_key(path)
