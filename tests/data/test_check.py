"""``nenreview check``: every kind of broken data is refused, and the message says where."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers_book import copy_small_book, nenreview, put_folder, put_pipe, remove, replace
from helpers_data import DATA

from nenreview.auditing.ledger import by_number
from nenreview.auditing.rebuild import rebuild
from nenreview.checks.data import read_and_check
from nenreview.cli import main
from nenreview.evidence.record.dataset import load, read
from nenreview.evidence.record.schema import form
from qmdbook.errors import InputError, Problem

# How the lines begin that the cases break.
SINTILIMAB = "NCT02937116,"  # the trial
SINTILIMAB_ORR = "jia2022-049,"  # Table 1, sintilimab, ORR: 5 of 18
SINTILIMAB_ORR_PERCENT = "jia2022-050,"
SINTILIMAB_ORR_CELL = 'jia2022,Table 1,,"ORR, n (%)",Sintilimab'
STAGE_CELL = "jia2022,PATIENT CHARACTERISTICS,,Stage,value"  # a cell without a number
ADVERSE_EVENT = "jia2022-179,"  # thyroid dysfunction, grade 1: 41%
PROSE = "jia2022-473,"  # abstract, median follow-up: 20.7 months
NOT_REACHED = "jia2022-472,"  # abstract, duration of response
RESPONDERS = "jia2022-544,"  # "2 of 5" responders, all > NEC > responders
TUMOR_GROWTH = "jia2022-540,"  # 3 events, all > NEC, in prose
SPARTALIZUMAB_NET = "review2023,NCT02955069,all > NET"
INTERIM = "NCT03352934,fottner2019,"
BASKET = "review2023,NCT02834013,all > non-pancreatic NEN,review2023"
SURUFATINIB = "review2023,NCT03879057,"
NIVOLUMAB_ORR = "review2023-078,"  # Table 6, row 12: 7.1% of GEP-NEC at 8 weeks
CONSECUTIVE = "jia2022,JBI case series,4,"
THOUSAND = "patel2025-006,"  # prose: "more than 1,000 centers"
PRECISION = "NEC,ORR,imprecision,"
SEARCH = "PRISMA 2020,7,"


@pytest.fixture
def folder(tmp_path):
    """Return a copy of ``data/``."""
    return shutil.copytree(DATA, tmp_path / "small book" / "data")


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


def cell(name, file, start, /, *, says, count=1, **cells):
    """Return the case of other text in cells of one record; the first of them must be named."""
    return Case(name, put(file, start, **cells), file, start, next(iter(cells)), says, count)


def number(name, value):
    """Return the case of `value` in the place of a number."""
    says = f"{value!r} is not a number; "
    return cell(name, "results.csv", SINTILIMAB_ORR, value=value, says=says)


def vocabulary(column, value, *, file="results.csv", start=SINTILIMAB_ORR):
    """Return the case of `value` outside the closed vocabulary of `column`."""
    says = f"{value!r} is not a value of {column}; "
    return cell(f"{column} outside its vocabulary", file, start, **{column: value}, says=says)


def pattern(name, column, value, *, file, start):
    """Return the case of `value` that has not the form of `column`."""
    says = f"{value!r} does not have the right form; expected a text "
    return cell(name, file, start, **{column: value}, says=says)


HEADS = [
    Case("missing column", records("results.csv", lambda r: r[:-1]),
         "results.csv", 1, "note", "the column is missing; the head has id, source"),
    Case("renamed column", replace("arms.csv", ",target,", ",Target,"),
         "arms.csv", 1, "Target", "'Target' is not a column of this table; did you mean 'target'?"),
    Case("extra column", records("trials.csv", lambda r: [*r, "x"]), "trials.csv", 1, "x", "'x' is not a column of this table; expected trial, name, tumours, phase, region, enrolled, primary_endpoint, facts_from, chapter"),
    Case("column without a name", records("cells.csv", lambda r: [*r, ""]), "cells.csv", 1, "(no name)", "'' is not a column of this table; expected source, table, row_group, row, column, printed"),
    Case("duplicated column name", records("sources.csv", lambda r: [*r, r[1]]), "sources.csv", 1, "name", "more than once"),
    Case("reordered columns", records("sources.csv", lambda r: [r[1], r[0], *r[2:]]),
         "sources.csv", 1, None, "the columns are in another order; expected source, name, kind, title, authors, journal, year, doi, held, transcribed"),
    Case("semicolons between the columns", text("trials.csv", lambda x: x.replace(",", ";")),
         "trials.csv", 1, None, "the head is 'trial;name;tumours;phase;"),
    Case("tabs between the columns", text("trials.csv", lambda x: x.replace(",", "\t")),
         "trials.csv", 1, None, "expected 'trial,name,tumours,phase,"),
    Case("a spreadsheet's line before the head", text("trials.csv", lambda x: "sep=,\n" + x),
         "trials.csv", 1, None, "the head is 'sep=,'; expected 'trial,name,"),
]  # fmt: skip

FORM = [
    Case("short row", line("results.csv", SINTILIMAB_ORR, lambda x: x[:-1]),
         "results.csv", SINTILIMAB_ORR, None, "17 fields; expected 18; complete the line, or remove it"),
    Case("long row", line("cells.csv", STAGE_CELL, lambda x: x + ",x"), "cells.csv", STAGE_CELL, None, "7 fields; expected 6; put a field that holds a comma in quotes"),
    Case("blank line", line("cells.csv", STAGE_CELL, lambda x: "\n" + x), "cells.csv", STAGE_CELL, None, "the line is blank; expected 6 fields, or no line"),
    Case("short rows alone", text("trials.csv", lambda x: x.split("\n")[0] + "\nNCT02937116\n"),
         "trials.csv", 2, None, "1 field; expected 9"),
    Case("comma in a cell without quotes", replace("trials.csv", '"safety, tolerability"', "safety, tolerability"),
         "trials.csv", SINTILIMAB, None, "10 fields; expected 9"),
    Case("blank line at the end", text("trials.csv", lambda x: x + "\n"),
         "trials.csv", last_line("trials.csv") + 1, None, "the line is blank; expected 9 fields, or no line"),
    Case("marks of a merge", line("trials.csv", SINTILIMAB, lambda x: f"<<<<<<< HEAD\n{x}"),
         "trials.csv", SINTILIMAB, None, "1 field; expected 9"),
    Case("binary content", content("trials.csv", lambda _: b"\x7fELF\x80"), "trials.csv", 1, None, "byte 0x80 is not UTF-8"),
    Case("file under another name", lambda folder: (folder / "trials.csv").rename(folder / "Trials.csv"),
         "trials.csv", None, None, "the file is missing"),
    Case("latin-1 byte", content("cells.csv", lambda x: x.replace("≥".encode(), b"\xb3", 1)),
         "cells.csv", "jia2022,Table 2,Previous line(s) of chemotherapy,≥4,,≥4", None, "byte 0xb3 is not UTF-8"),
    Case("UTF-16", content("trials.csv", lambda x: x.decode().encode("utf-16")), "trials.csv", 1, None, "is not UTF-8"),
    Case("UTF-16 without a mark", content("arms.csv", lambda x: x.decode().encode("utf-16-le")), "arms.csv", 1, None, "a NUL byte"),
    Case("byte order mark", content("trials.csv", lambda x: b"\xef\xbb\xbf" + x), "trials.csv", 1, None, "byte order mark"),
    Case("NUL byte", replace("trials.csv", "toripalimab", "toripa\0limab"), "trials.csv", "NCT03167853,", None, "a NUL byte"),
    Case("unclosed quote", replace("trials.csv", "frumovitz2020,", 'frumovitz2020,"'),
         "trials.csv", "NCT02721732,", None, "a quotation mark is opened and never closed; close it, and double each quotation mark inside a quoted field"),
    Case("unclosed quote in the first row", text("trials.csv", lambda x: x.replace('"', "").replace("16,", '16,"', 1)),
         "trials.csv", 2, None, "a quotation mark is opened and never closed; close it, and double each quotation mark inside a quoted field"),
    Case("text after a closing quote", replace("trials.csv", '"ORR, safety"', '"ORR, safety"x'),
         "trials.csv", "NCT03167853,", None, "a quotation mark stands in the wrong place; close it"),
    Case("no newline at the end", text("trials.csv", lambda x: x[:-1]),
         "trials.csv", last_line("trials.csv"), None, "the file may be cut off"),
    Case("cut off in the last row", text("cells.csv", lambda x: x[: x.rindex(",")]),
         "cells.csv", last_line("cells.csv"), None, "5 fields; expected 6", count=2),
    Case("head without rows", text("cells.csv", lambda x: x.split("\n")[0] + "\n"), "cells.csv", None, None, "the file has no rows below the head; expected at least one"),
    Case("empty file", content("sources.csv", lambda _: b""), "sources.csv", None, None, "the file is empty"),
    Case("missing file", remove("results.csv"), "results.csv", None, None, "the file is missing"),
    Case("directory in place of a file", put_folder("cells.csv"), "cells.csv", None, None, "cannot be read: Is a directory"),
]  # fmt: skip

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
    number("no-break space after a number", "5\u00a0"),
    cell("number that a spreadsheet made a date", "trials.csv", SINTILIMAB, enrolled="24-Jan",
         says="'24-Jan' is not a whole number; expected a whole number from 1 to 100000, in digits"),
    cell("space after a word of the vocabulary", "trials.csv", SINTILIMAB, region="Asia ",
         says="'Asia ' is not a value of region; expected one of Asia, West, not stated; did you mean 'Asia'?"),
    Case("row twice", append_again("trials.csv", SINTILIMAB),
         "trials.csv", last_line("trials.csv") + 1, "trial", "'NCT02937116' is in line 2 already; expected each value once",
         count=3),  # its name and its chapter are there again too
    pattern("DOI as an address", "doi", "https://doi.org/10.1093/x", file="sources.csv", start="jia2022,"),
    cell("fraction in an integer", "trials.csv", SINTILIMAB, enrolled="24.0", says="'24.0' is not a whole number; expected a whole number from 1 to 100000, in digits"),
    cell("below the minimum", "trials.csv", SINTILIMAB, enrolled="0", says="'0' is out of range; expected a whole number from 1 to 100000"),
    cell("above the maximum", "sources.csv", "jia2022,", year="2202", says="'2202' is out of range; expected a whole number from 1900 to 2100"),
    cell("above the maximum of a trial", "trials.csv", SINTILIMAB, enrolled="999999999999999", says="'999999999999999' is out of range; expected a whole number from 1 to 100000"),
    cell("zeros in front", "trials.csv", SINTILIMAB, enrolled="024", says="'024' is not a whole number; leave out the zeros in front: 24"),
    cell("zeros in front of a decimal", "results.csv", SINTILIMAB_ORR, value="05.0", says="'05.0' is not a number; leave out the zeros in front: 5.0"),
    cell("a number of 400 digits", "results.csv", SINTILIMAB_ORR, value="9" * 400, says=f"'{'9' * 400}' is not a number; expected a number"),
    cell("a day that is none", "search.csv", "s001,", day="2026-13-45", says="'2026-13-45' is not a date; expected a date as 2026-11-29"),
    cell("a space of no width", "sources.csv", "jia2022,", title="a\u200bb", says="'a\\u200bb' has the invisible sign U+200B (ZERO WIDTH SPACE); remove it"),
    cell("a space of no width in a word of the vocabulary", "trials.csv", SINTILIMAB, region="As\u200bia", says="'As\\u200bia' has the invisible sign U+200B (ZERO WIDTH SPACE); remove it"),
    cell("a mark of direction", "sources.csv", "jia2022,", title="a\u200fb", says="'a\\u200fb' has the invisible sign U+200F (RIGHT-TO-LEFT MARK); remove it"),
    cell("a control", "sources.csv", "jia2022,", title="a\x07b", says="'a\\x07b' has the invisible sign U+0007 (which has no name); remove it"),
    cell("no character", "sources.csv", "jia2022,", title="a\uffff", says="'a\\uffff' has the invisible sign U+FFFF (which has no name); remove it"),
    cell("a letter that shows nothing", "sources.csv", "jia2022,", title="a\u3164", says="'a\u3164' has the invisible sign U+3164 (HANGUL FILLER); remove it"),
    *(cell(f"a formula with {sign}", "sources.csv", "jia2022,", title=f"{sign}1+1", says=f"'{sign}1+1' begins with '{sign}', as a formula of a spreadsheet does; expected another first sign") for sign in "=+-@"),
    cell("a formula after a tab", "sources.csv", "jia2022,", title="\t=1+1", says="'\\t=1+1' has the invisible sign U+0009"),
    cell("empty required cell", "results.csv", SINTILIMAB_ORR, outcome="", says="the cell is empty; expected a value"),
    vocabulary("statistic", "count"),
    vocabulary("status", "Reported"),
    vocabulary("unit", "patient"),
    vocabulary("relation", "≥"),
    vocabulary("grade", "6", start=ADVERSE_EVENT),
    vocabulary("kind", "poster", file="sources.csv", start="jia2022,"),
    vocabulary("region", "Europe", file="trials.csv", start=SINTILIMAB),
    vocabulary("regimen_class", "single agent", file="arms.csv", start=SINTILIMAB),
    pattern("bad id", "id", "jia2022-49", file="results.csv", start=SINTILIMAB_ORR),
    pattern("line break in an id", "id", "jia2022-049\n", file="results.csv", start=SINTILIMAB_ORR),
    pattern("bad DOI", "doi", "doi:10.1093/x", file="sources.csv", start="jia2022,"),
    pattern("bad source key", "source", "Jia2022", file="sources.csv", start="jia2022,"),
    pattern("bad trial key", "trial", "NCT0293711", file="trials.csv", start=SINTILIMAB),
    cell("duplicate id", "results.csv", SINTILIMAB_ORR_PERCENT, id="jia2022-049",
         says=f"'jia2022-049' is in line {line_of('results.csv', SINTILIMAB_ORR)} already; expected each value once"),
    cell("id of another source", "results.csv", "jia2022-001,", id="jia2202-001", says="'jia2202-001' does not begin with 'jia2022', the source of this row; expected an id such as jia2022-001"),
    Case("duplicate cell", append_again("cells.csv", STAGE_CELL),
         "cells.csv", last_line("cells.csv") + 1, "source, table, row_group, row, column",
         "'jia2022 / PATIENT CHARACTERISTICS / (empty) / Stage / value' is in line "),
    cell("duplicate source", "sources.csv", "jia2022,", source="lu2020", says="'lu2020' is in line 2 already; expected each value once"),
    cell("duplicate trial", "trials.csv", "NCT02939651,", trial="NCT02937116", says="'NCT02937116' is in line 2 already; expected each value once"),
    Case("duplicate term", text("glossary.csv", lambda x: x + "95% CI,,again\n"),
         "glossary.csv", last_line("glossary.csv") + 1, "term", "'95% CI' is in line 3 already; expected each value once"),
    cell("duplicate trial name", "trials.csv", "NCT02939651,", name="sintilimab", says="'sintilimab' is in line 2 already; expected each value once"),
]  # fmt: skip

# A value, its printed text and its cell together, so that one rule alone is broken.
VOCABULARIES = [
    cell("a population that the vocabulary lacks", "results.csv", PROSE, population="all > NTE",
         says="'NTE' is not in data/populations.csv; did you mean 'NET'?"),
    cell("a population with two letters exchanged", "results.csv", PROSE, population="all > NCE",
         says="'NCE' is not in data/populations.csv; did you mean 'NEC'?"),
    cell("an arm that is no path from all", "arms.csv", SINTILIMAB, population="NEC",
         says="'NEC' is not a population; expected 'all' or a path that begins with it, like 'all > NEC > pancreatic'"),
    cell("a population with a space missing", "results.csv", PROSE, population="all >NEC",
         says="'all >NEC' is not a population; expected 'all' or a path that begins with it, like 'all > NEC > pancreatic'"),
    cell("a population that repeats itself", "results.csv", PROSE, population="all > NEC > NEC",
         says="'all > NEC > NEC' repeats a level; expected each level once"),
    cell("a population that repeats two levels", "results.csv", PROSE, population="all > NEC > all > NEC",
         says="'all > NEC > all > NEC' repeats a level; expected each level once"),
    cell("a population of 300 levels", "results.csv", PROSE, population="all" + " > NEC" * 299,
         says="the population has 300 levels; expected 10 or fewer"),
    cell("an outcome that the vocabulary lacks", "results.csv", PROSE, outcome="OOR",
         says="'OOR' is not in data/outcomes.csv; did you mean 'ORR'?"),
    Case("a trial without an arm", text("arms.csv", lambda x: x.replace("NCT02955069,all", "NCT03278405,all > NEC", 1)),
         "trials.csv", "NCT02955069,", "trial", "'NCT02955069' has no row in data/arms.csv; add a row for each of its arms", count=2),
    Case("an arm within another", text("arms.csv", lambda x: x.replace("NCT02955069,all", "NCT03278405,all > NEC", 1)),
         "arms.csv", "NCT02955069,all", "population", "'all > NEC' shares patients with the arm 'all'; expected arms without common patients", count=2),
    cell("a response of patients of two arms", "results.csv", NIVOLUMAB_ORR, population="all",
         says="'all' is not within one arm; expected patients of 'all > nivolumab', 'all > nivolumab + ipilimumab'"),
]  # fmt: skip

BETWEEN = [
    Case("events above n", both(put("results.csv", SINTILIMAB_ORR, value="19", printed="19"),
                                put("cells.csv", SINTILIMAB_ORR_CELL, printed="19 (27.8)")),
         "results.csv", SINTILIMAB_ORR, "value", "19 events in 'all > NEC' are more than its patients; expected 18 or fewer"),
    Case("percent above 100", both(put("results.csv", SINTILIMAB_ORR_PERCENT, value="127.8", printed="127.8"),
                                   put("cells.csv", SINTILIMAB_ORR_CELL, printed="5 (127.8)")),
         "results.csv", SINTILIMAB_ORR_PERCENT, "value", "127.8 percent is not possible; expected 100 or less"),
    cell("unknown source of a number", "results.csv", PROSE, source="jia2023",
         says="'jia2023' is not in data/sources.csv; did you mean 'jia2022'?"),
    cell("unknown source of a cell", "cells.csv", STAGE_CELL, source="jia2023",
         says="'jia2023' is not in data/sources.csv; did you mean 'jia2022'?"),
    cell("unknown source of a trial's facts", "trials.csv", "NCT03167853,", facts_from="lu2020 | lu2021",
         says="'lu2021' is not in data/sources.csv; did you mean 'lu2020'?"),
    Case("unknown source in several rows", both(put("results.csv", SINTILIMAB_ORR, source="jia2023"),
                                                put("results.csv", SINTILIMAB_ORR_PERCENT, source="jia2023")),
         "results.csv", SINTILIMAB_ORR, "source", "'jia2023' is not in data/sources.csv; did you mean 'jia2022'? (1 more line with it)"),
    cell("sources of a trial's facts separated by a comma", "trials.csv", "NCT03167853,", facts_from="lu2020, lu2019",
         says="'lu2020, lu2019' is not in data/sources.csv; expected a value of its column source; separate several by ' | '"),
    cell("unknown trial", "results.csv", PROSE, trial="NCT99999999", says="'NCT99999999' is not in data/trials.csv; expected a value of its column trial"),
    cell("value although not reached", "results.csv", NOT_REACHED, value="20",
         says="'20' although the status is not_reached; expected an empty cell"),
    cell("no value although reported", "results.csv", SINTILIMAB_ORR, value="",
         says="the cell is empty although the status is reported; expected a number"),
    cell("nothing printed although reported", "results.csv", PROSE, printed="",
         says="the cell is empty although the status is reported; expected the printed text"),
    cell("value that is not the printed number", "results.csv", SINTILIMAB_ORR, value="4",
         says="'4' differs from the column printed; expected 5, as printed"),
    cell("value that is not the number printed in words", "results.csv", "frumovitz2020-010,", value="4", printed="five",
         says="'4' differs from the column printed; expected 5, as printed"),
    cell("half a patient", "results.csv", "mehnert2020-016,", value="2.5", printed="2.5",
         says="2.5 is not a whole number; expected one for events"),
    cell("median in no unit of time", "results.csv", "strosberg2020-030,", unit="cycles",
         says="'cycles' for the median of PFS; expected one of days, weeks, months, years"),
    cell("printed text that is not in the cell", "results.csv", SINTILIMAB_ORR, printed="6", value="6",
         says="'6' is not in the cell '5 (27.8)' of data/cells.csv"),
    cell("printed number that is part of another in the cell", "results.csv", SINTILIMAB_ORR_PERCENT, printed="27", value="27",
         says="'27' is not in the cell '5 (27.8)' of data/cells.csv"),
    Case("numbers of a cell out of their order",
         both(put("results.csv", SINTILIMAB_ORR, value="27.8", printed="27.8", statistic="percent"),
              put("results.csv", SINTILIMAB_ORR_PERCENT, value="5", printed="5", statistic="events")),
         "results.csv", SINTILIMAB_ORR_PERCENT, "printed", "'5' is not in the cell '5 (27.8)' of data/cells.csv after '5 (27.8'"),
    Case("number of a cell that does not exist", put("results.csv", SINTILIMAB_ORR, row="ORR"),
         "results.csv", SINTILIMAB_ORR, "row, column", "data/cells.csv has no cell with row 'ORR', column 'Sintilimab (n = 18)' in 'Table 1' of jia2022; expected the row_group, row and column of a cell"),
    cell("number of no table or section", "results.csv", PROSE, table="Abstracts",
         says="'Abstracts' is not a table or section of jia2022; did you mean 'Abstract'?"),
    Case("number in prose with a row", put("results.csv", PROSE, row="Follow-up"),
         "results.csv", PROSE, "row_group, row, column", "row 'Follow-up' although 'Abstract' is a section of prose; expected empty cells"),
    cell("population not under all", "results.csv", PROSE, population="NEC", says="'NEC' is not a population; expected 'all' or a path that begins with it, like 'all > NEC > pancreatic'"),
    cell("population with an empty level", "results.csv", PROSE, population="all >  > NEC",
         says="'all >  > NEC' is not a population; expected 'all' or a path that begins with it, like 'all > NEC > pancreatic'"),
    cell("population larger than the one above it", "results.csv", RESPONDERS, value="19", printed="19",
         says="19 patients in 'all > NEC > responders' are more than 'all > NEC' has; expected 18 or fewer"),
    Case("population larger than the trial", put("trials.csv", "NCT03278379,", enrolled="16"),
         "results.csv", "avelumab2022-020,", "value", "17 patients in 'all' are more than data/trials.csv gives as enrolled; expected 16 or fewer", count=2),  # two reports of it
    cell("events in a population without a size", "results.csv", TUMOR_GROWTH, population="all > NEC > TMB high",
         says="'all > NEC > TMB high' has no size; add a row with outcome patients and statistic n"),
]  # fmt: skip

# The tables of what is ours: sizes by subtraction, reports of the same patients.
OURS = [
    cell("size by subtraction of a whole that is not printed", "derived.csv", SPARTALIZUMAB_NET, whole="all > LCNEC",
         says="review2023 does not report the size of 'all > LCNEC'; expected a population with a reported size"),
    cell("size by subtraction that is printed as well", "derived.csv", SPARTALIZUMAB_NET, population="all > GEP-NEC",
         says="review2023 reports the size of 'all > GEP-NEC'; expected a population without a reported size; remove this row"),
    cell("size by subtraction without a reason", "derived.csv", SPARTALIZUMAB_NET, reason="",
         says="the cell is empty; expected a value"),
    vocabulary("relation", "similar", file="overlaps.csv", start=BASKET),
    cell("overlap with a report that is not printed", "overlaps.csv", BASKET, other_population="all > GEP-NEN",
         says="'all > GEP-NEN' is not a population of NCT02834013 in review2023; expected one with a number in data/results.csv; did you mean 'all > G3 NEN'?"),
    cell("a source of a trial that reports nothing on it", "trials.csv", "NCT02937116,", facts_from="jia2022 | lu2020",
         says="'jia2022 | lu2020' is not the list of reports in data/reports.csv; expected jia2022"),
    cell("a number of a document that is no report of its trial", "results.csv", PROSE, source="lu2020",
         says="'lu2020' is not a report on NCT02937116 in data/reports.csv; add it there", count=3),
    cell("a characteristic by a document on another trial", "characteristics.csv", SINTILIMAB + "jia2022,",
         source="fottner2025", says="'fottner2025' is not a report on NCT02937116 in data/reports.csv; expected one, or add it there"),
    cell("a record found by a query that was not made", "records.csv", "lu2019,", found_by="s004 | s999",
         says="'s999' is not a key of data/search.csv, 'first four documents' or 'known item'; did you mean 's099'?"),
    cell("a query from which an unknown record was taken", "search.csv", "s001,", taken="nobody2020",
         says="'nobody2020' is not a key of data/records.csv; expected one of its keys"),
    cell("a record included in one column alone", "records.csv", "lu2019,", stage="assessed",
         says="stage 'assessed' contradicts outcome 'included'; expected 'included' in both columns or in neither"),
    cell("a record awaiting before it was read", "records.csv", "gu2024,", stage="screened",
         says="stage 'screened' contradicts outcome 'awaiting'; expected 'assessed'"),
    cell("a record excluded whose document reports on a trial", "records.csv", "lu2019,", outcome="excluded",
         stage="assessed", says="outcome 'excluded' contradicts document 'lu2019'; expected 'included' if data/reports.csv has the document, and only then"),
    cell("a report superseded by itself", "reports.csv", INTERIM, superseded_by="fottner2019",
         says="'fottner2019' is not another report on NCT03352934; expected endocrinereviews2023, fottner2025, jia2022, review2023"),
    cell("a report superseded by one of another trial", "reports.csv", INTERIM, superseded_by="yao2021",
         says="'yao2021' is not another report on NCT03352934; expected endocrinereviews2023, fottner2025, jia2022, review2023, weber2023"),
    cell("a report of the trial without its stage", "reports.csv", INTERIM, stage="",
         says="the cell is empty although the standing is own; expected the stage of the report"),
    cell("a document to be filled that is transcribed", "sources.csv", "jia2022,", licence="to be filled",
         says="'to be filled' although the document is transcribed; expected its value"),
    cell("a judgement to be filled of a document that is transcribed", "appraisal.csv", CONSECUTIVE, reason="to be filled",
         says="'to be filled' although the document is transcribed; expected its value"),
    cell("a number shown alone without what it leaves open", "pooling.csv", "net-sintilimab,", leaves_open="",
         says="the cell is empty although the role is shown; expected what the number leaves open"),
    cell("a pooled number with what it leaves open", "pooling.csv", "nec-sintilimab,", leaves_open="much",
         says="'much' although the role is primary; expected an empty cell"),
    cell("a selection of patients without a name", "pooling.csv", "net-keynote-028-carcinoid,", selected_by="PDL1",
         says="'PDL1' is not a value of selected_by; expected one of PD-L1; did you mean 'PD-L1'?"),
    cell("choice for pooling about a population that is not printed", "pooling.csv", "nec-sintilimab,", population="all > GEP-NEN",
         says="'all > GEP-NEN' is not a population of NCT02937116 in jia2022; did you mean 'all > NET'?"),
    cell("overlap of a report with itself", "overlaps.csv", BASKET, other_population="all > non-pancreatic NEN",
         says="the report is paired with itself; expected another report"),
    cell("overlap that stands in the ledger from both sides", "overlaps.csv", SURUFATINIB,
         other_population="all > non-pancreatic NEN", trial="NCT02834013", population="all > G3 NEN", other_trial="NCT02834013", other_source="review2023",
         says="the pair is in line 10 already; expected it once"),
]  # fmt: skip

JUDGED = [
    vocabulary("answer", "perhaps", file="appraisal.csv", start=CONSECUTIVE),
    vocabulary("checklist", "JBI cohort studies", file="appraisal.csv", start=CONSECUTIVE),
    vocabulary("judgement", "lowered", file="certainty.csv", start=PRECISION),
    vocabulary("done", "mostly", file="reporting.csv", start=SEARCH),
    pattern("item of no guideline", "item", "28th", file="reporting.csv", start=SEARCH),
    pattern("section without a label", "place", "Methods", file="reporting.csv", start=SEARCH),
    pattern("reason with a number", "reason", "14 responders", file="certainty.csv", start=PRECISION),
    cell("item of a checklist that is no number", "appraisal.csv", CONSECUTIVE, item="four",
         says="'four' is not a whole number; expected a whole number from 1 to 11, in digits"),
    Case("appraisal of a document that is not there",
         text("appraisal.csv", lambda x: x + "lu2021,JBI case series,1,a topic,no,a reason,Table 1\n"),
         "appraisal.csv", last_line("appraisal.csv") + 1, "source", "'lu2021' is not in data/sources.csv; did you mean 'lu2020'?"),
    Case("document without an item of its checklist", text("appraisal.csv", lambda x: re.sub(f"\n{CONSECUTIVE}[^\n]*", "", x)),
         "appraisal.csv", "jia2022,JBI case series,1,", "item",
         "jia2022, JBI case series: no row for item 4; expected one row for each of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
    Case("document that is not appraised", text("appraisal.csv", lambda x: re.sub(r"\nlu2020,[^\n]*", "", x)),
         "sources.csv", "lu2020,", "source", "'lu2020' has no row in data/appraisal.csv; add a row for every item of a JBI checklist"),
    Case("item twice", append_again("appraisal.csv", CONSECUTIVE),
         "appraisal.csv", last_line("appraisal.csv") + 1, "source, checklist, item", "'jia2022 / JBI case series / 4' is in line "),
    Case("item that the checklist has not", text("appraisal.csv", lambda x: x + "jia2022,JBI case series,11,a topic,no,a reason,Table 1\n"),
         "appraisal.csv", last_line("appraisal.csv") + 1, "item", "'11' is not a value of item for jia2022, JBI case series; expected one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
    cell("document by two checklists", "appraisal.csv", CONSECUTIVE, checklist="JBI systematic reviews", topic="sources searched",
         says="jia2022 is appraised by 'JBI case series' and 'JBI systematic reviews'; expected one checklist for each document"),
    cell("item under another topic", "appraisal.csv", CONSECUTIVE, topic="patients in a row",
         says="'patients in a row' differs from line 5, which has 'consecutive patients' for this item; expected the same topic"),
    Case("domain without a judgement", text("certainty.csv", lambda x: re.sub(f"\n{PRECISION}[^\n]*", "", x)),
         "certainty.csv", "NEC,ORR,starting level,", "domain", "NEC, ORR: no row for domain imprecision; expected one row for each of starting level, risk of bias, inconsistency"),
    cell("domain judged as a level", "certainty.csv", PRECISION, judgement="low",
         says="'low' is not a judgement of imprecision; expected one of not lowered, lowered by one, lowered by two"),
    cell("level that lowers", "certainty.csv", "NEC,ORR,starting level,", judgement="lowered by one",
         says="'lowered by one' is not a judgement of starting level; expected one of very low, low, moderate, high"),
    Case("guideline without an item", text("reporting.csv", lambda x: re.sub(f"\n{SEARCH}[^\n]*", "", x)),
         "reporting.csv", "PRISMA 2020,1,", "item", "PRISMA 2020: no row for item 7; expected one row for each of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10a, 10b, 11, 12, 13a, 13b"),
    cell("item that its guideline has not", "reporting.csv", SEARCH, item="7a",
         says="'7a' is not a value of item for PRISMA 2020; expected one of 1, 2", count=2),  # and item 7 is missing
]  # fmt: skip

CASES = [*HEADS, *FORM, *VALUES, *VOCABULARIES, *BETWEEN, *OURS, *JUDGED]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_breakage_is_refused_with_its_place(case, folder):
    case.change(folder)
    dataset, problems = read(folder)
    assert dataset is None
    said = [p.message for p in problems if (p.file, p.row, p.column) == case.place]
    assert any(case.says in message for message in said), "\n".join(map(str, problems))
    assert len(problems) == case.count, "\n".join(map(str, problems))


def test_a_finding_that_the_audit_does_not_have_is_refused(folder):
    replace("pooling.csv", ",review2023-039-percentage", ",review2023-039-percent")(folder)
    _, problems = read_and_check(folder)
    (problem,) = problems
    assert (problem.file, problem.column) == ("data/pooling.csv", "finding")
    assert "'review2023-039-percent' is not a finding of the audit; did you mean" in problem.message


# How journals write 27.8 and 1,234, in the cell as well as in the number taken from it.
WRITTEN = ["27·8", "27∙8", "27,8", "27.8\u00a0", "\u200927.8", "−27.8"]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_in_other_signs_is_refused_and_the_onemay_keep_them(written, folder):
    orr, in_cell = (
        SINTILIMAB_ORR_PERCENT,
        put("cells.csv", SINTILIMAB_ORR_CELL, printed=f"5 ({written})"),
    )
    in_cell(folder)
    put("results.csv", orr, printed=written)(folder)
    dataset, (problem,) = read(folder)
    assert dataset is None
    assert (problem.file, problem.row, problem.column) == (
        "data/results.csv",
        line_of("results.csv", orr),
        "printed",
    )
    assert "is not in plain notation; write " in problem.message


@pytest.mark.parametrize("written", [one for one in WRITTEN if not one.startswith("−")])
def test_the_audit_reads_a_onein_other_signs(written, folder):
    put("cells.csv", SINTILIMAB_ORR_CELL, printed=f"5 ({written})")(folder)
    data = load(folder)
    assert [f.verdict for f in by_number(data)["jia2022-050"]] == ["match", "match"]
    cells = rebuild(data, "jia2022", "Table 1")
    (one,) = cells[cells["printed"] == f"5 ({written})"].itertuples()
    assert (one.verdict, [piece.printed for piece in one.pieces if piece.is_replaced]) == (
        "match",
        [],
    )


@pytest.mark.parametrize("statistic", ["percent", "p_value", "ci_low"])
@pytest.mark.parametrize("printed", ["27.8%", "27.8²", "ns"])
def test_a_share_that_is_no_number_is_refused(statistic, printed, folder):
    put("cells.csv", SINTILIMAB_ORR_CELL, printed=f"5 ({printed})")(folder)
    put("results.csv", SINTILIMAB_ORR_PERCENT, printed=printed, statistic=statistic)(folder)
    _, problems = read(folder)
    says = f"{printed!r} is not a number; expected only digits and a decimal point"
    assert says in [p.message for p in problems if p.column == "printed"]


@pytest.mark.parametrize("separator", ["\u2009", "\u00a0", "\u202f", "’"])
def test_a_count_may_keep_the_separator_of_its_thousands(separator, folder):
    printed = f"1{separator}000"
    put("results.csv", THOUSAND, printed=printed)(folder)
    assert read(folder)[1] == []
    put("results.csv", THOUSAND, printed=printed, value="1001")(folder)
    (problem,) = read(folder)[1]
    assert "'1001' differs from the column printed; expected 1000" in problem.message


# Text that must not stop the check with another exception, whatever it makes of it.
ODD = {
    "superscript beside a number": both(
        put("results.csv", SINTILIMAB_ORR, printed="5²"),
        put("cells.csv", SINTILIMAB_ORR_CELL, printed="5² (27.8)"),
    ),
    "integer that no computer holds": put("trials.csv", SINTILIMAB, enrolled="1" + "0" * 30),
    "number that no computer holds": put("results.csv", PROSE, value="9" * 400),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_text_does_not_stop_the_check(change, folder):
    change(folder)
    dataset, problems = read(folder)
    assert (dataset is None) == bool(problems)


PACKAGE = "datapackage.json"
TRIALS = "key resources.trials"
REGION = f"{TRIALS}.schema.fields.region"


def resource(name, change):
    """Apply `change` to the description of one table."""
    return package(lambda x: change(next(one for one in x["resources"] if one["name"] == name)))


def column(table, name, **changes):
    """Put other values into the description of a column."""

    def change(resource):
        next(f for f in resource["schema"]["fields"] if f["name"] == name).update(changes)

    return resource(table, change)


def limits(**given):
    """Give the column `region` of `trials` other constraints."""
    return column("trials", "region", constraints=given)


def key_of_arms(**changes):
    """Change the first foreign key of `arms`, or what it refers to."""

    def change(resource):
        key = resource["schema"]["foreignKeys"][0]
        (key if "fields" in changes else key["reference"]).update(changes)

    return resource("arms", lambda x: change(x))


ONE_LINE = "data/datapackage.json, line 1"
A_NAME = "expected a name of letters, digits and . _ -, at most 50 of them"
BELOW = "expected a path below the folder of the data"
UNUSABLE_PACKAGES = {
    "missing": (remove(PACKAGE), ": the file is missing"),
    "empty": (content(PACKAGE, lambda _: b""), ", line 1: not valid JSON; check the commas and quotation marks near this line (Expecting value"),
    "cut off": (text(PACKAGE, lambda x: x[:20]), ", line 2: not valid JSON; check the commas"),
    "latin-1": (content(PACKAGE, lambda _: b'{\n"title": "\xe9"}'), ", line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 text"),
    "byte order mark": (content(PACKAGE, lambda x: b"\xef\xbb\xbf" + x), ", line 1: the file begins with a byte order mark; save it as UTF-8 without one"),
    "directory": (put_folder(PACKAGE), ": the file cannot be read: Is a directory"),
    "pipe": (put_pipe(PACKAGE), ": the file is a pipe or a device; expected a regular file"),
    "a list": (content(PACKAGE, lambda _: b"[]"), ": the file does not describe a data package; expected a JSON object, `{...}`"),
    "deep": (content(PACKAGE, lambda _: b'{"name":\n' + b"[" * 100_000 + b"]" * 100_000 + b"}"), ", line 2: more than 20 brackets within each other; expected a data package"),
    "no number": (replace(PACKAGE, '"minimum": 1900', '"minimum": NaN'), ": not valid JSON: NaN is not a number of JSON; expected digits"),
    "a number too long": (replace(PACKAGE, '"minimum": 1900', '"minimum": ' + "9" * 5000), ": not valid JSON: Exceeds the limit (4300"),
    "a key twice": (replace(PACKAGE, '"profile"', '"name": "other", "profile"'), ": not valid JSON: the key 'name' is given twice; expected it once"),
    "a line of its own": (replace(PACKAGE, '"minimum": 1900', '"minimum": "x"'), ', line 86, key resources.sources.schema.fields.year.constraints.minimum: the value is "x"; expected a number'),
    "without resources": (package(lambda x: x.pop("resources")), ", line 1: the key resources is missing; expected a list of tables"),
    "without a version": (package(lambda x: x.pop("version")), f", line 1: the key version is missing; {A_NAME}"),
    "without one table": (package(lambda x: x["resources"].pop(1)), ": resource trials is missing; expected one with name, path and schema"),
    "a misspelt key": (package(lambda x: x.update(licences=[])), ", line 1: 'licences' is not a key of this description; did you mean 'licenses'?"),
    "name that climbs": (package(lambda x: x.update(name="../../../evil")), f', line 1, key name: the value is "../../../evil"; {A_NAME}'),
    "name that is absolute": (package(lambda x: x.update(name="/tmp/evil")), f', line 1, key name: the value is "/tmp/evil"; {A_NAME}'),
    "name of a line too many": (package(lambda x: x.update(name="a\n")), f', line 1, key name: the value is "a\\n"; {A_NAME}'),
    "name of 300 letters": (package(lambda x: x.update(name="a" * 300)), ', line 1, key name: the value is "aaaaaa'),
    "name that is a list": (package(lambda x: x.update(name=["a"])), f', line 1, key name: the value is ["a"]; {A_NAME}'),
    "version that climbs": (package(lambda x: x.update(version="../1")), f', line 1, key version: the value is "../1"; {A_NAME}'),
    "licence that is a text": (package(lambda x: x.update(licenses=["MIT"])), ', line 1, key licenses.0: the value is "MIT"; expected a licence: name, title and path'),
    "licence that is a script": (package(lambda x: x["licenses"][0].update(path="javascript:f()")), ', line 1, key licenses.CC-BY-4.0.path: the value is "javascript:f()"; expected an address that begins with https://'),
    "resource that is a text": (package(lambda x: x["resources"].append("x")), ', line 1, key resources.24: the value is "x"; expected a resource: name, path, title, description, mediatype'),
    "resource twice": (package(lambda x: x["resources"].append(x["resources"][1])), f", line 1, {TRIALS}.name: the name 'trials' is given twice; expected each name once"),
    "path that climbs": (resource("trials", lambda x: x.update(path="../../etc/passwd")), f", line 1, {TRIALS}.path: '../../etc/passwd' is outside the folder; {BELOW}"),
    "path that is absolute": (resource("trials", lambda x: x.update(path="/etc/passwd")), f", line 1, {TRIALS}.path: '/etc/passwd' is outside the folder; {BELOW}"),
    "path that is a mapping": (resource("trials", lambda x: x.update(path={"a": 1})), f', line 1, {TRIALS}.path: the value is {{"a": 1}}; expected a path, or a list of paths'),
    "path that is a list": (resource("trials", lambda x: x.update(path=["trials.csv"])), f', line 1, {TRIALS}.path: the value is ["trials.csv"]; expected the path of one file'),
    "path that is empty": (resource("trials", lambda x: x.update(path="")), f", line 1, {TRIALS}.path: the value is empty; expected a path, or a list of paths"),
    "path of a claim that climbs": (resource("claims", lambda x: x["path"].append("../x.yml")), f", line 1, key resources.claims.path: '../x.yml' is outside the folder; {BELOW}"),
    "resource without a path": (resource("trials", lambda x: x.pop("path")), f", line 1, {TRIALS}: the key path is missing; expected a path, or a list of paths"),
    "resource without a schema": (resource("trials", lambda x: x.pop("schema")), f", line 1, {TRIALS}: the key schema is missing; expected a mapping: fields and primaryKey"),
    "resource without a title": (resource("trials", lambda x: x.pop("title")), f", line 1, {TRIALS}: the key title is missing; expected a text"),
    "column without a type": (resource("trials", lambda x: x["schema"]["fields"][0].pop("type")), f", line 1, {TRIALS}.schema.fields.trial: the key type is missing; expected a type of column"),
    "column of an unknown type": (column("trials", "region", type="strnig"), f", line 1, {REGION}.type: 'strnig' is not a type of column; expected one of string, number, integer, date; did you mean 'string'?"),
    "column twice": (resource("trials", lambda x: x["schema"]["fields"].append(x["schema"]["fields"][0])), f", line 1, {TRIALS}.schema.fields.trial.name: the name 'trial' is given twice; expected it once"),
    "schema that is a list": (resource("trials", lambda x: x.update(schema=[])), f", line 1, {TRIALS}.schema: the value is empty; expected a mapping"),
    "key that is a text": (resource("trials", lambda x: x["schema"].update(primaryKey="trial")), f', line 1, {TRIALS}.schema.primaryKey: the value is "trial"; expected a list of columns'),
    "key that is a number": (resource("trials", lambda x: x["schema"].update(primaryKey=5)), f", line 1, {TRIALS}.schema.primaryKey: the value is 5; expected a list of columns"),
    "key of no column": (resource("trials", lambda x: x["schema"].update(primaryKey=["trail"])), f", line 1, {TRIALS}.schema.primaryKey: 'trail' is not a column of this table; expected one of trial, name, "),
    "keys that are a number": (resource("arms", lambda x: x["schema"].update(foreignKeys=5)), ", line 1, key resources.arms.schema.foreignKeys: the value is 5; expected a list of keys of other tables"),
    "foreign key of no column": (key_of_arms(fields="trail"), ", line 1, key resources.arms.schema.foreignKeys.0.fields: 'trail' is not a column of this table; expected one of trial, "),
    "foreign key to no table": (key_of_arms(resource="trails"), ", line 1, key resources.arms.schema.foreignKeys.0.reference.resource: 'trails' is not a table of this package; did you mean 'trials'?"),
    "foreign key to no column": (resource("arms", lambda x: x["schema"]["foreignKeys"][0]["reference"].update(fields="trail")),
                                 ", line 1, key resources.arms.schema.foreignKeys.0.reference.fields: 'trail' is not a column of trials; expected one of trial, name, "),
    "values that are a text": (limits(enum="Asia"), f', line 1, {REGION}.constraints.enum: the value is "Asia"; expected a list of texts'),
    "values that are lists": (limits(enum=[["a"]]), f', line 1, {REGION}.constraints.enum.0: the value is ["a"]; expected a text'),
    "pattern that is open": (limits(pattern="["), f", line 1, {REGION}.constraints.pattern: '[' is not a pattern: unterminated character set at position 0"),
    "pattern that is a number": (limits(pattern=5), f", line 1, {REGION}.constraints.pattern: the value is 5; expected a pattern of at most 200 signs"),
    "pattern that looks ahead": (limits(pattern="(?=a)a"), f", line 1, {REGION}.constraints.pattern: '(?=a)a' is not a pattern: '(?' is not supported; expected plain groups and quantifiers"),
    "limit that is a text": (limits(minimum="x"), f', line 1, {REGION}.constraints.minimum: the value is "x"; expected a number'),
    "limits in the wrong order": (limits(minimum=2, maximum=1), f", line 1, {REGION}.constraints.minimum: the minimum is above the maximum; expected it below"),
    "constraint that is unknown": (limits(maxLength=2), f", line 1, {REGION}.constraints: 'maxLength' is not a key of this description; expected one of required, unique, minimum, maximum, pattern, enum"),
    "constraints that are a list": (column("trials", "region", constraints=[1]), f", line 1, {REGION}.constraints: the value is [1]; expected a mapping of constraints"),
    "word for yes or no": (limits(required="no"), f', line 1, {REGION}.constraints.required: the value is "no"; expected true or false'),
    "pipe for a table": (put_pipe("cells.csv"), "data/cells.csv: the file is not a regular file; expected a regular file in the folder of the data"),
    "device for a table": (lambda folder: ((folder / "cells.csv").unlink(), (folder / "cells.csv").symlink_to("/dev/null")),
                           "data/cells.csv: the file is a link to a file outside the folder; expected a regular file in the folder of the data"),
    "pipe beside the tables": (put_pipe("more.csv"), "data/more.csv: the file is not a regular file; expected a regular file in the folder of the data"),
    "link to a file elsewhere": (lambda folder: (folder / "more.csv").symlink_to("/etc/hosts"), "data/more.csv: the file is a link to a file outside the folder; expected a regular file in the folder of the data"),
    "link to a folder": (lambda folder: (folder / "more").symlink_to("/etc"), "data/more: the folder is a link; expected a folder"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), UNUSABLE_PACKAGES.values(), ids=UNUSABLE_PACKAGES)
def test_unusable_datapackage_is_refused_in_one_line(change, says, folder):
    change(folder)
    with pytest.raises(InputError) as raised:
        read(folder)
    (problem,) = raised.value.problems
    assert str(problem).startswith(
        says if says.startswith("data/") else f"data/datapackage.json{says}"
    )


def test_a_name_with_a_line_break_is_told_in_one_line(folder):
    replace("arms.csv", ",target,", ',"xyz\nxyz",')(folder)
    _, problems = read(folder)
    assert len(problems) == 2 and not any("\n" in str(one) for one in problems)


def without(fields):
    return [field for field in fields if field["name"] != "phase"]


def exchanged(fields):
    return [fields[1], fields[0], *fields[2:]]


def renamed(fields):
    return [field | {"name": field["name"].replace("phase", "phases")} for field in fields]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (without, ["the column 'phase' is missing; the review reads it"]),
        (exchanged, ["the columns are in another order; expected trial, name, tumours, phase"]),
        (renamed, ["the column 'phase' is missing", "'phases' is not a column of this table"]),
    ],
)
def test_a_table_has_the_columns_that_the_review_reads_in_their_order(change, says, folder):
    """Also where the table has been changed along with its description."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (trials,) = (one for one in package["resources"] if one["name"] == "trials")
    trials["schema"]["fields"] = change(trials["schema"]["fields"])
    (folder / "datapackage.json").write_text(json.dumps(package, indent=2), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read(folder)
    found = [one for one in raised.value.problems if "schema.fields" in str(one)]
    assert all(text in str(one) for text, one in zip(says, found, strict=True))


CATASTROPHIC = ["((a|a)+)+x", "(.|[^x])*!", ".*.*.*.*.*.*.*.*.*.*!", "(a?){30}a{30}", r"(\S+ ?)+!"]


@pytest.mark.parametrize("pattern", CATASTROPHIC)
def test_no_pattern_takes_long(pattern):
    assert not form(pattern).fullmatch("a" * 3000 + " ")


@pytest.mark.parametrize(
    "field", [field for one in json.loads((DATA / PACKAGE).read_text("utf-8"))["resources"] for field in one["schema"]["fields"] if "pattern" in field.get("constraints", {})],
    ids=lambda field: field["name"],
)  # fmt: skip
def test_a_pattern_of_the_review_means_what_it_means_to_everybody(field):
    pattern = field["constraints"]["pattern"]
    texts = [
        one
        for table in sorted(DATA.glob("*.csv"))
        for row in csv.reader(table.read_text("utf-8").splitlines())
        for one in row[:4]
    ]
    for one in set(texts):
        assert bool(form(pattern).fullmatch(one)) == bool(re.fullmatch(pattern, one)), one


def test_load_raises_with_every_problem(folder):
    both(*THREE_VALUES)(folder)
    with pytest.raises(InputError) as raised:
        load(folder)
    assert len(raised.value.problems) == 3
    assert str(raised.value).count("\n") == 2


# Three breakages in three files, given in the reverse of the order they are reported in.
THREE_FILES = ["data/trials.csv", "data/cells.csv", "data/results.csv"]
THREE_VALUES = [
    put("results.csv", SINTILIMAB_ORR, statistic="count"),
    put("cells.csv", STAGE_CELL, table=""),
    put("trials.csv", SINTILIMAB, enrolled="many"),
]
THREE_KEYS = [
    put("results.csv", PROSE, trial="NCT99999999"),
    put("cells.csv", STAGE_CELL, source="jia2023"),
    put("trials.csv", SINTILIMAB, facts_from="jia2023"),
]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [(THREE_VALUES, ["enrolled", "table", "statistic"]), (THREE_KEYS, ["facts_from", "source", "trial"])],
    ids=["values", "between files"],
)  # fmt: skip
def test_breakages_in_three_files_are_all_reported_in_the_order_of_the_files(
    changes, columns, folder
):
    both(*changes)(folder)
    _, problems = read(folder)
    assert [problem.column for problem in problems] == columns
    assert [problem.file for problem in problems] == THREE_FILES


