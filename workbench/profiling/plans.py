"""What a latency measurement is, as the project knows it again."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from workbench.core.files import sha256_of
from workbench.devices.profile import space_signature
from workbench.profiling.design import Design
from workbench.profiling.run_rules import Plan as LatencyPlan
from workbench.space.description import Network
from workbench.storage import NetworkReference, Plan


def network_reference(network: Network) -> NetworkReference:
    """A network by its contents."""
    return NetworkReference(
        space_signature(network.space), sha256_of(network.weights_path), network.name,
        str(network.folder),
    )  # fmt: skip


def stored_plan(
    device: str, network: Network, plan: LatencyPlan, design: Design, **details: Any
) -> Plan:
    """A plan as the project keeps it.

    Args:
        device: identity of the device.
        details: further ones without which it is another measurement: seed, engine, cores ...
    """
    configurations = np.concatenate([design.fit, design.held_out])
    return Plan(
        kind="latency",
        device=device,
        network=network_reference(network),
        name=plan.rules.name,
        total_blocks=plan.rules.rounds * len(configurations),
        details={
            "rules": dataclasses.asdict(plan.rules),
            "configurations": configurations.tolist(),
            "fitted": len(design.fit),
            "chosen": [list(map(int, row)) for row in plan.chosen],
            **details,
        },
    )
