import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.networks import deep_space, five_layer_space
from workbench.core.errors import SettingsError
from workbench.space.backbone import Backbone, ConvLayer
from workbench.space.design_space import DesignSpace
from workbench.space.operators import operator

SPACE = five_layer_space()
DEEP = deep_space()


def test_the_shipped_shape_has_5184_configurations() -> None:
    assert SPACE.count == 8 * 9 * 8 * 9 == 5184


@given(st.integers(0, SPACE.count - 1))
def test_index_names_and_code_lead_back_to_the_configuration(index: int) -> None:
    configuration = SPACE.configuration(index)
    assert SPACE.index(configuration) == index
    assert SPACE.parse(SPACE.text(configuration)) == configuration
    assert SPACE.decode(SPACE.encode(configuration), SPACE.decisions) == configuration


@given(st.integers(0, DEEP.count - 1), st.integers(0, 20))
def test_prefix_codes_are_as_short_as_their_alternatives_allow(index: int, length: int) -> None:
    prefix = DEEP.configuration(index)[:length]
    code = DEEP.encode(prefix)
    assert len(code) == math.ceil(math.log2(10**length)) if length else code == ""
    assert DEEP.decode(code, length) == prefix


def test_enumeration_is_in_the_order_of_the_numbers() -> None:
    every = SPACE.all_configurations()
    assert np.array_equal(SPACE.indices(every), np.arange(SPACE.count))


def test_a_code_that_names_nothing_is_refused() -> None:
    with pytest.raises(SettingsError):
        SPACE.decode("1" * 13, 4)
    with pytest.raises(SettingsError):
        SPACE.decode("0", 4)


@pytest.mark.parametrize("text", ["fire", "fire/fire/fire/nothing", "skip/identity/fire/fire", ""])
def test_configurations_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        SPACE.parse(text)


def test_uniform_keeps_layers_that_lack_the_operator() -> None:
    assert SPACE.names(SPACE.uniform("skip")) == ("identity", "skip", "identity", "skip")
    with pytest.raises(SettingsError, match="No layer"):
        SPACE.uniform("mbv2")


@pytest.mark.parametrize("name", ["", "fire+", "ch50+fire", "skip+ch50", "sparse+ch50", "ch30"])
def test_unknown_operators_are_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        operator(name)


@pytest.mark.parametrize(
    "layer",
    [
        ConvLayer("x", 6),
        ConvLayer("x", 8, kernel=(2, 3)),
        ConvLayer("x", 8, operators=("fire",)),
        ConvLayer("x", 8, operators=("identity", "fire", "fire")),
        ConvLayer("x", 8, operators=()),
    ],
)
def test_layers_that_make_no_sense_are_refused(layer: ConvLayer) -> None:
    with pytest.raises(SettingsError):
        Backbone("b", (1, 8, 8), (ConvLayer("first", 8), layer), 10)


def test_operators_must_fit_their_layer() -> None:
    with pytest.raises(SettingsError, match="shortcut"):
        DesignSpace(
            Backbone(
                "b",
                (1, 8, 8),
                (ConvLayer("a", 8), ConvLayer("b", 8, operators=("identity", "skip"))),
                2,
            )
        )