IN_ONE_FILE = {
    "values": [
        put("results.csv", PROSE, unit="month"),
        put("results.csv", SINTILIMAB_ORR, statistic="count", unit="patient"),
        put("results.csv", ADVERSE_EVENT, grade="6"),
    ],
    "between files": [
        put("results.csv", PROSE, trial="NCT99999999"),
        put("results.csv", SINTILIMAB_ORR, outcome="OOR"),
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
    put("results.csv", PROSE, unit="month")(folder)
    put("results.csv", SINTILIMAB_ORR, note="a\nb")(folder)
    _, problems = read(folder)
    assert [problem.row for problem in problems] == [line_of("results.csv", PROSE) + 1]


def test_line_ends_of_windows_change_nothing(folder):
    content("results.csv", lambda x: x.replace(b"\n", b"\r\n"))(folder)
    dataset, problems = read(folder)
    assert problems == []
    assert dataset.results.equals(load(DATA).results)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("data/cells.csv", "is odd"), "data/cells.csv: is odd"),
        (("data/cells.csv", "is odd", 3), "data/cells.csv, line 3: is odd"),
        (("data/cells.csv", "is odd", 3, "row"), "data/cells.csv, line 3, column row: is odd"),
        (
            ("data/cells.csv", "is odd", 3, "row, column"),
            "data/cells.csv, line 3, columns row, column: is odd",
        ),
        (("chapters/x.qmd", "is odd", 3), "chapters/x.qmd, line 3: is odd"),
        (("data/x.yml", "is odd", 3, "row"), "data/x.yml, line 3, key row: is odd"),
    ],
)
def test_problem_prints_its_place_before_its_message(place, line):
    assert str(Problem(*place)) == line


