"""Writing a study's tables, documents and plots into its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO

from workbench.core.files import atomic_write
from workbench.export.study_csv import (
    write_absent,
    write_proxies,
    write_ratios,
    write_rows,
    write_times,
)
from workbench.export.study_document import study_document
from workbench.export.study_latex import study_latex
from workbench.export.study_markdown import study_summary, study_tables
from workbench.export.study_plots import plot_names, study_plots
from workbench.export.study_report import StudyReport
from workbench.services.study_store import read_study

DOCUMENT = "study.json"
TABLES: dict[str, Callable[[StudyReport, IO[str]], object]] = {
    "rows.csv": write_rows,
    "ratios.csv": write_ratios,
    "absent.csv": write_absent,
    "proxies.csv": write_proxies,
    "times.csv": write_times,
    "tables.md": lambda report, stream: stream.write(study_tables(report)),
    "tables.tex": lambda report, stream: stream.write(study_latex(report)),
    "summary.md": lambda report, stream: stream.write(study_summary(report)),
}
TIMED = ("times.csv", "tables.tex", "summary.md", DOCUMENT)
"""Files that hold times, which differ from run to run; all others come again byte for byte."""


def export_study(folder: str | Path, plots: bool = True) -> tuple[str, ...]:
    """Write tables and plots of the study in `folder`; returns the files' names.

    Raises:
        InputFileError: when the folder holds no study or cannot be written.
    """
    root = Path(folder)
    report = read_study(root).report
    names = []
    for name, write in TABLES.items():
        with atomic_write(root / name) as stream:
            write(report, stream)
        names.append(name)
    drawn = study_plots(report) if plots else {}
    for name in plot_names(report):
        for kind in ("png", "svg"):
            path = root / f"{name}.{kind}"
            if name in drawn:
                with atomic_write(path, "wb") as stream:
                    stream.write(drawn[name][kind])
                names.append(path.name)
            else:
                path.unlink(missing_ok=True)  # of an earlier, larger study
    with atomic_write(root / DOCUMENT) as stream:
        json.dump(study_document(report), stream, indent=1, ensure_ascii=False, allow_nan=False)
        stream.write("\n")
    return (*names, DOCUMENT)
