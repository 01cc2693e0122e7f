"""What the Network page shows, without a window."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.gui.invented import write_network
from workbench.gui.presenters.edit_history import EditHistory
from workbench.gui.presenters.network import NetworkView, load_view
from workbench.gui.presenters.network_details import as_text, sections
from workbench.gui.presenters.network_records import times
from workbench.gui.presenters.training_run import Curve, TrainingForm, TrainingLog, free_folder


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> NetworkView:
    return load_view(str(write_network(tmp_path_factory.mktemp("networks"))), "redmi_3s")


def test_layer_costs_add_up_to_the_whole_network(view: NetworkView) -> None:
    configuration = view.space.parse("ch75/fire/svd/skip")
    cards = view.layers(configuration)
    every = view.deployment.every
    row = view.space.index(configuration)
    assert sum(card.macs for card in cards) == every.macs[row]
    assert sum(card.param_bytes for card in cards) == every.param_bytes[row]
    assert sum(card.macs_share for card in cards) == pytest.approx(1)


def test_shapes_follow_the_configuration(view: NetworkView) -> None:
    cards = view.layers(view.space.parse("ch50/identity/identity/identity"))
    assert [card.shape_text for card in cards] == [
        "24 × 28 × 28", "24 × 14 × 14", "48 × 14 × 14", "96 × 7 × 7", "96 × 7 × 7", "10 × 1 × 1",
    ]  # fmt: skip
    assert cards[2].in_shape == (24, 14, 14)


def test_losses_are_those_of_one_change(view: NetworkView) -> None:
    cards = view.layers(view.space.backbone_configuration)
    changed = view.space.parse("identity/svd/identity/identity")
    losses = view.network.accuracy.loss_points(np.array([(0, 0, 0, 0), changed], dtype=np.uint8))
    cell = cards[2].cells[2]
    assert cell.name == "svd"
    assert cell.loss_points == pytest.approx(losses[1] - losses[0])
    assert cell.measured == view.network.accuracy.is_measured(changed)
    assert ("≈" in cell.loss_text) == (not cell.measured)


def test_predicted_accuracy_shows_its_error_and_measured_does_not(view: NetworkView) -> None:
    measured = tuple(view.network.accuracy.measured.configurations[5].tolist())
    mask = view.network.accuracy.every_measured
    predicted = view.space.configuration(int(np.flatnonzero(~mask)[0]))
    for configuration, provenance, has_error in (
        (measured, "measured", False),
        (predicted, "calibrated", True),
    ):
        figure = next(f for f in view.figures(configuration) if f.key == "accuracy")
        assert figure.source is not None
        assert figure.source.provenance == provenance
        assert ("±" in figure.unit) == has_error


@pytest.mark.parametrize(
    ("ratio", "text", "tone"),
    [
        (1.0, "as the backbone", ""),
        (0.5, "2.0× smaller", "good"),
        (2.0, "2.0× larger", "bad"),
        (0.98, "1.02× smaller", "good"),
        (0.05, "20× smaller", "good"),
    ],
)
def test_comparisons_name_the_better_side(ratio: float, text: str, tone: str) -> None:
    assert times(ratio, "smaller", "larger") == (text, tone)


@pytest.mark.parametrize("axis", ["latency", "energy", "macs", "storage"])
def test_no_configuration_beats_the_front(view: NetworkView, axis: str) -> None:
    cost, accuracy = view.cloud.every(axis), view.cloud.accuracy
    for row in view.cloud.front(axis):
        better = (cost <= cost[row]) & (accuracy >= accuracy[row])
        better &= (cost < cost[row]) | (accuracy > accuracy[row])
        assert not better.any()


def test_neighbours_end_at_the_ends_of_the_front(view: NetworkView) -> None:
    rows = view.cloud.front("latency")
    first, last = (view.cloud.configuration(int(rows[i])) for i in (0, -1))
    assert view.cloud.neighbour(first, "latency", "cheaper") is None
    assert view.cloud.neighbour(last, "latency", "better") is None
    walked, now = 1, first
    while (following := view.cloud.neighbour(now, "latency", "better")) is not None:
        walked, now = walked + 1, following
    assert (walked, now) == (len(rows), last)


def test_presets_keep_what_their_names_say(view: NetworkView) -> None:
    presets = {preset.name: preset.configuration for preset in view.cloud.presets}
    assert presets["backbone"] == (0, 0, 0, 0)
    whole = view.network.description.accuracy_percent
    x, accuracy = view.cloud.point(presets["quickest within 2 points"], "latency")
    assert accuracy >= whole - 2
    allowed = view.cloud.accuracy >= whole - 2
    assert x == pytest.approx(view.cloud.every("latency")[allowed].min())
    assert view.cloud.preset_of(presets["fixed:dwsep"]) == "fixed:dwsep"


def test_details_hold_data_licence_and_measured_figures(view: NetworkView) -> None:
    text = as_text(view.network)
    for words in ("invented data", "CC0-1.0", "92.00 %", "10,000", "Accuracy (measured)"):
        assert words in text
    assert [section.title for section in sections(view.network)][:2] == ["Accuracy", "Data"]


def test_classes_say_what_they_are_taken_for(view: NetworkView) -> None:
    about = view.network.description
    counts = [[0] * 10 for _ in range(10)]
    counts[0][:3], counts[1][1] = [8_000, 100, 700], 1_200
    about = dataclasses.replace(about, confusion=tuple(map(tuple, counts)))
    classes = sections(dataclasses.replace(view.network, description=about))[1]
    assert (classes.title, classes.mark) == ("Classes", "measured")
    first, second, third, *_ = classes.details
    labels = about.labels
    assert first.key == labels[0]
    assert first.value == f"90.9 % of 8,800; also {labels[2]} (700)"
    assert first.story == f"Taken for: {labels[2]} 700, {labels[1]} 100."
    assert (second.value, second.story) == ("100.0 % of 1,200", "")
    assert third.value == "no test samples"


def test_a_new_edit_forgets_what_was_undone() -> None:
    history: EditHistory[int] = EditHistory(1)
    assert not history.push(1)
    history.push(2)
    history.push(3)
    assert history.undo() and history.current == 2
    history.push(4)
    assert not history.redo()
    assert history.undo() and history.current == 2


def test_long_curves_are_thinned_and_keep_their_end() -> None:
    curve = Curve()
    for step in range(20_000):
        curve.add(step, float(step))
    assert len(curve.steps) <= 4000
    assert curve.steps[0] == 0
    assert curve.last == 19_999
    assert curve.steps == sorted(curve.steps)


def test_the_log_takes_figures_once_they_change() -> None:
    log = TrainingLog()
    assert not log.add({})
    for step in range(1, 6):
        assert log.add({"step": step, "steps": 9, "largest_percent": 50.0 if step < 4 else 60.0})
    assert log.kept_back["largest"].steps == [1, 4]
    assert not log.add({"step": 2})


def test_starting_anew_warns_of_an_unfinished_run(tmp_path: Path) -> None:
    form = TrainingForm("fashion_mnist", str(tmp_path), str(tmp_path / "net"), None, False)
    assert form.blocked("") == "" and form.warning() == "" and not form.can_resume
    checkpoint = tmp_path / "net" / "training" / "checkpoint.safetensors"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"")
    assert form.can_resume
    assert "unfinished run" in form.warning()


def test_the_suggested_folder_is_free(tmp_path: Path) -> None:
    assert free_folder(tmp_path, "t").name == "my_t"
    (tmp_path / "my_t").mkdir()
    assert free_folder(tmp_path, "t").name == "my_t_2"