# The command itself.


@pytest.fixture
def check(tmp_path, folder, monkeypatch, capsys):
    """Return a function that checks a small book with the copy: its exit status, output, errors."""
    assert copy_small_book(tmp_path) == folder.parent
    monkeypatch.setattr("nenreview.evidence.record.paths.data_folder", lambda: folder)
    return lambda: (main(["check"]), *capsys.readouterr())


def test_command_sums_up_clean_data(check):
    rows = [last_line(f"{name}.csv") - 1 for name in ("sources", "trials", "cells", "results")]
    counts = "{} sources, {} trials, {} table cells, {} reported numbers".format(*rows)
    status, output, errors = check()
    assert (status, output.splitlines()[0], errors) == (0, f"data/ is sound: {counts}", "")


def test_command_prints_one_line_a_problem_and_their_number(folder, check):
    both(*THREE_VALUES)(folder)
    status, output, errors = check()
    assert (status, errors) == (1, "3 problems\n")
    assert [line.split(",")[0] for line in output.splitlines()] == THREE_FILES


def test_command_names_an_unusable_datapackage_and_counts_one_problem_in_the_singular(
    folder, check
):
    remove(PACKAGE)(folder)
    assert check() == (
        1,
        "data/datapackage.json: the file is missing; restore it\n",
        "1 problem\n",
    )


