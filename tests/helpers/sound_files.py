"""Small sound files and drum kits in their real layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import soundfile


def tone(hertz: float, seconds: float, rate_hz: int = 16_000, peak: float = 0.5) -> np.ndarray:
    """A sine."""
    return peak * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate_hz)) / rate_hz)


def write_sound(path: Path, samples: np.ndarray, rate_hz: int = 16_000, **options: str) -> Path:
    """Write a file in the format that its suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate_hz, **options)
    return path


def write_kit(
    folder: Path, instruments: Mapping[str, tuple[str, ...]], namespace: str = ""
) -> Path:
    """Write ``drumkit.xml`` with instruments and the files of their layers (not the sounds)."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for name, files in instruments.items():
        layers = "".join(f"<layer><filename>{escape(f)}</filename></layer>" for f in files)
        items.append(f"<instrument><name>{escape(name)}</name>{layers}</instrument>")
    place = f' xmlns="{namespace}"' if namespace else ""
    path = folder / "drumkit.xml"
    path.write_text(
        f"<drumkit_info{place}><name>{escape(folder.name)}</name><license>GPL</license>"
        f"<instrumentList>{''.join(items)}</instrumentList></drumkit_info>"
    )
    return path
