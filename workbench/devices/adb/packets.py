"""Packets of the ADB protocol (`protocol.txt` of AOSP's adb), as a computer exchanges them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from adb_shell import constants

from workbench.devices.errors import DeviceProtocolError, clean

AUTH, CLSE, CNXN, OKAY, OPEN, SYNC, WRTE = (
    constants.ID_TO_WIRE[name]
    for name in (
        constants.AUTH,
        constants.CLSE,
        constants.CNXN,
        constants.OKAY,
        constants.OPEN,
        constants.SYNC,
        constants.WRTE,
    )
)
STLS = int.from_bytes(b"STLS", "little")
"""A phone's demand for TLS, which adb-shell does not know: wireless debugging of Android 11."""

AUTH_TOKEN: int = constants.AUTH_TOKEN
AUTH_SIGNATURE: int = constants.AUTH_SIGNATURE
AUTH_PUBLIC_KEY: int = constants.AUTH_RSAPUBLICKEY

HEADER = struct.Struct(constants.MESSAGE_FORMAT.decode())
VERSION = 0x01000001
"""From this version on the sums of payloads are left out; adb-shell only speaks the one before."""
MAX_PAYLOAD = 2**20
HOST_BANNER = b"host::features=shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir\0"

_COMMANDS = frozenset({AUTH, CLSE, CNXN, OKAY, OPEN, SYNC, WRTE, STLS})


@dataclass(frozen=True, slots=True)
class Header:
    """Header of a packet; the arguments' meaning depends on the command."""

    command: int
    arg0: int
    arg1: int
    length: int
    checksum: int


def pack_header(command: int, arg0: int, arg1: int, payload: bytes, with_sum: bool) -> bytes:
    """The 24 bytes before `payload`."""
    total = sum(payload) & 0xFFFFFFFF if with_sum else 0
    return HEADER.pack(command, arg0, arg1, len(payload), total, command ^ 0xFFFFFFFF)


def unpack_header(data: bytes, what: str) -> Header:
    """Read the 24 bytes of a header.

    Raises:
        DeviceProtocolError: they are none, or announce more than was agreed.
    """
    command, arg0, arg1, length, checksum, magic = HEADER.unpack(data)
    if magic != command ^ 0xFFFFFFFF or command not in _COMMANDS:
        raise DeviceProtocolError(what, f"no ADB packet: {data.hex()}")
    if length > MAX_PAYLOAD:
        raise DeviceProtocolError(what, f"a payload of {length} bytes")
    return Header(command, arg0, arg1, length, checksum)


@dataclass(frozen=True, slots=True)
class Banner:
    """How a phone introduces itself.

    Attributes:
        state: ``device``, ``recovery``, ``sideload`` ...
        properties: ``ro.product.model`` and the like.
        features: protocol features.
    """

    state: str
    properties: Mapping[str, str]
    features: frozenset[str]


def parse_banner(payload: bytes) -> Banner:
    """Read ``device::ro.product.name=..;ro.product.model=..;features=a,b``."""
    text = payload.split(b"\0")[0].decode("utf-8", "replace")
    state, _, rest = text.partition(":")
    properties: dict[str, str] = {}
    for part in rest.partition(":")[2].split(";"):
        name, equals, value = part.partition("=")
        if equals:
            properties[name] = value
    features = frozenset(filter(None, properties.pop("features", "").split(",")))
    return Banner(clean(state, 40), MappingProxyType(properties), features)