# Two cohorts have no random effects, and the render would break.
@pytest.mark.parametrize(
    ("estimand", "kept", "role", "left"),
    [
        (
            "NEC",
            ("nec-sintilimab", "nec-toripalimab"),
            "sensitivity",
            {"All trials": 2, "Without the two Chinese trials": 0},
        ),
        (
            "NET",
            ("net-toripalimab-treated", "net-keynote-028-pancreatic"),
            "other line",
            {"NET, all cohorts": 2},
        ),
    ],
)
def test_a_pool_with_too_few_cohorts_is_named_with_how_many_are_left(
    estimand, kept, role, left, folder, check, data
):
    pooled = data.pooling[
        (data.pooling["estimand"] == estimand) & (data.pooling["role"] == "primary")
    ]
    for row in set(pooled["row"]) - set(kept):
        put("pooling.csv", f"{row},", role=role)(folder)
    status, output, _ = check()
    assert status == 1
    assert output.splitlines() == [
        f"data/pooling.csv: the pool {pool!r} of {estimand} has {count} rows with the role primary; "
        "expected 3 or more"
        for pool, count in left.items()
    ]


@pytest.mark.parametrize(
    "row, change, said",
    [
        (
            "net-keynote-158,",
            {"estimand": "NEC"},
            "NEC, but 'all > NET' of NCT02628067 is NET; expected NEC or LCNEC",
        ),
        (
            "nec-sintilimab,",
            {"population": "all"},
            "NEC, but 'all' of NCT02937116 is NEN, undivided; expected NEC or LCNEC",
        ),
        (
            "net-g3-sintilimab,",
            {"population": "all > NET"},
            "NET G3, but 'all > NET' of NCT02937116 is NET of grade not stated; expected NET G3",
        ),
    ],
)
def test_a_cohort_of_other_tumours_than_its_pool_is_named(row, change, said, folder, check):
    put("pooling.csv", row, **change)(folder)
    status, output, _ = check()
    assert status == 1
    assert re.search(
        r"^data/pooling\.csv, line \d+, columns estimand, population: the row is about "
        + re.escape(said),
        output,
        re.M,
    )


