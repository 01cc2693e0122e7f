"""Finding commands by typed fragments."""

from __future__ import annotations

from collections.abc import Sequence


def score(query: str, title: str) -> float | None:
    """How well `title` fits `query`: higher is better, None where it does not fit.

    Every word of the query must be found: at the start of a word best, inside one next, and as
    scattered letters in order last.
    """
    text = title.casefold()
    total = 0.0
    for word in query.casefold().split():
        if text.startswith(word) or f" {word}" in text:
            total += 3.0
        elif word in text:
            total += 2.0
        elif _is_scattered(word, text):
            total += 1.0
        else:
            return None
    return total - len(text) / 1000


def rank(query: str, titles: Sequence[str]) -> list[int]:
    """Indices of the titles that fit, best first; ties keep their order."""
    scored = [(score(query, title), index) for index, title in enumerate(titles)]
    if not query.strip():
        return list(range(len(titles)))
    fits = [(value, index) for value, index in scored if value is not None]
    return [index for value, index in sorted(fits, key=_best_first)]


def _best_first(entry: tuple[float, int]) -> tuple[float, int]:
    return -entry[0], entry[1]


def _is_scattered(word: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in word)
