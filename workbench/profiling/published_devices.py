"""The devices whose latencies are published, and the phones that share their cores.

Hardware figures are the vendors' and Arm's published ones; where a vendor does not state the size
of a cache, the core type's common size stands in. All of them are written as estimated.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stand:
    """A published device whose latencies serve, scaled by clock.

    Attributes:
        prefix: start of its name on the benchmark page.
        scale: published clock over the clock of the device it stands for.
        threads, powersave: which of its runs; powersave 0 all cores, 1 little, 2 big.
    """

    prefix: str
    scale: float = 1.0
    threads: int = 1
    powersave: int = 2


@dataclass(frozen=True, slots=True)
class PublishedDevice:
    """What a profile needs beside the latencies.

    Attributes:
        stands: whose latencies the model is fitted to.
        clusters: (name, core type, cores, MHz, L2 KiB), fastest first.
        memory: type of the memory and its peak bandwidth in GB/s.
        battery_mah: None for boards, and for chips that stand for no phone in particular.
        power: device and cluster in the table of vendors' power profiles.
    """

    id: str
    title: str
    soc: str
    stands: tuple[Stand, ...]
    clusters: tuple[tuple[str, str, int, float, float], ...]
    memory: tuple[str, float]
    battery_mah: float | None = None
    power: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()


_MI5S_NOTE = (
    "The published phone is a Mi 5S Plus with the same SoC at 2.35 GHz; its times are"
    " scaled by clock to the 2.15 GHz of the Mi 5S."
)

DEVICES: tuple[PublishedDevice, ...] = (
    PublishedDevice(
        "redmi_3s", "Xiaomi Redmi 3S", "Qualcomm Snapdragon 430 (MSM8937)",
        (
            Stand("Raspberry Pi 3 Model B+", 1.4 / 1.401, powersave=0),
            Stand("Qualcomm MSM8916", 1.2 / 1.401, powersave=0),
        ),
        (("big", "Cortex-A53", 4, 1401, 1024), ("little", "Cortex-A53", 4, 1094.4, 512)),
        ("LPDDR3-1600, 32 bit", 6.4), 4100, ("Xiaomi Redmi 3S", "0"),
        ("Nobody published latencies of this phone: Raspberry Pi 3B+ (1.4 GHz) and Snapdragon 410"
         " (1.2 GHz), which have the same core, stand in for it, scaled by clock.",),
    ),
    PublishedDevice(
        "mi_5s", "Xiaomi Mi 5S", "Qualcomm Snapdragon 821 (MSM8996 Pro)",
        (Stand("Qualcomm MSM8996 Pro", 2.35 / 2.1504, powersave=0),),
        (("big", "Kryo", 2, 2150.4, 1024), ("little", "Kryo", 2, 1593.6, 512)),
        ("LPDDR4-3733, 64 bit", 29.9), 3200, ("Xiaomi Mi 5S", ""), (_MI5S_NOTE,),
    ),
    PublishedDevice(
        "mi_6", "Xiaomi Mi 6", "Qualcomm Snapdragon 835 (MSM8998)",
        (Stand("Qualcomm MSM8998"),),
        (("big", "Kryo 280 Gold", 4, 2457.6, 2048), ("little", "Kryo 280 Silver", 4, 1900.8, 1024)),
        ("LPDDR4X-3733, 64 bit", 29.9), 3350, ("Xiaomi Mi 6", "1"),
        ("The published latencies are of the Snapdragon 835 in another phone.",),
    ),
    PublishedDevice(
        "jetson_nano", "NVIDIA Jetson Nano", "NVIDIA Tegra X1",
        (Stand("NVIDIA Jetson Nano", powersave=0),),
        (("big", "Cortex-A57", 4, 1479, 2048),),
        ("LPDDR4-3200, 64 bit", 25.6),
    ),
    PublishedDevice(
        "raspberry_pi_3b_plus", "Raspberry Pi 3B+", "Broadcom BCM2837B0",
        (Stand("Raspberry Pi 3 Model B+", powersave=0),),
        (("big", "Cortex-A53", 4, 1400, 512),),
        ("LPDDR2-900, 32 bit", 3.6),
    ),
    PublishedDevice(
        "raspberry_pi_4b", "Raspberry Pi 4B", "Broadcom BCM2711",
        (Stand("Raspberry Pi 4 Model B", powersave=0),),
        (("big", "Cortex-A72", 4, 1800, 1024),),
        ("LPDDR4-3200, 32 bit", 12.8),
        notes=("Boards before revision 1.4 run at 1.5 GHz: 1.2 times slower.",),
    ),
    PublishedDevice(
        "raspberry_pi_5", "Raspberry Pi 5", "Broadcom BCM2712",
        (Stand("Raspberry Pi 5", powersave=0),),
        (("big", "Cortex-A76", 4, 2400, 512),),
        ("LPDDR4X-4267, 32 bit", 17.1),
    ),
    PublishedDevice(
        "snapdragon_410", "Snapdragon 410", "Qualcomm Snapdragon 410 (MSM8916)",
        (Stand("Qualcomm MSM8916", powersave=0),),
        (("big", "Cortex-A53", 4, 1200, 512),),
        ("LPDDR3-1066, 32 bit", 4.3),
    ),
    PublishedDevice(
        "snapdragon_660", "Snapdragon 660", "Qualcomm Snapdragon 660 (SDM660)",
        (Stand("Qualcomm SDM660"),),
        (("big", "Kryo 260 Gold", 4, 2200, 1024), ("little", "Kryo 260 Silver", 4, 1840, 1024)),
        ("LPDDR4-3733, 64 bit", 29.9),
    ),
    PublishedDevice(
        "snapdragon_675", "Snapdragon 675", "Qualcomm Snapdragon 675 (SM6150)",
        (Stand("Qualcomm MSM6150", powersave=0),),
        (("big", "Kryo 460 Gold", 2, 2000, 256), ("little", "Kryo 460 Silver", 6, 1700, 64)),
        ("LPDDR4X-3733, 32 bit", 14.9),
    ),
    PublishedDevice(
        "snapdragon_765g", "Snapdragon 765G", "Qualcomm Snapdragon 765G (SM7250)",
        (Stand("Qualcomm SDM765G", threads=4),),
        (("big", "Kryo 475 Gold", 2, 2200, 256), ("little", "Kryo 475 Silver", 6, 1800, 64)),
        ("LPDDR4X-4267, 32 bit", 17.1),
    ),
    PublishedDevice(
        "snapdragon_810", "Snapdragon 810", "Qualcomm Snapdragon 810 (MSM8994)",
        (Stand("Qualcomm MSM8994"),),
        (("big", "Cortex-A57", 4, 2000, 2048), ("little", "Cortex-A53", 4, 1550, 512)),
        ("LPDDR4-3200, 64 bit", 25.6),
    ),
    PublishedDevice(
        "snapdragon_821", "Snapdragon 821", "Qualcomm Snapdragon 821 (MSM8996 Pro)",
        (Stand("Qualcomm MSM8996 Pro", powersave=0),),
        (("big", "Kryo", 2, 2350, 1024), ("little", "Kryo", 2, 2190, 512)),
        ("LPDDR4-3733, 64 bit", 29.9),
    ),
    PublishedDevice(
        "snapdragon_835", "Snapdragon 835", "Qualcomm Snapdragon 835 (MSM8998)",
        (Stand("Qualcomm MSM8998"),),
        (("big", "Kryo 280 Gold", 4, 2450, 2048), ("little", "Kryo 280 Silver", 4, 1900, 1024)),
        ("LPDDR4X-3733, 64 bit", 29.9),
    ),
    PublishedDevice(
        "snapdragon_855_plus", "Snapdragon 855+", "Qualcomm Snapdragon 855+ (SM8150-AC)",
        (Stand("Qualcomm SM8150-AC"),),
        (
            ("prime", "Kryo 485 Gold", 1, 2960, 512), ("big", "Kryo 485 Gold", 3, 2420, 256),
            ("little", "Kryo 485 Silver", 4, 1800, 128),
        ),
        ("LPDDR4X-4267, 64 bit", 34.1),
    ),
    PublishedDevice(
        "snapdragon_888", "Snapdragon 888", "Qualcomm Snapdragon 888 (SM8350)",
        (Stand("Qualcomm Snapdragon 888", threads=8),),
        (
            ("prime", "Cortex-X1", 1, 2840, 1024), ("big", "Cortex-A78", 3, 2400, 512),
            ("little", "Cortex-A55", 4, 1800, 128),
        ),
        ("LPDDR5-6400, 64 bit", 51.2),
    ),
    PublishedDevice(
        "snapdragon_8_gen_2", "Snapdragon 8 Gen 2", "Qualcomm Snapdragon 8 Gen 2 (SM8550-AB)",
        (Stand("Qualcomm SM8550-AB"),),
        (
            ("prime", "Cortex-X3", 1, 3200, 1024), ("big", "Cortex-A715 and A710", 4, 2800, 512),
            ("little", "Cortex-A510", 3, 2000, 256),
        ),
        ("LPDDR5X-8400, 64 bit", 67.2),
    ),
    PublishedDevice(
        "kirin_970", "Kirin 970", "HiSilicon Kirin 970",
        (Stand("Kirin 970"),),
        (("big", "Cortex-A73", 4, 2400, 2048), ("little", "Cortex-A53", 4, 1800, 1024)),
        ("LPDDR4X-3733, 64 bit", 29.9),
    ),
    PublishedDevice(
        "dimensity_9300", "Dimensity 9300", "MediaTek Dimensity 9300 (MT6989)",
        (Stand("MediaTek Dimensity 9300"),),
        (
            ("prime", "Cortex-X4", 1, 3250, 1024), ("big", "Cortex-X4", 3, 2850, 512),
            ("little", "Cortex-A720", 4, 2000, 256),
        ),
        ("LPDDR5T-9600, 64 bit", 76.8),
    ),
    PublishedDevice(
        "rk3399", "Rockchip RK3399", "Rockchip RK3399",
        (Stand("Rockchip RK3399"),),
        (("big", "Cortex-A72", 2, 1800, 1024), ("little", "Cortex-A53", 4, 1500, 512)),
        ("LPDDR3-1600, 64 bit", 12.8),
    ),
    PublishedDevice(
        "orange_pi_4_lts", "Orange Pi 4 LTS", "Rockchip RK3399",
        (Stand("OrangePi4 LTS", threads=2),),
        (("big", "Cortex-A72", 2, 1800, 1024), ("little", "Cortex-A53", 4, 1500, 512)),
        ("LPDDR4-1600, 64 bit", 12.8),
    ),
    PublishedDevice(
        "rk3588", "Rockchip RK3588", "Rockchip RK3588",
        (Stand("Rockchip RK3588"),),
        (("big", "Cortex-A76", 4, 2400, 512), ("little", "Cortex-A55", 4, 1800, 128)),
        ("LPDDR4X-4224, 64 bit", 33.8),
    ),
)  # fmt: skip
