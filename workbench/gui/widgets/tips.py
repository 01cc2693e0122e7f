"""Tool tips of text that came from a file."""

from __future__ import annotations

import html


def plain_tip(text: str) -> str:
    """The text as a tool tip that shows it letter by letter: Qt guesses whether a tip is HTML."""
    return f"<div style='white-space:pre-wrap'>{html.escape(text)}</div>" if text else ""
