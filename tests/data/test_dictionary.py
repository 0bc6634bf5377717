"""The data dictionary says what the data package says, all of it."""

import json

import pytest
import yaml
from helpers_data import DATA

from nenreview.evidence.record.dataset import TABLES
from nenreview.tables.dictionary import columns_of, resources
from qmdbook.datapackage import resource_paths
from qmdbook.errors import InputError
from qmdbook.source.chapter import read_chapters

PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in PACKAGE["resources"]}
FIELDS = [
    pytest.param(name, field, id=f"{name}.{field['name']}")
    for name, resource in RESOURCES.items()
    for field in resource["schema"]["fields"]
]
CHAPTER = "chapters/data-dictionary.qmd"


def line(name, column):
    """Return the line of one column in the table of its resource."""
    return columns_of(name).set_index("Column").loc[column]


def written(folder, change):
    """Write the data package to `folder` after `change` was made to its sources resource."""
    package = json.loads(json.dumps(PACKAGE))
    change(package["resources"][0]["schema"])
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return folder


def test_every_resource_is_listed_in_the_order_of_the_package():
    assert list(resources()["Name"]) == list(RESOURCES)
    for row in resources().itertuples():
        resource = RESOURCES[row.Name]
        assert row.File == ", ".join(resource_paths(resource))
        assert row.Holds == resource["description"]
        assert row.Columns == len(resource["schema"]["fields"])
        assert row.Key.split(", ") == resource["schema"]["primaryKey"]


@pytest.mark.parametrize("name", TABLES)
def test_columns_stand_in_the_order_of_the_file(name):
    header = (DATA / RESOURCES[name]["path"]).read_text(encoding="utf-8").splitlines()[0]
    assert list(columns_of(name)["Column"]) == header.split(",")


def test_every_claim_has_its_keys_in_the_order_of_the_dictionary():
    keys = list(columns_of("claims")["Column"])
    claims = [
        claim
        for path in resource_paths(RESOURCES["claims"])
        for claim in yaml.safe_load((DATA / path).read_text(encoding="utf-8"))
    ]
    assert [[key for key in keys if key in claim] for claim in claims] == list(map(list, claims))


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_column_has_its_type_its_description_and_whether_it_is_required(name, field):
    shown = line(name, field["name"])
    required = field.get("constraints", {}).get("required", False)
    assert (shown["Type"], shown["Description"]) == (field["type"], field["description"])
    assert shown["Required"] == ("yes" if required else "no")


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_allowed_values_and_forms_are_shown_whole(name, field):
    limits, shown = field.get("constraints", {}), line(name, field["name"])["Values or form"]
    if "enum" in limits:
        assert shown == "one of: " + ", ".join(limits["enum"])
    if "pattern" in limits:
        assert f"form: {limits['pattern']}" in shown
    for bound in ("minimum", "maximum"):
        if bound in limits:
            assert str(limits[bound]) in shown
    if "unique" in limits:
        assert "no value twice" in shown
    if not limits.keys() - {"required"} and "foreignKeys" not in RESOURCES[name]["schema"]:
        assert shown == ""


def test_no_constraint_is_passed_over():
    known = {"required", "enum", "pattern", "minimum", "maximum", "unique"}
    used = {key for *_, field in (p.values for p in FIELDS) for key in field.get("constraints", {})}
    assert used <= known


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        ({}, ""),
        ({"required": True}, ""),
        ({"minimum": 0}, "0 or more"),
        ({"maximum": 5}, "5 or less"),
        ({"minimum": 0, "maximum": 5}, "0 to 5"),
        ({"enum": ["a", "b"], "unique": True}, "one of: a, b; no value twice"),
    ],
)
def test_form_of_a_column(tmp_path, limits, shown):
    folder = written(tmp_path, lambda schema: schema["fields"][1].update(constraints=limits))
    assert columns_of("sources", folder)["Values or form"][1] == shown


def test_column_that_points_into_another_table_says_so():
    assert line("results", "source")["Values or form"] == "a key of sources"
    assert line("results", "trial")["Values or form"] == "a key of trials"


def test_chapter_shows_every_resource():
    (chapter,) = read_chapters(DATA.parent, [CHAPTER])
    for name in RESOURCES:
        assert f'columns_of("{name}")' in chapter.text
        assert f"#| label: tbl-dictionary-{name}\n" in chapter.text


def test_resource_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(
        LookupError,
        match=r"'doses' is not a table of data/datapackage.json.*sources, trials, arms, cells, results",
    ):
        columns_of("doses")


def test_folder_without_a_package_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"datapackage\.json: the file is missing"):
        columns_of("sources", tmp_path)
    with pytest.raises(InputError, match=r"datapackage\.json: the file is missing"):
        resources(tmp_path)