KEYNOTE_158 = "net-keynote-158,"
# Data that can be read, and that would end a render.
UNCOUNTED = [
    Case("a pool of another class of drugs", put("arms.csv", "NCT02628067,", regimen_class="with chemotherapy"),
         "pooling.csv", KEYNOTE_158, "population", "is treated 'with chemotherapy' by data/arms.csv; expected patients with monotherapy"),
    Case("a pool of patients treated before, and others", put("arms.csv", "NCT02628067,", line="any"),
         "pooling.csv", KEYNOTE_158, "role", "'any' in data/arms.csv; expected the role 'other line' or 'shown'"),
    Case("a pooled population of two sizes", text("results.csv", lambda x: x + "strosberg2020-900,strosberg2020,NCT02628067,Results,,,,all > NET,patients,,,n,,reported,106,patients,106,\n"),
         "pooling.csv", KEYNOTE_158, "population, responders, fallback", "strosberg2020 reports no single size of 'all > NET'"),
    Case("a pool of responders", put("pooling.csv", "net-keynote-028-carcinoid,", population="all > NET > carcinoid > responders"),
         "pooling.csv", "net-keynote-028-carcinoid,", "population, responders, fallback", "the row gives no single count: mehnert2020 reports no"),
    Case("two cohorts that share patients in one pool", put("overlaps.csv", "mehnert2020,NCT02054806,all > NET > carcinoid,", relation="not known"),
         "pooling.csv", "net-keynote-028-pancreatic,", "population", "are in one pool, and data/overlaps.csv or their paths say of them 'not known'; expected 'apart'"),
    Case("two first scans", text("results.csv", lambda x: x + "vijayvergia2020-900,vijayvergia2020,NCT02939651,Methods,,,,all,assessment interval,,,value,,reported,12,weeks,12,\n"),
         "results.csv", None, "category", "12 weeks here and 9 weeks in line "),
]  # fmt: skip


@pytest.mark.parametrize("case", UNCOUNTED, ids=lambda case: case.name)
def test_what_a_render_would_end_on_is_refused(case, folder, check):
    case.change(folder)
    status, output, _ = check()
    place = f"data/{case.file}, line "
    place += str(line_of(case.file, case.row) if case.row else last_line(case.file) + 1)
    columns = f"columns {case.column}" if "," in case.column else f"column {case.column}"
    assert status == 1
    (said,) = [one for one in output.splitlines() if one.startswith(f"{place}, {columns}: ")]
    assert case.says in said


def test_process_outside_a_review_says_so(tmp_path):
    done = nenreview("check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("nenreview check: _quarto.yml: not found in ")
    assert len(done.stderr.splitlines()) == 1
