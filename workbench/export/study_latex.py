r"""A study's tables for LaTeX: ``\usepackage{booktabs}`` is all they need."""

from __future__ import annotations

import re

from workbench.export.study_report import StudyReport
from workbench.export.study_text import TextTable, every_table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": r"$-$",
    "–": "--",
}


def escape(text: str) -> str:
    """Any text as LaTeX that prints it; control characters become spaces."""
    return "".join(
        _ESCAPES.get(char, char if char.isprintable() else " ") for char in " ".join(text.split())
    )


def study_latex(report: StudyReport) -> str:
    """All tables of a study, each a float of its own."""
    head = (
        "% Needs \\usepackage{booktabs} and, for \\textquotedbl, \\usepackage[T1]{fontenc}.\n"
        f"% Made by: {' '.join(report.command.split())}\n"
    )
    return head + "\n".join(latex_table(table) for table in every_table(report))


def latex_table(table: TextTable) -> str:
    """One table as a float."""
    align = "l" * table.labels + "r" * (len(table.heading) - table.labels)
    above = " & ".join(escape(heading.title) for heading in table.heading)
    below = " & ".join(
        escape(", ".join(filter(None, (heading.unit, heading.source)))) for heading in table.heading
    )
    caption = escape(f"{table.title[:1].upper()}{table.title[1:]}. {table.note}".strip())
    label = re.sub(r"[^a-zA-Z0-9-]+", "-", table.name)
    lines = [
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{caption}}}",
        rf"  \label{{tab:{label}}}",
        rf"  \begin{{tabular}}{{{align}}}",
        r"    \toprule",
        rf"    {above} \\",
        rf"    {below} \\",
        r"    \midrule",
        *(rf"    {' & '.join(map(escape, row))} \\" for row in table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)
