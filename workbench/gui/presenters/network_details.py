"""What a network is and how it came about, as lines of text for the details card."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.gui.presenters.formats import fixed
from workbench.space.description import Network, NetworkDescription

_RECIPE_WORDS = {
    "plain_epochs": "epochs of the backbone alone",
    "epochs": "epochs of the ensemble",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
    "shift_pixels": "shift, pixels",
    "shift_time": "shift in time, more pixels",
    "mask": "widest band hidden, pixels",
    "turn_degrees": "turn of sensors, degrees",
    "training_minutes": "training, minutes",
    "statistics_images": "samples for statistics",
    "plain_steps": "steps of the backbone alone",
    "ensemble_steps": "steps of the ensemble",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One line: what, its value, and what to say about it on request."""

    key: str
    value: str
    story: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading; `mark` is measured or empty."""

    title: str
    mark: str
    details: tuple[Detail, ...]


def sections(network: Network) -> tuple[Section, ...]:
    """The card's content, most asked for first."""
    about = network.description
    data, error = about.data, about.predictor_error
    measured = len(network.accuracy.measured.configurations)
    of_all = "(all)" if measured >= network.space.count else f"of {network.space.count:,}"
    figures = (
        Detail("whole network", f"{fixed(about.accuracy_percent, 2)} %"),
        Detail(
            "random configurations",
            f"{fixed(about.random_accuracy_percent, 2)} %",
            f"Mean over {about.random_configurations:,} uniformly random configurations.",
        ),
        Detail("configurations", f"{measured:,} {of_all} measured"),
        Detail("test samples", f"{about.test_images:,}"),
        Detail(
            "predictor's error",
            f"{error.mean_abs_points:.2f} points",
            f"Mean over {error.configurations:,} configurations held out; nine of ten within"
            f" {error.p90_abs_points:.2f} points. Rank correlation: Spearman {error.spearman:.3f},"
            f" Kendall {error.kendall:.3f}.",
        ),
        Detail("predictor's ranking", f"Kendall τ {error.kendall:.2f}"),
    )
    hashes = "\n".join(f"{name}  {digest}" for name, digest in data.files_sha256.items())
    source = (
        Detail("data", data.name),
        Detail("version", data.version),
        Detail("licence", data.licence),
        Detail("split", data.split),
        *([Detail("inputs", data.inputs)] if data.inputs else []),
        Detail("files", f"{len(data.files_sha256)}, hashes known", f"SHA-256\n{hashes}"),
        Detail("classes", f"{len(about.labels)}", ", ".join(about.labels)),
    )
    recipe = tuple(
        Detail(_RECIPE_WORDS.get(key, key.replace("_", " ")), _plain(value))
        for key, value in about.recipe.items()
    )
    files = (
        Detail("folder", str(network.folder)),
        Detail("weights", f"SHA-256 {about.weights_sha256[:12]}…", about.weights_sha256),
    )
    classes = _classes(about)
    return (
        Section("Accuracy", "measured", figures),
        *([Section("Classes", "measured", classes)] if classes else []),
        Section("Data", "", source),
        Section("Recipe", "", recipe),
        Section("Files", "", files),
    )


def _classes(about: NetworkDescription) -> tuple[Detail, ...]:
    """A line a class: how much of it the whole network gets right, and what it takes it for."""
    details = []
    rights = about.class_accuracy_percent
    for index, (name, right, row) in enumerate(zip(about.labels, rights, about.confusion)):
        taken = sorted(
            ((count, other) for other, count in enumerate(row) if count and other != index),
            reverse=True,
        )
        wrong = ", ".join(f"{about.labels[other]} {count:,}" for count, other in taken)
        value = "no test samples" if right is None else f"{fixed(right, 1)} %"
        if right is not None:
            value += f" of {sum(row):,}"
        if taken:
            value += f"; also {about.labels[taken[0][1]]} ({taken[0][0]:,})"
        details.append(Detail(name, value, f"Taken for: {wrong}." if wrong else ""))
    return tuple(details)


def as_text(network: Network) -> str:
    """All sections as plain text, for the clipboard."""
    lines = [network.description.title]
    for section in sections(network):
        lines += ["", section.title + (f" ({section.mark})" if section.mark else "")]
        lines += [f"  {detail.key}: {detail.value}" for detail in section.details]
    return "\n".join(lines) + "\n"


def _plain(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else value
