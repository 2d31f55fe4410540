"""Project files: what is read, and how each mistake is reported. No process runs, and no cloud is asked."""

import pytest
from localcloud.cli import yaml_file
from localcloud.cli.exits import USAGE, CommandError
from localcloud.cli.projects import project_file


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "project.yaml"
        path.write_text(text)
        return project_file.load(path)

    return load


def complaints(load, text):
    """Return (line, message) of each complaint."""
    with pytest.raises(CommandError) as caught:
        load(text)
    assert caught.value.code == USAGE
    lines = str(caught.value).splitlines()[1:]
    assert all("project.yaml:" in line for line in lines)
    return [(int(line.split(":")[1]), line.split(": ", 1)[1]) for line in lines]


def test_an_empty_file_asks_for_nothing(load):
    assert load("") == load("things: []\ndevices: []") == project_file.Project()


def test_count_makes_copies_with_their_numbers_everywhere(load):
    project = load(
        "things:\n"
        "  - {name: 'W {n:02}', count: 11, device: 'D {n}', tags: {place: 'p{n}'},\n"
        "     properties: [{name: 'v{n}', type: INT}]}\n"
        "dashboards:\n"
        "  - name: all\n"
        "    widgets: [{type: Gauge, count: 2, variables: ['W {n:02}/v{n}']}]\n"
    )
    assert [each.name for each in project.things][::10] == ["W 01", "W 11"]
    last = project.things[-1]
    assert (last.device, last.tags, last.variables[0].name) == ("D 11", {"place": "p11"}, "v11")
    assert [each.variables for each in project.dashboards[0].widgets] == [
        (("W 01", "v1"),),
        (("W 02", "v2"),),
    ]


def test_words_that_old_yaml_takes_for_true_are_words(load):
    (thing,) = load("things:\n- name: on\n  tags: {no: yes}").things
    assert (thing.name, thing.tags) == ("on", {"no": "yes"})


def test_every_mistake_is_told_with_line_key_expected_and_given(load):
    text = """\
things:
  - name: Greenhouse
    timezone: Europe/Rom
    properties:
      - name: air
        type: TEMPRATURE
      - {name: air, type: INT, permission: RW, min_value: low}
  - nam: x
  - name: Green/house
    tags: [a]
dashboards:
  - name: D
    widgets:
      - type: Gauge
        width: 0
        variables: [Greenhouse]
devices: 3
"""
    found = complaints(load, text)
    expected = [
        (3, "things[0].timezone: expected a time zone such as Europe/Rome, got 'Europe/Rom'"),
        (6, "things[0].properties[0].type: expected a variable's type, such as TEMPERATURE"),
        (7, "things[0].properties[1].min_value: expected a number, got 'low'"),
        (7, "things[0].properties[1].name: expected a name that is unique among the properties, got 'air'"),
        (7, "things[0].properties[1].permission: expected one of READ_ONLY, READ_WRITE, got 'RW'"),
        (8, "things[1].nam: expected one of the keys name, key, device"),
        (8, "things[1].name: expected letters, digits, spaces and _.-, of 1 to 64 characters, got nothing"),
        (9, "things[2].name: expected letters"),
        (10, "things[2].tags: expected a mapping of words, got a list"),
        (15, "dashboards[0].widgets[0].width: expected a whole number from 1 to 1000, got 0"),
        (
            16,
            "dashboards[0].widgets[0].variables[0]: expected thing/property, by their names",
        ),
        (17, "devices: expected a list, got 3"),
    ]
    assert len(found) == len(expected), found
    for (line, told), (wanted_line, wanted) in zip(found, expected, strict=True):
        assert line == wanted_line and told.startswith(wanted), (line, told)


@pytest.mark.parametrize(
    "text, line, told",
    [
        ("things: [", 1, "not YAML"),
        ("things:\n- name: a\n  name: b", 3, "not YAML: found duplicate key"),
        ("- a", 1, "the file: expected a mapping of devices, things, dashboards, got a list"),
        ("things:\n- {name: a, count: 2}", 2, "expected a name with a place for the number"),
        ("things:\n- name: a\n- name: a", 3, "expected a name that is unique among the things, got 'a'"),
        (
            "devices:\n- {name: a, key: k}\n- {name: b, key: k}",
            3,
            "devices[1].key: expected a key that is unique",
        ),
        ("devices:\n- name: ../a", 2, "devices[0].name: expected letters"),
        (
            "things:\n- {name: a, properties: [{name: b}]}",
            2,
            "properties[0].type: expected a variable's type",
        ),
    ],
)
def test_files_that_are_refused(load, text, line, told):
    with pytest.raises(CommandError, match="project.yaml:%d: " % line) as caught:
        load(text)
    assert told in str(caught.value)


def test_a_file_cannot_make_objects_of_python(load):
    with pytest.raises(CommandError):
        load("things:\n- name: !!python/object/apply:os.getcwd []")


def test_values_of_a_secret_file_are_in_no_complaint(tmp_path):
    path = tmp_path / "key.yaml"
    path.write_text("client: [hidden1]\nsecret: 1234567\nelse: hidden2")
    document = yaml_file.read(path, secret=True)
    yaml_file.mapping(document, document.root, "", {"client": yaml_file.text(9), "secret": yaml_file.text(9)})
    with pytest.raises(CommandError) as caught:
        document.finish()
    assert "key.yaml:2: secret: expected text of 1 to 9 characters" in str(caught.value)
    assert "hidden" not in str(caught.value) and "1234567" not in str(caught.value)


def test_how_long_values_are_kept_is_told_by_tags_of_the_thing(load):
    project = load(
        "things:\n"
        "  - {name: W, keep: 90d, thin: 1m-after-7d, tags: {place: roof}, properties: [\n"
        "     {name: Air temperature, type: FLOAT, keep: 1y}, {name: led, type: STATUS, thin: forever}]}\n"
    )
    assert project.things[0].tags == {
        "place": "roof",
        "local-cloud-keep": "90d",
        "local-cloud-thin": "1m-after-7d",
        "local-cloud-keep.air_temperature": "1y",
        "local-cloud-thin.led": "forever",
    }
    assert project.things[0].fields == {} and project.things[0].variables[0].fields == {"type": "FLOAT"}
    found = complaints(load, "things:\n  - {name: W,\n     keep: 5m, thin: 90}\n")
    assert [line for line, _ in found] == [3, 3]
    assert "expected a time of at least 1h" in found[0][1] and "'5m'" in found[0][1]
    long = "things:\n  - name: W\n    properties: [{name: %s, type: INT, keep: 1d}]\n" % ("n" * 60)
    assert "at most 47 characters" in complaints(load, long)[0][1]
