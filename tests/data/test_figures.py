"""The figures: byte-stable, complete, and those in ``figures/`` the ones that the code draws."""

import io
import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from helpers_book import snapshot
from helpers_data import ROOT
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from nenreview.auditing.finding import VERDICTS
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import source_names
from nenreview.figures import catalogue as catalogues
from nenreview.figures import style
from nenreview.figures.catalogue import FORMATS, SYNTHESIS, catalogue, draw, write_all
from nenreview.figures.findings import findings
from nenreview.figures.forest import forest
from nenreview.figures.forest_rows import Group, rate_note, rate_row
from nenreview.figures.lettering import balanced_lines, text_width
from nenreview.figures.people import Share, people
from nenreview.figures.stacked_bars import adverse_events
from nenreview.figures.style import ReviewFigure, to_bytes, to_csv
from nenreview.figures.synthesis import FIGURES
from nenreview.stats.rate import Rate
from nenreview.synthesis.headline import primary_cohorts
from qmdbook.config import read_config
from qmdbook.display import NARROW_SVG
from qmdbook.errors import InputError
from qmdbook.fonts import SUBSET, font_files

pytestmark = pytest.mark.slow

COMMITTED = ROOT / "figures"
CATALOGUE = catalogue()
README = "readme-misprint"  # no page shows it


def test_the_committed_figures_are_those_of_the_catalogue():
    names = {f"{name}.{form}" for name in CATALOGUE for form in FORMATS}
    assert {path.name for path in COMMITTED.iterdir()} == names


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_committed_svg_is_what_the_code_draws_twice_with_the_data_behind_it(name):
    one = draw(name)
    first, second = (
        {form: to_bytes(x.figure, form) for form in FORMATS} for x in (one, draw(name))
    )
    assert (COMMITTED / f"{name}.svg").read_bytes() == first["svg"], "stale: run make figures"
    assert first == second
    assert one.source or name == README
    data = pd.read_csv(io.StringIO(to_csv(one.data)))
    assert len(data) == len(one.data) > 0


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_figure_is_as_wide_as_the_page_and_its_letters_can_be_read_in_print(name):
    svg = (COMMITTED / f"{name}.svg").read_text(encoding="utf-8")  # the test above draws it
    assert re.search(r'<svg [^>]*width="([\d.]+)pt"', svg)[1] == "468"  # 6.5 in, of 6.54
    drawn = draw(name)
    assert_readable(drawn.figure)
    if drawn.narrow:
        assert drawn.narrow.get_figwidth() == style.NARROW
        assert_readable(drawn.narrow)


def assert_readable(figure):
    letters = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    assert min(text.get_fontsize() for text in letters) >= 7
    figure.draw_without_rendering()
    box, (wide, high) = figure.get_tightbbox(), figure.get_size_inches()
    # A hair more, since letters are measured at another resolution than they are drawn at.
    assert box.x0 > -0.01 and box.y0 > -0.01
    assert box.x1 < wide + 0.01 and box.y1 < high + 0.01


def test_the_names_of_the_synthesis_are_those_of_its_figures():
    assert tuple(FIGURES) == SYNTHESIS


def test_letters_are_those_of_the_font_package(monkeypatch):
    # As on a system that has another release of the font, in a list without the package's own.
    own = str(font_files(style.FONT)["regular"])
    (listed,) = (f for f in fontManager.ttflist if f.fname == own)
    other = replace(listed, fname="/usr/share/fonts/SourceSansPro.ttf")
    monkeypatch.setattr(fontManager, "ttflist", [other])
    style._use_packaged_font()
    assert fontManager.findfont(f"{style.FONT}:size=9.5") == own


def test_figures_have_the_typeface_of_pages_and_pdf():
    assert read_config(ROOT).font == style.FONT


@pytest.mark.parametrize("bold", [False, True])
def test_text_is_as_wide_as_its_letters_advance(bold):
    text = "0123456789"  # no pair of which moves closer
    with TTFont(font_files(style.FONT)["bold" if bold else "regular"]) as font:
        advances = sum(font["hmtx"][font.getBestCmap()[ord(letter)]][0] for letter in text)
        points = advances / font["head"].unitsPerEm * 9
    assert text_width(text, size=9, bold=bold) == pytest.approx(points, rel=0.005)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_drawing_brings_its_letters_for_systems_without_the_typeface(name):
    svg = (COMMITTED / f"{name}.svg").read_text(encoding="utf-8")
    fonts = [TTFont(io.BytesIO(b64decode(f))) for f in re.findall(r"base64,([^\"]+)", svg)]
    assert {font["name"].getBestFamilyName() for font in fonts} == {SUBSET}
    assert f"'{style.FONT}', '{SUBSET}'" in svg
    (letters, _) = (font.getBestCmap() for font in fonts)
    texts = "".join(re.findall(r">([^<\n]+)</text>", svg))
    assert not {letter for letter in unescape(texts) if ord(letter) not in letters}


