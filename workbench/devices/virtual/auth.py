"""Who may connect: the phone's side of ADB's RSA authentication.

The phone sends 20 random bytes; the host signs them as if they were a SHA-1 digest (PKCS#1 v1.5).
A host whose key is not known yet sends its public key, and the user of the phone decides.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from workbench.devices.virtual.protocol import ProtocolError

TOKEN_BYTES = 20

# Android's own layout: words in the modulus, -1/n mod 2**32, n, (2**2048)**2 mod n, exponent.
_KEY = struct.Struct("<II256s256sI")
_KEY_WORDS = 64


class KeyPolicy(StrEnum):
    """What the phone's user does when asked to allow a host."""

    ACCEPT = "accept"
    DENY = "deny"


def parse_public_key(payload: bytes) -> rsa.RSAPublicKey:
    """The key in an AUTH packet: Android's binary form in base64, a space and a comment.

    Raises:
        ProtocolError: when it is none.
    """
    encoded = payload.rstrip(b"\0").split(b" ", 1)[0]
    try:
        words, _, modulus, _, exponent = _KEY.unpack(base64.b64decode(encoded, validate=True))
        if words != _KEY_WORDS:
            raise ValueError("not a key of 2048 bits")
        return rsa.RSAPublicNumbers(exponent, int.from_bytes(modulus, "little")).public_key()
    except (ValueError, struct.error, binascii.Error) as error:
        raise ProtocolError("The host's public key cannot be read.", detail=str(error)) from error


class Authenticator:
    """The keys that the phone knows, and what happens to those that it does not know.

    Attributes:
        policy: whether an unknown key is accepted.
        delay_s: simulated seconds until the user of the phone answers.
    """

    def __init__(
        self,
        random_bytes: Callable[[int], bytes],
        policy: KeyPolicy = KeyPolicy.ACCEPT,
        delay_s: float = 0.0,
    ) -> None:
        self.policy = policy
        self.delay_s = delay_s
        self._random_bytes = random_bytes
        self._known: list[rsa.RSAPublicKey] = []

    def new_token(self) -> bytes:
        """Bytes to be signed; new ones for each attempt."""
        return self._random_bytes(TOKEN_BYTES)

    def accepts(self, token: bytes, signature: bytes) -> bool:
        """Whether a known key signed the token."""
        return any(_signed_by(key, token, signature) for key in self._known)

    def remember(self, key: rsa.RSAPublicKey) -> None:
        """Accept this key from now on, as "always allow from this computer" does."""
        self._known.append(key)

    def revoke(self) -> None:
        """Forget all keys, as "revoke USB debugging authorisations" does."""
        self._known.clear()


def _signed_by(key: rsa.RSAPublicKey, token: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, token, padding.PKCS1v15(), utils.Prehashed(hashes.SHA1()))
    except InvalidSignature:
        return False
    return True
