"""``nenreview check``: every kind of broken data is refused, and the message says where."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers_book import copy_small_book
from helpers_data import DATA, ROOT

from nenreview.cli import main
from nenreview.evidence.dataset import load, read
from qmdbook.errors import InputError, Problem

# How the lines begin that the cases break.
SINTILIMAB_ORR = "jia2022-049,"  # Table 1, sintilimab, ORR: 5 of 18
SINTILIMAB_ORR_PERCENT = "jia2022-050,"
SINTILIMAB_ORR_CELL = 'jia2022,Table 1,,"ORR, n (%)",Sintilimab'
STAGE_CELL = "jia2022,PATIENT CHARACTERISTICS,,Stage,value"  # a cell without a number
ADVERSE_EVENT = "jia2022-179,"  # thyroid dysfunction, grade 1: 41%
NIVOLUMAB_ORR = "review2023-078,"
PROSE = "jia2022-473,"  # abstract, median follow-up: 20.7 months
NOT_REACHED = "jia2022-472,"  # abstract, duration of response
RESPONDERS = "jia2022-544,"  # "2 of 5" responders, all > NEC > responders
TUMOR_GROWTH = "jia2022-540,"  # 3 events, all > NEC, in prose
SPARTALIZUMAB_NET = "review2023,NCT02955069,all > NET"
BASKET = "review2023,NCT02834013,all > non-pancreatic NEN,"
SURUFATINIB = "review2023,NCT03879057,"
CONSECUTIVE = "jia2022,JBI case series,4,"
PRECISION = "NEC,imprecision,"
SEARCH = "PRISMA 2020,7,"


@pytest.fixture
def folder(tmp_path):
    """Return a copy of ``data/`` in a small book of its own."""
    return shutil.copytree(DATA, copy_small_book(tmp_path) / "data")


def line_of(file, start):
    """Return the number of the one line of ``data/<file>`` that begins with `start`."""
    lines = (DATA / file).read_text(encoding="utf-8").split("\n")
    found = [number for number, line in enumerate(lines, 1) if line.startswith(start)]
    assert len(found) == 1, f"{start!r} begins {len(found)} lines of {file}"
    return found[0]


def last_line(file):
    """Return the number of the last line of ``data/<file>``."""
    return (DATA / file).read_bytes().count(b"\n")


# What the cases do to a copy of data/: each returns a function of its folder.


def text(file, change):
    """Apply `change` to the text of a file."""

    def apply(folder):
        path = folder / file
        before = path.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, "the case breaks nothing"
        path.write_text(after, encoding="utf-8")

    return apply


def content(file, change):
    """Apply `change` to the bytes of a file."""
    return lambda folder: (folder / file).write_bytes(change((folder / file).read_bytes()))


def replace(file, old, new):
    """Replace the first `old` of a file."""
    return text(file, lambda before: before.replace(old, new, 1))


def records(file, change):
    """Apply `change` to the list of fields of every record of a file."""

    def rewrite(before):
        written = io.StringIO()
        rows = csv.reader(io.StringIO(before))
        csv.writer(written, lineterminator="\n").writerows(change(row) for row in rows)
        return written.getvalue()

    return text(file, rewrite)


def line(file, start, change):
    """Apply `change` to the line that begins with `start`."""
    row = line_of(file, start) - 1

    def rewrite(before):
        lines = before.split("\n")
        lines[row] = change(lines[row])
        return "\n".join(lines)

    return text(file, rewrite)


def put(file, start, **cells):
    """Put other text into cells of the record whose line begins with `start`."""
    head = (DATA / file).read_text(encoding="utf-8").split("\n")[0].split(",")

    def rewrite(before):
        record = next(csv.reader([before]))
        for column, value in cells.items():
            record[head.index(column)] = value
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerow(record)
        return written.getvalue().removesuffix("\n")

    return line(file, start, rewrite)


def append_again(file, start):
    """Append a copy of the line that begins with `start`."""
    row = line_of(file, start) - 1
    return text(file, lambda before: before + before.split("\n")[row] + "\n")


def both(*changes):
    """Make several changes."""

    def apply(folder):
        for change in changes:
            change(folder)

    return apply


def directory(file):
    """Put a directory in place of a file."""

    def apply(folder):
        (folder / file).unlink()
        (folder / file).mkdir()

    return apply


def remove(file):
    """Remove a file."""
    return lambda folder: (folder / file).unlink()


def package(change):
    """Apply `change` to the parsed ``datapackage.json``."""

    def rewrite(before):
        parsed = json.loads(before)
        change(parsed)
        return json.dumps(parsed)

    return text("datapackage.json", rewrite)


@dataclass(frozen=True)
class Case:
    """One kind of breakage and what must be said of it."""

    name: str
    change: Callable[[Path], None]
    file: str
    row: int | str | None  # a string: how the line begins
    column: str | None
    says: str
    count: int = 1  # problems in all

    @property
    def place(self):
        """The file, row and column that must be named."""
        row = line_of(self.file, self.row) if isinstance(self.row, str) else self.row
        return f"data/{self.file}", row, self.column


def number(name, value, says="expected a number, 0 or more"):
    """Return the case of `value` in the place of a number."""
    change = put("results.csv", SINTILIMAB_ORR, value=value)
    return Case(name, change, "results.csv", SINTILIMAB_ORR, "value", f"{value!r}; {says}")


def vocabulary(column, value, *, file="results.csv", start=SINTILIMAB_ORR):
    """Return the case of `value` outside the closed vocabulary of `column`."""
    change = put(file, start, **{column: value})
    says = f"{value!r}; expected one of "
    return Case(f"{column} outside its vocabulary", change, file, start, column, says)


def pattern(name, column, value, *, file, start):
    """Return the case of `value` that has not the form of `column`."""
    change = put(file, start, **{column: value})
    return Case(name, change, file, start, column, f"{value!r}; expected text of the form ")


HEADS = [
    Case(
        "missing column",
        records("results.csv", lambda r: r[:-1]),
        "results.csv",
        1,
        "note",
        "the column is missing; the head has id, source",
    ),
    Case(
        "renamed column: the old name",
        replace("arms.csv", ",target,", ",Target,"),
        "arms.csv",
        1,
        "target",
        "the column is missing",
        count=2,
    ),
    Case(
        "renamed column: the new name",
        replace("arms.csv", ",target,", ",Target,"),
        "arms.csv",
        1,
        "Target",
        "an unexpected column; expected trial, population",
        count=2,
    ),
    Case(
        "extra column",
        records("trials.csv", lambda r: [*r, "x"]),
        "trials.csv",
        1,
        "x",
        "an unexpected column",
    ),
    Case(
        "column without a name",
        records("cells.csv", lambda r: [*r, ""]),
        "cells.csv",
        1,
        "(no name)",
        "an unexpected column",
    ),
    Case(
        "duplicated column name",
        records("sources.csv", lambda r: [*r, r[1]]),
        "sources.csv",
        1,
        "name",
        "more than once",
    ),
    Case(
        "reordered columns",
        records("sources.csv", lambda r: [r[1], r[0], *r[2:]]),
        "sources.csv",
        1,
        None,
        "out of order; expected source, name",
    ),
    Case(
        "semicolons between the columns",
        text("trials.csv", lambda x: x.replace(",", ";")),
        "trials.csv",
        1,
        None,
        "the head is 'trial;name;tumours;phase;",
    ),
    Case(
        "tabs between the columns",
        text("trials.csv", lambda x: x.replace(",", "\t")),
        "trials.csv",
        1,
        None,
        "expected 'trial,name,tumours,phase,",
    ),
    Case(
        "a spreadsheet's line before the head",
        text("trials.csv", lambda x: "sep=,\n" + x),
        "trials.csv",
        1,
        None,
        "the head is 'sep=,'; expected 'trial,name,",
    ),
]

FORM = [
    Case(
        "short row",
        line("results.csv", SINTILIMAB_ORR, lambda x: x[:-1]),
        "results.csv",
        SINTILIMAB_ORR,
        None,
        "17 fields; expected 18 fields",
    ),
    Case(
        "long row",
        line("cells.csv", STAGE_CELL, lambda x: x + ",x"),
        "cells.csv",
        STAGE_CELL,
        None,
        "7 fields; expected 6",
    ),
    Case(
        "blank line",
        line("cells.csv", STAGE_CELL, lambda x: "\n" + x),
        "cells.csv",
        STAGE_CELL,
        None,
        "a blank line; expected 6 fields",
    ),
    Case(
        "short rows alone",
        text("trials.csv", lambda x: x.split("\n")[0] + "\nNCT02937116\n"),
        "trials.csv",
        2,
        None,
        "1 field; expected 9 fields",
    ),
    Case(
        "comma in a cell without quotes",
        replace("trials.csv", '"safety, tolerability"', "safety, tolerability"),
        "trials.csv",
        "NCT02937116,",
        None,
        "10 fields; expected 9 fields",
    ),
    Case(
        "blank line at the end",
        text("trials.csv", lambda x: x + "\n"),
        "trials.csv",
        last_line("trials.csv") + 1,
        None,
        "a blank line; expected 9 fields",
    ),
    Case(
        "marks of a merge",
        line("trials.csv", "NCT02937116,", lambda x: f"<<<<<<< HEAD\n{x}"),
        "trials.csv",
        "NCT02937116,",
        None,
        "1 field; expected 9 fields",
    ),
    Case(
        "binary content",
        content("trials.csv", lambda _: b"\x7fELF\x80"),
        "trials.csv",
        1,
        None,
        "byte 0x80 is not UTF-8",
    ),
    Case(
        "file under another name",
        lambda folder: (folder / "trials.csv").rename(folder / "Trials.csv"),
        "trials.csv",
        None,
        None,
        "the file is missing",
    ),
    Case(
        "latin-1 byte",
        content("cells.csv", lambda x: x.replace("≥".encode(), b"\xb3", 1)),
        "cells.csv",
        "jia2022,Table 2,Previous line(s) of chemotherapy,≥4,,≥4",
        None,
        "byte 0xb3 is not UTF-8",
    ),
    Case(
        "UTF-16",
        content("trials.csv", lambda x: x.decode().encode("utf-16")),
        "trials.csv",
        1,
        None,
        "is not UTF-8",
    ),
    Case(
        "UTF-16 without a mark",
        content("trials.csv", lambda x: x.decode().encode("utf-16-le")),
        "trials.csv",
        1,
        None,
        "a NUL byte",
    ),
    Case(
        "byte order mark",
        content("trials.csv", lambda x: b"\xef\xbb\xbf" + x),
        "trials.csv",
        1,
        None,
        "byte order mark",
    ),
    Case(
        "NUL byte",
        replace("trials.csv", "toripalimab", "toripa\0limab"),
        "trials.csv",
        "NCT03167853,",
        None,
        "a NUL byte",
    ),
    Case(
        "unclosed quote",
        replace("trials.csv", "markey-case-series,", 'markey-case-series,"'),
        "trials.csv",
        "markey-case-series,",
        None,
        "a quote is opened and never closed",
    ),
    Case(
        "unclosed quote in the first row",
        text("trials.csv", lambda x: x.replace('"', "").replace("16,", '16,"', 1)),
        "trials.csv",
        2,
        None,
        "a quote is opened and never closed",
    ),
    Case(
        "text after a closing quote",
        replace("trials.csv", '"ORR, safety"', '"ORR, safety"x'),
        "trials.csv",
        "NCT03167853,",
        None,
        "expected well-formed CSV",
    ),
    Case(
        "no newline at the end",
        text("trials.csv", lambda x: x[:-1]),
        "trials.csv",
        last_line("trials.csv"),
        None,
        "the file may be cut off",
    ),
    Case(
        "cut off in the last row",
        text("cells.csv", lambda x: x[: x.rindex(",")]),
        "cells.csv",
        last_line("cells.csv"),
        None,
        "5 fields; expected 6",
        count=2,
    ),
    Case(
        "head without rows",
        text("cells.csv", lambda x: x.split("\n")[0] + "\n"),
        "cells.csv",
        None,
        None,
        "a head without rows",
    ),
    Case(
        "empty file",
        content("sources.csv", lambda _: b""),
        "sources.csv",
        None,
        None,
        "the file is empty",
    ),
    Case("missing file", remove("results.csv"), "results.csv", None, None, "the file is missing"),
    Case(
        "directory in place of a file",
        directory("cells.csv"),
        "cells.csv",
        None,
        None,
        "cannot be read: Is a directory",
    ),
]

VALUES = [
    number("text in a number", "five"),
    number("NaN", "NaN"),
    number("NA", "NA"),
    number("inf", "inf"),
    number("minus inf", "-inf"),
    number("exponent", "1e5"),
    number("negative", "-5"),
    number("plus sign", "+5"),
    number("thousands comma", "1,000"),
    number("decimal comma", "5,0"),
    number("space before a number", " 5"),
    number("no digit before the point", ".5"),
    number("full-width digit", "５"),
    number("percent sign", "27.8%"),
    number("fraction for a number", "5/18"),
    number("no-break space after a number", "5\u00a0", "expected a number, 0 or more"),
    Case(
        "number that a spreadsheet made a date",
        put("trials.csv", "NCT02937116,", enrolled="24-Jan"),
        "trials.csv",
        "NCT02937116,",
        "enrolled",
        "'24-Jan'; expected an integer, 1 or more",
    ),
    Case(
        "space after a word of the vocabulary",
        put("trials.csv", "NCT02937116,", region="Asia "),
        "trials.csv",
        "NCT02937116,",
        "region",
        "'Asia '; expected one of Asia, West, not stated",
    ),
    Case(
        "row twice",
        append_again("trials.csv", "NCT02937116,"),
        "trials.csv",
        last_line("trials.csv") + 1,
        "trial",
        "'NCT02937116' again; row 2 has it, expected no duplicate",
        count=3,  # its name and its chapter are there again too
    ),
    pattern(
        "DOI as an address",
        "doi",
        "https://doi.org/10.1093/x",
        file="sources.csv",
        start="jia2022,",
    ),
    Case(
        "fraction in an integer",
        put("trials.csv", "NCT02937116,", enrolled="24.0"),
        "trials.csv",
        "NCT02937116,",
        "enrolled",
        "'24.0'; expected an integer, 1 or more",
    ),
    Case(
        "below the minimum",
        put("trials.csv", "NCT02937116,", enrolled="0"),
        "trials.csv",
        "NCT02937116,",
        "enrolled",
        "'0'; expected an integer, 1 or more",
    ),
    Case(
        "above the maximum",
        put("sources.csv", "jia2022,", year="2202"),
        "sources.csv",
        "jia2022,",
        "year",
        "'2202'; expected an integer, 1900 or more and 2100 or less",
    ),
    Case(
        "empty required cell",
        put("results.csv", SINTILIMAB_ORR, outcome=""),
        "results.csv",
        SINTILIMAB_ORR,
        "outcome",
        "''; expected a value, not an empty cell",
    ),
    vocabulary("statistic", "count"),
    vocabulary("status", "Reported"),
    vocabulary("unit", "patient"),
    vocabulary("relation", "≥"),
    vocabulary("grade", "6", start=ADVERSE_EVENT),
    vocabulary("kind", "poster", file="sources.csv", start="jia2022,"),
    vocabulary("region", "Europe", file="trials.csv", start="NCT02937116,"),
    vocabulary(
        "regimen_class",
        "single agent",
        file="arms.csv",
        start="NCT02937116,",
    ),
    pattern("bad id", "id", "jia2022-49", file="results.csv", start=SINTILIMAB_ORR),
    pattern("line break in an id", "id", "jia2022-049\n", file="results.csv", start=SINTILIMAB_ORR),
    pattern("bad DOI", "doi", "doi:10.1093/x", file="sources.csv", start="jia2022,"),
    pattern("bad source key", "source", "Jia2022", file="sources.csv", start="jia2022,"),
    pattern("bad trial key", "trial", "NCT0293711", file="trials.csv", start="NCT02937116,"),
    Case(
        "duplicate id",
        put("results.csv", SINTILIMAB_ORR_PERCENT, id="jia2022-049"),
        "results.csv",
        SINTILIMAB_ORR_PERCENT,
        "id",
        f"'jia2022-049' again; row {line_of('results.csv', SINTILIMAB_ORR)} has it",
    ),
    Case(
        "duplicate cell",
        append_again("cells.csv", STAGE_CELL),
        "cells.csv",
        last_line("cells.csv") + 1,
        "source, table, row_group, row, column",
        "'jia2022 / PATIENT CHARACTERISTICS / (empty) / Stage / value' again",
    ),
    Case(
        "duplicate source",
        put("sources.csv", "jia2022,", source="lu2020"),
        "sources.csv",
        "jia2022,",
        "source",
        "'lu2020' again; row 2 has it",
    ),
    Case(
        "duplicate trial",
        put("trials.csv", "NCT02939651,", trial="NCT02937116"),
        "trials.csv",
        "NCT02939651,",
        "trial",
        "'NCT02937116' again; row 2 has it",
    ),
    Case(
        "duplicate trial name",
        put("trials.csv", "NCT02939651,", name="sintilimab"),
        "trials.csv",
        "NCT02939651,",
        "name",
        "'sintilimab' again; row 2 has it",
    ),
]

# A value, its printed text and its cell together, so that one rule alone is broken.
BETWEEN = [
    Case(
        "events above n",
        both(
            put("results.csv", SINTILIMAB_ORR, value="19", printed="19"),
            put("cells.csv", SINTILIMAB_ORR_CELL, printed="19 (27.8)"),
        ),
        "results.csv",
        SINTILIMAB_ORR,
        "value",
        "'19' events in 'all > NEC'; expected 18 or fewer",
    ),
    Case(
        "percent above 100",
        both(
            put("results.csv", SINTILIMAB_ORR_PERCENT, value="127.8", printed="127.8"),
            put("cells.csv", SINTILIMAB_ORR_CELL, printed="5 (127.8)"),
        ),
        "results.csv",
        SINTILIMAB_ORR_PERCENT,
        "value",
        "'127.8' percent; expected 100 or less",
    ),
    Case(
        "unknown source of a number",
        put("results.csv", PROSE, source="jia2023"),
        "results.csv",
        PROSE,
        "source",
        "'jia2023' is not in data/sources.csv; expected a key of it",
        count=2,
    ),
    Case(
        "unknown source of a cell",
        put("cells.csv", STAGE_CELL, source="jia2023"),
        "cells.csv",
        STAGE_CELL,
        "source",
        "'jia2023' is not in data/sources.csv; expected a key of it",
    ),
    Case(
        "unknown source of a trial's facts",
        put("trials.csv", "NCT03167853,", facts_from="lu2020 | lu2021"),
        "trials.csv",
        "NCT03167853,",
        "facts_from",
        "'lu2021' is not in data/sources.csv; expected a key of it",
    ),
    Case(
        "unknown trial",
        put("results.csv", PROSE, trial="NCT99999999"),
        "results.csv",
        PROSE,
        "trial",
        "'NCT99999999' is not in data/trials.csv; expected a key of it",
    ),
    Case(
        "value although not reached",
        put("results.csv", NOT_REACHED, value="20"),
        "results.csv",
        NOT_REACHED,
        "value",
        "'20' although status is not_reached; expected an empty cell",
    ),
    Case(
        "no value although reported",
        put("results.csv", SINTILIMAB_ORR, value=""),
        "results.csv",
        SINTILIMAB_ORR,
        "value",
        "empty although status is reported; expected a number",
    ),
    Case(
        "nothing printed although reported",
        put("results.csv", PROSE, printed=""),
        "results.csv",
        PROSE,
        "printed",
        "empty although status is reported; expected what is printed",
    ),
    Case(
        "value that is not the printed number",
        put("results.csv", SINTILIMAB_ORR, value="4"),
        "results.csv",
        SINTILIMAB_ORR,
        "value",
        "'4' where '5' is printed; expected the printed number",
    ),
    Case(
        "printed text that is not in the cell",
        put("results.csv", SINTILIMAB_ORR, value="6", printed="6"),
        "results.csv",
        SINTILIMAB_ORR,
        "printed",
        "'6' is not in the cell '5 (27.8)' of data/cells.csv",
    ),
    Case(
        "printed number that is part of another in the cell",
        put("results.csv", SINTILIMAB_ORR_PERCENT, value="27", printed="27"),
        "results.csv",
        SINTILIMAB_ORR_PERCENT,
        "printed",
        "'27' is not in the cell '5 (27.8)' of data/cells.csv",
    ),
    Case(
        "numbers of a cell out of their order",
        both(
            put("results.csv", SINTILIMAB_ORR, value="27.8", printed="27.8", statistic="percent"),
            put("results.csv", SINTILIMAB_ORR_PERCENT, value="5", printed="5", statistic="events"),
        ),
        "results.csv",
        SINTILIMAB_ORR_PERCENT,
        "printed",
        "'5' is not in the cell '5 (27.8)' of data/cells.csv after '5 (27.8'",
    ),
    Case(
        "number of a cell that does not exist",
        put("results.csv", SINTILIMAB_ORR, row="ORR"),
        "results.csv",
        SINTILIMAB_ORR,
        "row, column",
        "no cell ' / ORR / Sintilimab (n = 18)' in 'Table 1' of data/cells.csv",
    ),
    Case(
        "number of no table or section",
        put("results.csv", PROSE, table="Abstracts"),
        "results.csv",
        PROSE,
        "table",
        "'Abstracts' is no table of jia2022 in data/cells.csv and no section",
    ),
    Case(
        "number in prose with a row",
        put("results.csv", PROSE, row="Follow-up"),
        "results.csv",
        PROSE,
        "row_group, row, column",
        "not empty although the number is printed in prose",
    ),
    Case(
        "population not under all",
        put("results.csv", PROSE, population="NEC"),
        "results.csv",
        PROSE,
        "population",
        "'NEC'; expected a path from 'all' down",
    ),
    Case(
        "population with an empty level",
        put("results.csv", PROSE, population="all >  > NEC"),
        "results.csv",
        PROSE,
        "population",
        "'all >  > NEC'; expected a path from 'all' down",
    ),
    Case(
        "population larger than the one above it",
        put("results.csv", RESPONDERS, value="19", printed="19"),
        "results.csv",
        RESPONDERS,
        "value",
        "'19' patients in 'all > NEC > responders'; expected 18 or fewer",
    ),
    Case(
        "population larger than the trial",
        put("trials.csv", "NCT02939651,", enrolled="28"),
        "results.csv",
        "review2023-013,",
        "value",
        "'29' patients in 'all'; expected 28 or fewer",
    ),
    Case(
        "events in a population without a size",
        put("results.csv", TUMOR_GROWTH, population="all > NEC > TMB high"),
        "results.csv",
        TUMOR_GROWTH,
        "population",
        "'all > NEC > TMB high' has no size; expected a row patients, n",
    ),
]

VOCABULARIES = [
    Case(
        "a population that the vocabulary lacks",
        put("results.csv", PROSE, population="all > NTE"),
        "results.csv",
        PROSE,
        "population",
        "'NTE' is no level in data/populations.csv; did you mean 'NET'?",
    ),
    Case(
        "a population that repeats itself",
        put("results.csv", PROSE, population="all > NEC > NEC"),
        "results.csv",
        PROSE,
        "population",
        "'all > NEC > NEC' has a level twice; expected each once",
    ),
    Case(
        "an outcome that the vocabulary lacks",
        put("results.csv", PROSE, outcome="OOR"),
        "results.csv",
        PROSE,
        "outcome",
        "'OOR' is not in data/outcomes.csv; expected a key of it",
    ),
    Case(
        "a trial without an arm",
        text("arms.csv", lambda x: x.replace("NCT02955069,all", "NCT03278405,all > NEC", 1)),
        "trials.csv",
        "NCT02955069,",
        "trial",
        "'NCT02955069' is not in data/arms.csv; expected a row for each of its arms",
        count=2,
    ),
    Case(
        "an arm within another",
        text("arms.csv", lambda x: x.replace("NCT02955069,all", "NCT03278405,all > NEC", 1)),
        "arms.csv",
        "NCT02955069,all",
        "population",
        "'all > NEC' beside 'all'; expected arms apart",
        count=2,
    ),
    Case(
        "a response of patients of two arms",
        put("results.csv", NIVOLUMAB_ORR, population="all"),
        "results.csv",
        NIVOLUMAB_ORR,
        "population",
        "'all'; expected patients of one arm: within 'all > nivolumab', 'all > nivolumab + ",
    ),
]

# The tables of what is ours: sizes by subtraction, reports of the same patients.
OURS = [
    Case(
        "size by subtraction of a whole that is not printed",
        put("derived.csv", SPARTALIZUMAB_NET, whole="all > LCNEC"),
        "derived.csv",
        SPARTALIZUMAB_NET,
        "whole",
        "review2023 prints no size of 'all > LCNEC'; expected a printed one",
    ),
    Case(
        "size by subtraction that is printed as well",
        put("derived.csv", SPARTALIZUMAB_NET, population="all > GEP-NEC"),
        "derived.csv",
        SPARTALIZUMAB_NET,
        "population",
        "review2023 prints the size of 'all > GEP-NEC'; expected none printed",
    ),
    Case(
        "size by subtraction without a reason",
        put("derived.csv", SPARTALIZUMAB_NET, reason=""),
        "derived.csv",
        SPARTALIZUMAB_NET,
        "reason",
        "''; expected a value, not an empty cell",
    ),
    vocabulary("relation", "similar", file="overlaps.csv", start=BASKET),
    Case(
        "overlap with a report that is not printed",
        put("overlaps.csv", BASKET, other_population="all > GEP-NEN"),
        "overlaps.csv",
        BASKET,
        "other_population",
        "review2023 has no number about 'all > GEP-NEN' of NCT02834013; expected a printed one",
    ),
    Case(
        "a document without a year that is transcribed",
        put("sources.csv", "jia2022,", year=""),
        "sources.csv",
        "jia2022,",
        "year",
        "'' of a document whose transcription is whole; expected its year",
    ),
    Case(
        "a document to be filled that is transcribed",
        put("sources.csv", "jia2022,", licence="to be filled"),
        "sources.csv",
        "jia2022,",
        "licence",
        "'to be filled' of a document whose transcription is whole; expected its value",
    ),
    Case(
        "a judgement to be filled of a document that is transcribed",
        put("appraisal.csv", CONSECUTIVE, reason="to be filled"),
        "appraisal.csv",
        CONSECUTIVE,
        "reason",
        "'to be filled' of a document whose transcription is whole; expected its value",
    ),
    Case(
        "a number shown alone without what it leaves open",
        put("pooling.csv", "net-sintilimab,", leaves_open=""),
        "pooling.csv",
        "net-sintilimab,",
        "leaves_open",
        "'' in the role shown; expected what the number leaves open",
    ),
    Case(
        "a pooled number with what it leaves open",
        put("pooling.csv", "nec-sintilimab,", leaves_open="much"),
        "pooling.csv",
        "nec-sintilimab,",
        "leaves_open",
        "'much' in the role primary; expected an empty cell",
    ),
    Case(
        "choice for pooling about a population that is not printed",
        put("pooling.csv", "nec-sintilimab,", population="all > GEP-NEN"),
        "pooling.csv",
        "nec-sintilimab,",
        "population",
        "jia2022 has no number about 'all > GEP-NEN' of NCT02937116; expected a printed one",
    ),
    Case(
        "overlap of a report with itself",
        put("overlaps.csv", BASKET, other_population="all > non-pancreatic NEN"),
        "overlaps.csv",
        BASKET,
        "other_population",
        "the report itself; expected another one",
    ),
    Case(
        "overlap that stands in the ledger from both sides",
        put(
            "overlaps.csv",
            SURUFATINIB,
            trial="NCT02834013",
            population="all > G3 NEN",
            other_trial="NCT02834013",
            other_population="all > non-pancreatic NEN",
        ),
        "overlaps.csv",
        SURUFATINIB,
        "other_population",
        "the pair stands in row 10; expected it once",
    ),
]

JUDGED = [
    vocabulary("answer", "perhaps", file="appraisal.csv", start=CONSECUTIVE),
    vocabulary("checklist", "JBI cohort studies", file="appraisal.csv", start=CONSECUTIVE),
    vocabulary("judgement", "lowered", file="certainty.csv", start=PRECISION),
    vocabulary("done", "mostly", file="reporting.csv", start=SEARCH),
    pattern("item of no guideline", "item", "28th", file="reporting.csv", start=SEARCH),
    pattern("section without a label", "place", "Methods", file="reporting.csv", start=SEARCH),
    pattern(
        "reason with a number", "reason", "14 responders", file="certainty.csv", start=PRECISION
    ),
    Case(
        "item of a checklist that is no number",
        put("appraisal.csv", CONSECUTIVE, item="four"),
        "appraisal.csv",
        CONSECUTIVE,
        "item",
        "'four'; expected an integer, 1 or more and 11 or less",
    ),
    Case(
        "appraisal of a document that is not there",
        text(
            "appraisal.csv", lambda x: x + "lu2021,JBI case series,1,a topic,no,a reason,Table 1\n"
        ),
        "appraisal.csv",
        last_line("appraisal.csv") + 1,
        "source",
        "'lu2021' is not in data/sources.csv; expected a key of it",
        count=2,  # and its topic is another
    ),
    Case(
        "document without an item of its checklist",
        text("appraisal.csv", lambda x: re.sub(f"\n{CONSECUTIVE}[^\n]*", "", x)),
        "appraisal.csv",
        "jia2022,JBI case series,1,",
        "item",
        "jia2022, JBI case series has no item 4; expected each of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, once",
    ),
    Case(
        "document that is not appraised",
        text("appraisal.csv", lambda x: re.sub(r"\nlu2020,[^\n]*", "", x)),
        "sources.csv",
        "lu2020,",
        "source",
        "'lu2020' is not in data/appraisal.csv; expected every item of one JBI checklist",
    ),
    Case(
        "item twice",
        append_again("appraisal.csv", CONSECUTIVE),
        "appraisal.csv",
        last_line("appraisal.csv") + 1,
        "source, checklist, item",
        "'jia2022 / JBI case series / 4' again; row ",
    ),
    Case(
        "item that the checklist has not",
        text(
            "appraisal.csv",
            lambda x: x + "jia2022,JBI case series,11,a topic,no,a reason,Table 1\n",
        ),
        "appraisal.csv",
        last_line("appraisal.csv") + 1,
        "item",
        "'11' is no item of jia2022, JBI case series; expected one of 1, 2",
    ),
    Case(
        "document by two checklists",
        put(
            "appraisal.csv",
            CONSECUTIVE,
            checklist="JBI systematic reviews",
            topic="sources searched",
        ),
        "appraisal.csv",
        CONSECUTIVE,
        "checklist",
        "jia2022 by 'JBI systematic reviews' too; expected one checklist a document",
    ),
    Case(
        "item under another topic",
        put("appraisal.csv", CONSECUTIVE, topic="patients in a row"),
        "appraisal.csv",
        CONSECUTIVE,
        "topic",
        "'patients in a row'; expected 'consecutive patients', as row ",
    ),
    Case(
        "domain without a judgement",
        text("certainty.csv", lambda x: re.sub(f"\n{PRECISION}[^\n]*", "", x)),
        "certainty.csv",
        "NEC,starting level,",
        "domain",
        "NEC has no domain imprecision; expected each of starting level, risk of bias",
    ),
    Case(
        "domain judged as a level",
        put("certainty.csv", PRECISION, judgement="low"),
        "certainty.csv",
        PRECISION,
        "judgement",
        "'low' for imprecision; expected one of not lowered, lowered by one, lowered by two",
    ),
    Case(
        "level that lowers",
        put("certainty.csv", "NEC,starting level,", judgement="lowered by one"),
        "certainty.csv",
        "NEC,starting level,",
        "judgement",
        "'lowered by one' for starting level; expected one of very low, low, moderate, high",
    ),
    Case(
        "guideline without an item",
        text("reporting.csv", lambda x: re.sub(f"\n{SEARCH}[^\n]*", "", x)),
        "reporting.csv",
        "PRISMA 2020,1,",
        "item",
        "PRISMA 2020 has no item 7; expected each of 1, 2",
    ),
    Case(
        "item that its guideline has not",
        put("reporting.csv", SEARCH, item="7a"),
        "reporting.csv",
        SEARCH,
        "item",
        "'7a' is no item of PRISMA 2020; expected one of 1, 2",
        count=2,  # and item 7 is missing
    ),
]

CASES = [*HEADS, *FORM, *VALUES, *VOCABULARIES, *BETWEEN, *OURS, *JUDGED]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_breakage_is_refused_with_its_place(case, folder):
    case.change(folder)
    dataset, problems = read(folder)
    assert dataset is None
    said = [p.message for p in problems if (p.file, p.row, p.column) == case.place]
    assert any(case.says in message for message in said), "\n".join(map(str, problems))
    assert len(problems) == case.count, "\n".join(map(str, problems))


# Text that must not stop the check with another exception, whatever it makes of it.
ODD = {
    "superscript beside a number": both(
        put("results.csv", SINTILIMAB_ORR, printed="5²"),
        put("cells.csv", SINTILIMAB_ORR_CELL, printed="5² (27.8)"),
    ),
    "integer that no computer holds": put("trials.csv", "NCT02937116,", enrolled="1" + "0" * 30),
    "number that no computer holds": put("results.csv", PROSE, value="9" * 400),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_text_does_not_stop_the_check(change, folder):
    change(folder)
    dataset, problems = read(folder)
    assert (dataset is None) == bool(problems)


NEEDED = "expected path, primaryKey, and fields with name and type"
UNUSABLE_PACKAGES = {
    "missing": (remove("datapackage.json"), ": the file is missing"),
    "empty": (content("datapackage.json", lambda _: b""), ", line 1: not JSON: Expecting value"),
    "cut off": (text("datapackage.json", lambda x: x[:20]), ", line 2: not JSON: "),
    "latin-1": (
        content("datapackage.json", lambda _: b'{\n"title": "\xe9"}'),
        ", line 2: byte 0xe9 is not UTF-8; expected UTF-8 text",
    ),
    "byte order mark": (
        content("datapackage.json", lambda x: b"\xef\xbb\xbf" + x),
        ", line 1: begins with a byte order mark; expected plain UTF-8",
    ),
    "directory": (directory("datapackage.json"), ": cannot be read: Is a directory"),
    "a list": (content("datapackage.json", lambda _: b"[]"), ": expected an object, `{...}`"),
    "without resources": (
        package(lambda x: x.pop("resources")),
        ": resources is missing; expected a list of tables",
    ),
    "without a version": (
        package(lambda x: x.pop("version")),
        ": version is missing; expected text",
    ),
    "without one table": (
        package(lambda x: x["resources"].pop(0)),
        ": no resource sources; expected one with name, path and schema",
    ),
    "resource without a path": (
        package(lambda x: x["resources"][0].pop("path")),
        f": resource sources has no path; {NEEDED}",
    ),
    "resource without a schema": (
        package(lambda x: x["resources"][0].pop("schema")),
        f": resource sources has no schema; {NEEDED}",
    ),
    "column without a type": (
        package(lambda x: x["resources"][1]["schema"]["fields"][0].pop("type")),
        f": resource trials has no type; {NEEDED}",
    ),
    "schema that is a list": (
        package(lambda x: x["resources"][1].update(schema=[])),
        f": resource trials is not of the form of a table; {NEEDED}",
    ),
}


@pytest.mark.parametrize(("change", "says"), UNUSABLE_PACKAGES.values(), ids=UNUSABLE_PACKAGES)
def test_unusable_datapackage_is_refused_in_one_line(change, says, folder):
    change(folder)
    with pytest.raises(InputError) as raised:
        read(folder)
    (problem,) = raised.value.problems
    assert str(problem).startswith(f"data/datapackage.json{says}")


def test_load_raises_with_every_problem(folder):
    both(*THREE["values"])(folder)
    with pytest.raises(InputError) as raised:
        load(folder)
    assert len(raised.value.problems) == 3
    assert str(raised.value).count("\n") == 2


# Three breakages in three files, given in the reverse of the order they are reported in.
THREE = {
    "values": [
        put("results.csv", SINTILIMAB_ORR, statistic="count"),
        put("cells.csv", STAGE_CELL, table=""),
        put("trials.csv", "NCT02937116,", enrolled="many"),
    ],
    "between files": [
        put("results.csv", PROSE, trial="NCT99999999"),
        put("cells.csv", STAGE_CELL, source="jia2023"),
        put("trials.csv", "NCT02937116,", facts_from="jia2023"),
    ],
}
THREE_PLACES = {
    "values": [("trials.csv", "enrolled"), ("cells.csv", "table"), ("results.csv", "statistic")],
    "between files": [
        ("trials.csv", "facts_from"),
        ("cells.csv", "source"),
        ("results.csv", "trial"),
    ],
}


@pytest.mark.parametrize("kind", THREE)
def test_breakages_in_three_files_are_all_reported_in_the_order_of_the_files(kind, folder):
    both(*THREE[kind])(folder)
    _, problems = read(folder)
    places = [(problem.file.removeprefix("data/"), problem.column) for problem in problems]
    assert places == THREE_PLACES[kind]


IN_ONE_FILE = {
    "values": [
        put("results.csv", PROSE, unit="month"),
        put("results.csv", SINTILIMAB_ORR, statistic="count", unit="patient"),
        put("results.csv", ADVERSE_EVENT, grade="6"),
    ],
    "between files": [
        put("results.csv", PROSE, trial="NCT99999999"),
        put("results.csv", SINTILIMAB_ORR, value="4"),
        put("results.csv", ADVERSE_EVENT, population="everyone"),
    ],
    "form and values": [
        line("results.csv", PROSE, lambda x: x[:-1]),
        put("results.csv", SINTILIMAB_ORR, statistic="count"),
        line("results.csv", ADVERSE_EVENT, lambda x: x + ","),
    ],
}


@pytest.mark.parametrize("changes", IN_ONE_FILE.values(), ids=IN_ONE_FILE)
def test_problems_of_a_file_follow_its_rows(changes, folder):
    both(*changes)(folder)
    _, problems = read(folder)
    rows = [problem.row for problem in problems]
    wanted = {line_of("results.csv", start) for start in (SINTILIMAB_ORR, ADVERSE_EVENT, PROSE)}
    assert set(rows) == wanted
    assert rows == sorted(rows)


def test_rows_are_lines_of_the_file_also_after_a_line_break_in_a_cell(folder):
    both(put("results.csv", PROSE, unit="month"), put("results.csv", SINTILIMAB_ORR, note="a\nb"))(
        folder
    )
    _, problems = read(folder)
    assert [problem.row for problem in problems] == [line_of("results.csv", PROSE) + 1]


def test_clean_data_has_no_problems(folder):
    dataset, problems = read(folder)
    assert problems == []
    assert dataset is not None


def test_line_ends_of_windows_change_nothing(folder):
    content("results.csv", lambda x: x.replace(b"\n", b"\r\n"))(folder)
    dataset, problems = read(folder)
    assert problems == []
    assert dataset.results.equals(load(DATA).results)


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("data/cells.csv", "is odd"), "data/cells.csv: is odd"),
        (Problem("data/cells.csv", "is odd", 3), "data/cells.csv, row 3: is odd"),
        (
            Problem("data/cells.csv", "is odd", 3, "row"),
            "data/cells.csv, row 3, column row: is odd",
        ),
        (Problem("chapters/x.qmd", "is odd", 3), "chapters/x.qmd, line 3: is odd"),
        (Problem("data/x.yml", "is odd", 3, "row"), "data/x.yml, line 3, key row: is odd"),
    ],
    ids=["file", "row", "row and column", "line of a text", "key of a text"],
)
def test_problem_prints_its_place_before_its_message(problem, line):
    assert str(problem) == line


# The command itself.


def test_command_sums_up_clean_data(folder, monkeypatch, capsys):
    rows = [last_line(f"{name}.csv") - 1 for name in ("sources", "trials", "cells", "results")]
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    assert main(["check"]) == 0
    counts = "{} sources, {} trials, {} printed cells, {} numbers".format(*rows)
    said, warned = capsys.readouterr()
    assert (said.splitlines()[0], warned) == (f"data/ is sound: {counts}", "")


def test_command_prints_one_line_a_problem_and_their_number(folder, monkeypatch, capsys):
    both(*THREE["values"])(folder)
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    status = main(["check"])
    printed = capsys.readouterr()
    assert status == 1
    assert [line.split(",")[0] for line in printed.out.splitlines()] == [
        "data/trials.csv",
        "data/cells.csv",
        "data/results.csv",
    ]
    assert printed.err == "3 problems\n"


def test_command_counts_one_problem_in_the_singular(folder, monkeypatch, capsys):
    put("results.csv", SINTILIMAB_ORR, statistic="count")(folder)
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    assert main(["check"]) == 1
    assert capsys.readouterr().err == "1 problem\n"


def test_command_names_an_unusable_datapackage(folder, monkeypatch, capsys):
    remove("datapackage.json")(folder)
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    assert main(["check"]) == 1
    said = ("data/datapackage.json: the file is missing\n", "1 problem\n")
    assert capsys.readouterr() == said


def test_a_pool_with_too_few_trials_is_named_with_how_many_are_left(folder, monkeypatch, capsys):
    """Two cohorts have no random effects, and the render would break."""
    for row in ("nec-pembrolizumab", "nec-pembrolizumab-alone", "nec-spartalizumab"):
        put("pooling.csv", f"{row},", role="sensitivity")(folder)
    monkeypatch.setattr("nenreview.evidence.paths.data_folder", lambda: folder)
    assert main(["check"]) == 1
    said = "data/pooling.csv: {} primary cohorts of NEC left in the pool {!r}; expected 3 or more"
    assert capsys.readouterr().out.splitlines() == [
        said.format(2, "All trials"),
        said.format(0, "Without the two Chinese trials"),
    ]


def run_check(folder):
    """Run ``python -m nenreview check`` in `folder`, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "nenreview", "check"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_process_refuses_broken_data_below_the_root_without_a_traceback(folder):
    both(*THREE["between files"])(folder)
    done = run_check(folder)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "3 problems\n"


def test_process_outside_a_review_says_so(tmp_path):
    done = run_check(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("nenreview: _quarto.yml: not found in ")
    assert len(done.stderr.splitlines()) == 1
