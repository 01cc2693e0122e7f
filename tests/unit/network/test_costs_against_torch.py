"""Cost tables against what torch really computes: module hooks and torch's own FLOP counter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.helpers.folded import random_network
from tests.helpers.spaces import signal_space, small_space
from tests.helpers.torch_modules import ModuleNetwork
from workbench.space.design_space import DesignSpace
from workbench.space.tables import cost_tables
from workbench.tasks.fashion_mnist import BACKBONE

SPACES = {
    "small": small_space(),
    "signal": signal_space(),
    "fashion_mnist": DesignSpace(BACKBONE),
}


def _configurations(space: DesignSpace) -> list[tuple[int, ...]]:
    names = dict.fromkeys(name for names in space.operators for name in names)
    rows = space.random_configurations(np.random.default_rng(3), 15).tolist()
    return [space.uniform(name) for name in names] + [tuple(row) for row in rows]


@pytest.mark.parametrize("name", SPACES)
def test_hooks_count_what_the_tables_say(name: str) -> None:
    space = SPACES[name]
    tables = cost_tables(space)
    rng = np.random.default_rng(4)
    for configuration in _configurations(space):
        module = ModuleNetwork(random_network(space, configuration, rng))
        counted = {"macs": 0, "activation_bytes": 0}

        def count(step: nn.Module, _: Any, y: Tensor, counted: dict[str, int] = counted) -> None:
            counted["activation_bytes"] += y.numel() * y.element_size()
            if isinstance(step, nn.Conv2d):
                counted["macs"] += step.weight[0].numel() * y.numel()
            elif isinstance(step, nn.Linear):
                counted["macs"] += step.weight.numel()

        for step in module.steps:
            step.register_forward_hook(count)
        with torch.no_grad():
            module(torch.zeros(1, *space.backbone.input_shape))
        params = sum(p.numel() * p.element_size() for p in module.parameters())
        expected = tables.totals(np.array([configuration], dtype=np.uint8))[0]
        found = [counted["macs"], params, counted["activation_bytes"]]
        assert found == expected.tolist(), space.text(configuration)


@pytest.mark.parametrize("name", SPACES)
def test_torchs_own_counter_agrees(name: str) -> None:
    space = SPACES[name]
    tables = cost_tables(space)
    for configuration in _configurations(space):
        module = ModuleNetwork(random_network(space, configuration, np.random.default_rng(4)))
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            module(torch.zeros(1, *space.backbone.input_shape))
        macs = tables.totals(np.array([configuration], dtype=np.uint8))[0, 0]
        # One multiply-accumulate is two floating-point operations.
        assert counter.get_total_flops() == 2 * macs, space.text(configuration)
