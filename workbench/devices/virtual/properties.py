"""System properties of the simulated phone; all say that it is simulated."""

from __future__ import annotations

from workbench.devices.profile import DeviceProfile
from workbench.devices.virtual.simulation.settings import PhoneSettings

ANDROID_BY_API = {
    23: "6.0", 24: "7.0", 25: "7.1", 26: "8.0", 27: "8.1", 28: "9", 29: "10", 30: "11", 31: "12",
    32: "12", 33: "13", 34: "14", 35: "15",
}  # fmt: skip


def make_properties(profile: DeviceProfile, settings: PhoneSettings) -> dict[str, str]:
    """Name -> value, as `getprop` shows them."""
    name = f"virtual_{profile.id}"
    abis = ",".join(settings.abis)
    release = ANDROID_BY_API.get(settings.api_level, str(settings.api_level))
    wide = ",".join(abi for abi in settings.abis if "64" in abi)
    narrow = ",".join(abi for abi in settings.abis if "64" not in abi)
    return {
        "ro.adaspring.simulated": "1",
        "ro.board.platform": "virtual",
        "ro.boot.serialno": settings.serial,
        "ro.build.characteristics": "default",
        "ro.build.display.id": f"virtual phone of {profile.id}",
        "ro.build.fingerprint": f"adaspring/{name}/{name}:{release}/virtual/1:user/test-keys",
        "ro.build.tags": "test-keys",
        "ro.build.type": "user",
        "ro.build.version.release": release,
        "ro.build.version.sdk": str(settings.api_level),
        "ro.hardware": "virtual",
        "ro.kernel.qemu": "0",
        "ro.product.brand": "adaspring",
        "ro.product.cpu.abi": settings.abis[0] if settings.abis else "",
        "ro.product.cpu.abilist": abis,
        "ro.product.cpu.abilist32": narrow,
        "ro.product.cpu.abilist64": wide,
        "ro.product.device": name,
        "ro.product.manufacturer": "AdaSpring Workbench",
        "ro.product.model": f"Virtual {profile.title}",
        "ro.product.name": name,
        "ro.secure": "1",
        "ro.serialno": settings.serial,
        "ro.soc.model": f"virtual, in the manner of {profile.soc}",
        "sys.boot_completed": "1",
    }


def banner(properties: dict[str, str], *, shell_v2: bool, state: str) -> str:
    """What the phone says of itself when a host connects; the first word is its state."""
    # Without sendrecv_v2 and delayed_ack a host uses the plain transfer and flow control.
    features = ["shell_v2"] if shell_v2 else []
    features += ["stat_v2", "ls_v2", "fixed_push_mkdir"] if shell_v2 else []
    known = {
        name: properties[name]
        for name in ("ro.product.name", "ro.product.model", "ro.product.device")
    }
    pairs = [f"{name}={_plain(value)}" for name, value in known.items()]
    return f"{state}::{';'.join(pairs)};features={','.join(features)}"


def _plain(value: str) -> str:
    """A value without the marks that part the banner."""
    return "".join(" " if letter in ";=:," else letter for letter in value)