def test_every_figure_is_shown_by_a_chapter_or_the_readme_and_none_is_missing():
    chapters = [ROOT / "index.qmd", *(ROOT / "chapters").glob("*.qmd")]
    shown = set(re.findall(r'figure\("([\w-]+)"\)', "".join(c.read_text() for c in chapters)))
    in_readme = re.findall(r"\]\(figures/([\w-]+)\.svg\)", (ROOT / "README.md").read_text("utf-8"))
    assert shown | set(in_readme) == set(CATALOGUE)


def test_the_picture_of_the_readme_strikes_out_the_number_that_the_audit_rejects():
    table = draw(README).data
    changed = table[table["printed"] != table["recomputed"]]
    assert list(changed["row"]) == ["Cancer types or histologic subtypes"]
    assert changed["printed"].str.endswith("tumor, 16").all()
    assert changed["recomputed"].str.endswith("tumor, 6").all()
    texts = [text.get_text() for text in draw(README).figure.findobj(Text)]
    assert "16" in texts and "6" in texts
    assert "18 + 16 = 34, but the trial treated 24 patients." in " ".join(texts)


def test_write_all_writes_both_forms_of_each(tmp_path, monkeypatch):
    some = {name: CATALOGUE[name] for name in ("sintilimab-response", "context-spartalizumab")}
    monkeypatch.setattr("nenreview.figures.catalogue.catalogue", lambda data=None: some)
    written = write_all(tmp_path / "figures")
    assert {path.name for path in written} == {
        f"{name}.{form}" for name in some for form in FORMATS
    }
    assert all(path.stat().st_size > 1000 for path in written)


@pytest.mark.parametrize("drawing", ["figure", "narrow"])
def test_a_forest_plot_draws_and_writes_each_rate_in_both_drawings(drawing):
    rows = (rate_row("a", Rate(1, 4)), rate_row("b", Rate(0, 3)), rate_row("c", Rate(3, 3)))
    axes = getattr(forest([Group("", rows)]), drawing).axes[0]
    points = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "s"]
    assert points == [25, 0, 100]
    low, high = axes.get_xlim()
    assert low < 0 and high > 100  # a mark at the end is drawn whole
    written = " ".join(text.get_text() for text in axes.texts).replace("\u2007", "")
    assert "1 of 4" in written and "25.0 (0.6–80.6)" in written  # by R's binom.test


@pytest.mark.parametrize("drawing", ["figure", "narrow"])
def test_a_row_with_a_note_is_one_group_that_holds_its_name_numbers_and_mark(drawing):
    rows = (
        rate_row("a", Rate(1, 4), chapter="one", note='1 of 4 "responded"'),
        rate_row("b", Rate(0, 3)),
    )
    drawn = getattr(forest([Group("", rows)]), drawing)
    root = fromstring(to_bytes(drawn, "svg"))
    ((row, note),) = [(one, note) for one in root.iter() if (note := one.get("data-note"))]
    assert note == '1 of 4 "responded"'
    words = "".join(row.itertext())
    assert "a" in words and "25.0" in words and "b" not in words
    assert len([one for one in row.iter() if one.tag.endswith("}a")]) == 1
    assert len([one for one in row.iter() if one.tag.endswith("}use")]) == 1  # the square
    height = 24 * 72 / 96  # 24 pixels of a phone, in points
    ys = [float(y) for y in re.findall(r"[ML] \S+ (\S+)", next(iter(row[0])).get("d"))]
    assert max(ys) - min(ys) > height or drawing == "figure"


@pytest.mark.parametrize(
    "name", ["synthesis-forest", "synthesis-net", "harm", "context-sintilimab"]
)
def test_every_rate_of_a_trial_has_a_note_with_its_count(name):
    figure = draw(name)
    rates = figure.data[figure.data["kind"].isin(["observed", "in no pool"])]
    for drawn in (figure.figure, figure.narrow):
        root = fromstring(to_bytes(drawn, "svg"))
        notes = [note for one in root.iter() if (note := one.get("data-note"))]
        counts = zip(rates["events"].astype(int), rates["patients"].astype(int), strict=True)
        assert [note.split(" patients")[0] for note in notes] == [f"{k} of {n}" for k, n in counts]


def test_a_note_says_patients_caveat_trial_and_source():
    data = load()
    mehnert = Report("mehnert2020", "NCT02054806", "all > NET > carcinoid")
    assert rate_note(data, mehnert, Rate(3, 25)) == (
        "3 of 25 patients (NET, carcinoid) responded; pembrolizumab (KEYNOTE-028), "
        "Mehnert 2020, abstract."
    )
    avenec = Report("fottner2025", "NCT03352934", "all")
    assert rate_note(data, avenec, Rate(3, 60), caveat="by iRECIST") == (
        "3 of 60 patients with G3 NEN responded; by iRECIST; avelumab (AVENEC), "
        "Fottner 2025, abstract."
    )


def test_the_bars_of_the_audit_bear_the_names_of_documents_and_no_keys():
    names = [label.get_text() for label in draw("audit-findings").figure.axes[0].get_yticklabels()]
    assert len(names) == len(load().sources)
    assert not set(names) & set(load().sources["source"])


