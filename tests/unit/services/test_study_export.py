"""A study's files: complete, the same each time but for times, and safe to typeset."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.helpers.studies import make_study
from workbench.export.study_latex import escape, latex_table
from workbench.export.study_report import MEASURES, StudyReport
from workbench.export.study_text import Heading, TextTable, every_table
from workbench.services.study_export import TIMED, export_study
from workbench.services.study_store import read_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in export_study(folder)}


@pytest.fixture(scope="module")
def report(folder: Path) -> StudyReport:
    return read_study(folder).report


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_tables_hold_every_row_with_interval_and_provenance(
    files: dict[str, bytes], report: StudyReport
) -> None:
    rows = rows_of(files["rows.csv"])
    assert len(rows) == len(report.rows) == 16
    first = rows[0]
    assert (first["policy"], first["scenario"], first["runs"]) == ("runtime3c", "case_study", "2")
    assert float(first["latency_mean_ms_low"]) < float(first["latency_mean_ms"])
    assert (first["accuracy_provenance"], first["latency_provenance"]) == ("measured", "estimated")
    jetson = [row for row in rows if row["platform"] == "jetson_nano"]
    assert {row["energy_per_inference_mj"] for row in jetson} == {""}
    assert {row["energy_provenance"] for row in jetson} == {"absent"}
    # Times measured here stand apart from what comes again.
    assert not [name for name in first if name.startswith(("search", "evolution", "runtime"))]
    times = rows_of(files["times.csv"])
    assert {row["policy"] for row in times} == {"runtime3c"} and float(times[0]["runtime_p50_ms"])
    assert len(rows_of(files["ratios.csv"])) == len(report.ratios)
    assert rows_of(files["absent.csv"])[0]["policy"] == "fixed:mbv2"


def test_files_come_again_byte_for_byte_but_for_times(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    again = make_study(tmp_path / "again", anew=True)
    names = export_study(again)
    assert set(names) == set(files)
    differ = {name for name in names if (again / name).read_bytes() != files[name]}
    assert differ <= set(TIMED)


def test_the_document_keeps_times_apart(files: dict[str, bytes]) -> None:
    document = json.loads(files["study.json"])
    figures = {name for row in document["rows"] for name in row["figures"]}
    assert not {name for name in figures if MEASURES[name].origin == "computer"}
    assert document["times"]["rows"][0]["figures"]["search_p50_ms"]["mean"] > 0
    assert document["settings"]["seed"] == 7 and "sha256" in document["inputs"][0]


def test_the_summary_says_where_figures_come_from_and_compares(files: dict[str, bytes]) -> None:
    text = files["summary.md"].decode()
    for wanted in (
        "published 3.1 ×", "published 4.2 ×", "published 6.2 ms", "adaspring-workbench study",
        "measured: all 5,184 configurations", "trained without the operator 'mbv2'",
        "stands in for CIFAR-100", "not on a phone",
    ):  # fmt: skip
        assert wanted in text, wanted


@pytest.mark.parametrize("name", ["summary.md", "tables.md"])
def test_markdown_tables_have_as_many_cells_in_every_line(
    files: dict[str, bytes], name: str
) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", files[name].decode(), re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1, block


def test_latex_is_balanced_and_escaped(files: dict[str, bytes], report: StudyReport) -> None:
    text = files["tables.tex"].decode()
    tables = len(every_table(report))
    for word in ("table", "tabular"):
        assert text.count(rf"\begin{{{word}}}") == text.count(rf"\end{{{word}}}") == tables
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == tables
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert r"fashion\_mnist" in body and r"$\pm$" in body and r"\%" in body
    assert not re.search(r"(?<!\\)[%#_^~<>±×]", body.replace("tab:", ""))
    for block in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", body, re.DOTALL):
        lines = [line for line in block[1].splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in lines} == {len(block[0])}


def test_hostile_names_are_printed_as_they_are() -> None:
    name = 'a_b & 100% $x^2$ {\\input{/etc/passwd}} #1 ~ \x07|<>"'
    table = TextTable("x_1", name, (Heading("task"), Heading(name)), ((name, name),), 1)
    text = latex_table(table)
    assert r"\input" not in text and "\x07" not in text
    assert escape("50% of a_b") == r"50\% of a\_b"


def test_plots_are_there_for_each_scenario(files: dict[str, bytes]) -> None:
    for kind in ("trade-off", "times-better"):
        for scenario in ("case_study", "generated"):
            assert files[f"{kind}-{scenario}.png"].startswith(b"\x89PNG")
            svg = files[f"{kind}-{scenario}.svg"].decode()
            assert "<svg" in svg and "/tmp" not in svg


def test_a_study_without_the_searcher_still_writes_its_tables(tmp_path: Path) -> None:
    folder = make_study(tmp_path, cells=0)
    names = export_study(folder)
    assert not [name for name in names if name.endswith("png")]
    assert "cells are missing" in (folder / "summary.md").read_text()
