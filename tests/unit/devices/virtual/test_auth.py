"""Authentication: the right key gets in, nothing else does."""

from __future__ import annotations

import base64
import contextlib
import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.adb_host import android_public_key, host_key
from workbench.devices.virtual.auth import Authenticator, parse_public_key
from workbench.devices.virtual.protocol import ProtocolError


def sign(token: bytes, key: rsa.RSAPrivateKey) -> bytes:
    return key.sign(token, padding.PKCS1v15(), utils.Prehashed(hashes.SHA1()))


def test_only_a_known_key_and_this_token_are_accepted() -> None:
    authenticator = Authenticator(random.Random(1).randbytes)
    token = authenticator.new_token()
    signature = sign(token, host_key())
    assert not authenticator.accepts(token, signature)
    authenticator.remember(parse_public_key(android_public_key(host_key())))
    assert authenticator.accepts(token, signature)
    assert not authenticator.accepts(authenticator.new_token(), signature)
    assert not authenticator.accepts(token, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not authenticator.accepts(token, b"")
    authenticator.revoke()
    assert not authenticator.accepts(token, signature)


def test_the_key_that_is_parsed_is_the_key_that_was_sent() -> None:
    parsed = parse_public_key(android_public_key(host_key()))
    assert parsed.public_numbers() == host_key().public_key().public_numbers()


@given(st.binary(max_size=700))
def test_garbage_is_no_key(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_public_key(data)


@given(st.binary(min_size=524, max_size=524))
def test_a_blob_of_the_right_size_is_a_key_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        parse_public_key(base64.b64encode(data))