def test_the_audit_has_points_where_its_counts_are_and_none_for_zero():
    counts = pd.DataFrame({v: [0, 0] for v in VERDICTS}, index=["small", "large"])
    counts["match"], counts.loc["large", "conflict"] = [4, 800], 2
    axes, beside = findings(counts).figure.axes
    points = {(line.get_marker(), *line.get_xydata()[0]) for line in axes.lines}
    assert points == {("o", 800, 0), ("X", 2, 0), ("o", 4, 1)}  # the most findings first
    assert [text.get_text() for text in beside.texts][:3] == ["agrees", "800", "4"]


def test_bars_of_adverse_events_darken_with_the_grade_and_say_their_numbers():
    counts = pd.DataFrame([[1, 2, 3, 4, 5]], index=["event"], columns=list("12345"))
    axes = adverse_events(counts, n=20).figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1, 2, 3, 4, 5]
    light = [sum(bar.get_facecolor()[:3]) for bar in axes.patches]
    assert light == sorted(light, reverse=True) and len(set(light)) == 5
    (text,) = axes.texts
    assert text.get_text() == "grade 1: 1, grade 2: 2, grade 3: 3, grade 4: 4, grade 5: 5"


def test_medians_stand_in_groups_by_length_and_say_what_is_not_reported():
    drawn = draw("times")
    pfs = drawn.data[drawn.data["outcome"] == "PFS"].dropna(subset="median")
    for _, group in pfs.groupby(["class", "tumours"]):
        assert group["median"].is_monotonic_increasing
    axes = drawn.figure.axes[1]
    open_marks = sum(line.get_markerfacecolor() == "white" for line in axes.lines)
    times = drawn.data[drawn.data["outcome"] == "OS"]
    bare = times["median"].notna() & times["ci_low"].isna() & times["ci_high"].isna()
    assert open_marks == bare.sum() > 0
    words = [text.get_text() for text in axes.texts]
    assert words.count("not reached") == (times["status"] == "not reached").sum() > 0
    populations = drawn.data[["class", "name", "population"]].drop_duplicates()
    assert words.count("not reported") == len(populations) - len(times)


def test_a_forest_plot_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no groups"):
        forest([])
    with pytest.raises(ValueError, match="'x' has no row"):
        forest([Group("x", ())])


def test_a_figure_offers_vector_and_raster():
    bundle = draw("synthesis-response")._repr_mimebundle_()
    assert bundle[NARROW_SVG].lstrip().startswith("<?xml")
    assert bundle["image/svg+xml"].lstrip().startswith("<?xml")
    assert bundle["image/png"].startswith(b"\x89PNG")


def test_quarto_gets_a_figure_for_a_pdf_with_its_own_letters(monkeypatch):
    monkeypatch.setenv("QUARTO_FIG_FORMAT", "pdf")
    bundle = draw("synthesis-response")._repr_mimebundle_()
    assert "image/svg+xml" not in bundle and bundle["image/png"].startswith(b"\x89PNG")
    monkeypatch.setenv("QUARTO_FIG_FORMAT", "png")  # for a page
    assert "image/svg+xml" in draw("synthesis-response")._repr_mimebundle_()


def test_a_figure_names_the_documents_of_its_numbers():
    data = load()
    pooled = {source_names(data)[one.report.source] for one in primary_cohorts(data)}
    by_row, by_pool = draw("response-nec"), draw("synthesis-leave-one-out")
    assert set(by_row.data["source"].dropna()) == pooled
    assert set(by_row.source.split("; ")) == set(by_pool.source.split("; ")) == pooled
    assert draw("synthesis-map").source.endswith(" documents")


def test_a_name_takes_as_few_lines_as_it_can_of_about_one_length():
    assert balanced_lines("sintilimab: NEC", 40) == ["sintilimab: NEC"]
    two = balanced_lines("nivolumab + ipilimumab (NCT02923934), first line: GEP-NEC", 40)
    assert two == ["nivolumab + ipilimumab", "(NCT02923934), first line: GEP-NEC"]


def test_the_picture_of_a_hundred_shows_the_estimate_and_its_upper_limit():
    (axes,) = people([Share("NEC", 11.2, 4.0, 27.7)]).figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [11, 17, 72]
    assert len({line.get_color() for line in axes.lines}) == 3
    assert "95% CI 4–28" in axes.texts[-1].get_text()
    with pytest.raises(ValueError, match="no shares"):
        people([])


def test_figures_are_never_cut_short(tmp_path, monkeypatch):
    path = tmp_path / "one.svg"
    path.write_text("old")

    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(catalogues, "catalogue", lambda: {"one": None})
    monkeypatch.setattr(catalogues, "draw", lambda name: ReviewFigure(Figure()))
    with pytest.raises(
        InputError, match=r"one\.svg: the file cannot be written: No space left on device"
    ):
        catalogues.write_all(tmp_path)
    assert snapshot(tmp_path) == {"one.svg": b"old"}
