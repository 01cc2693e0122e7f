"""Cache sizes from sysfs; few phones tell them."""

from __future__ import annotations

import re

from workbench.devices.computer import Cache, parse_caches
from workbench.devices.parsers.listing import FileListing

CACHE_GLOB = "/sys/devices/system/cpu/cpu[0-9]*/cache/index[0-9]*"
CACHE_FILES = ("level", "type", "size", "shared_cpu_list")

_FILE = re.compile(r"/sys/devices/system/cpu/cpu(\d+)/cache/index(\d+)/(\w+)", re.ASCII)


def parse_cache_listing(listing: FileListing) -> tuple[Cache, ...]:
    """Distinct caches by level; empty on the many phones whose kernel does not tell."""
    indexes: dict[tuple[str, str], dict[str, str]] = {}
    for match, value in listing.matching(_FILE):
        indexes.setdefault((match[1], match[2]), {})[match[3]] = value
    complete = (files for files in indexes.values() if files.keys() >= set(CACHE_FILES))
    return parse_caches(
        (files["level"], files["type"], files["size"], files["shared_cpu_list"])
        for files in complete
    )
