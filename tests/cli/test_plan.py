"""Plans: the differences between a file and a cloud. No process runs, and no cloud is asked."""

import pytest
from localcloud.cli.exits import CommandError
from localcloud.cli.projects.exporting import described
from localcloud.cli.projects.plan import make_plan
from localcloud.cli.projects.project import (
    KEY_TAG,
    Dashboard,
    Device,
    Existing,
    Project,
    Thing,
    Variable,
    Widget,
)
from localcloud.cli.projects.widgets import Reference


def a_property(name, kind="INT", **more):
    return {
        "id": "id-" + name,
        "name": name,
        "type": kind,
        "permission": "READ_WRITE",
        "update_strategy": "ON_CHANGE",
        "persist": True,
        **more,
    }


def a_thing(name="Air", *properties, **more):
    return {"id": "id-" + name, "name": name, "timezone": "UTC", "properties": list(properties), **more}


def a_widget(name, kind="Gauge", variables=(), **more):
    linked = [{"id": "id-" + each, "name": each, "thing_name": "Air"} for each in variables]
    return {"id": "w-" + name, "name": name, "type": kind, "options": {}, "x": 0, "y": 0, "width": 6,
            "height": 6, "variables": linked, **more}  # fmt: skip


def a_dashboard(*widgets, name="Board"):
    return {"id": "id-" + name, "name": name, "widgets": list(widgets)}


def steps(project, existing, **options):
    return [str(each) for each in make_plan(project, existing, **options).steps]


WANTED = Project(
    devices=(Device("Station", fields={"type": "login_and_secretkey_wifi"}, tags={"class": "3b"}),),
    things=(
        Thing(
            "Air", device="Station", fields={"timezone": "UTC"}, variables=(Variable("t", {"type": "FLOAT"}),)
        ),
    ),
    dashboards=(Dashboard("Board", widgets=(Widget("Gauge", "T", (("Air", "t"),)),)),),
)


def test_all_is_made_in_the_order_of_need():
    plan = make_plan(WANTED, Existing())
    assert [(each.action, each.kind) for each in plan.steps] == [
        ("create", "device"),
        ("change", "device tag"),
        ("create", "thing"),
        ("create", "dashboard"),
    ]
    thing, dashboard = plan.steps[2:]
    assert thing.device == "Station"
    assert thing.body["properties"] == [
        {"name": "t", "permission": "READ_WRITE", "update_strategy": "ON_CHANGE", "type": "FLOAT"}
    ]
    (widget,) = dashboard.body["widgets"]
    assert widget["variables"] == [Reference("Air", "t")]
    assert (widget["x"], widget["y"], widget["width"], widget["height"]) == (0, 0, 6, 6)


def there():
    return Existing(
        [{"id": "id-s", "name": "Station", "type": "login_and_secretkey_wifi", "tags": {"class": "3b"}}],
        [a_thing("Air", a_property("t", "FLOAT"), device_id="id-s")],
        [a_dashboard(a_widget("T", variables=["t"], x=3, options={"color": "red"}))],
    )


def test_nothing_is_done_where_all_is_there_wherever_the_page_has_moved_a_widget():
    assert steps(WANTED, there()) == steps(WANTED, there(), prune=True) == []


def test_each_difference_is_one_step():
    existing = there()
    existing.devices[0]["tags"] = {}
    existing.things[0].update(timezone="Europe/Rome", device_id="another")
    existing.things[0]["properties"][0]["permission"] = "READ_ONLY"
    wanted = Project(
        WANTED.devices,
        (
            Thing(
                "Air",
                device="Station",
                fields={"timezone": "UTC"},
                variables=(
                    Variable("t", {"type": "FLOAT", "permission": "READ_WRITE"}),
                    Variable("n", {"type": "INT"}),
                ),
            ),
        ),
        (Dashboard("Board", widgets=(Widget("Gauge", "T", (("Air", "n"),)), Widget("Switch"))),),
    )
    assert steps(wanted, existing) == [
        "change device tag Station (class: 3b)",
        "change thing Air (timezone: Europe/Rome → UTC, device: Station)",
        "change property Air/t (permission: READ_ONLY → READ_WRITE)",
        "create property Air/n (INT)",
        "change dashboard Board (widget T: variables, new widget Switch)",
    ]


def test_what_the_file_has_not_stays_unless_pruned():
    existing = there()
    existing.things[0]["properties"].append(a_property("old"))
    existing.things[0]["tags"] = {"x": "y", KEY_TAG: "k"}
    existing.dashboards[0]["widgets"].append(a_widget("Old", "Value"))
    plan = make_plan(WANTED, existing)
    assert plan.steps == []
    assert plan.kept == ["tag x of thing Air", "property Air/old", "widget Old of dashboard Board"]
    assert steps(WANTED, existing, prune=True) == [
        "delete thing tag Air (x)",
        "delete property Air/old",
        "change dashboard Board (without widget Old)",
    ]


def test_a_widget_that_is_kept_goes_back_as_a_request():
    existing = there()
    existing.dashboards[0]["widgets"].append(
        a_widget("Old", "Value", ["t"], x=20, has_unlinked_variable=False)
    )
    wanted = Project(dashboards=(Dashboard("Board", widgets=(Widget("Gauge", "T", fields={"width": 9}),)),))
    (step,) = make_plan(wanted, existing).steps
    changed, kept = step.body["widgets"]
    assert (
        changed["width"] == 9 and changed["options"] == {"color": "red"} and changed["variables"] == ["id-t"]
    )
    assert kept == {"id": "w-Old", "name": "Old", "type": "Value", "options": {}, "x": 20, "y": 0, "width": 6,
                    "height": 6, "variables": ["id-t"]}  # fmt: skip


def test_new_widgets_go_in_rows_below_the_others():
    existing = Existing(dashboards=[a_dashboard(a_widget("A", height=4))])
    widgets = tuple(Widget("Value", "V%d" % n) for n in range(5))
    (step,) = make_plan(Project(dashboards=(Dashboard("Board", widgets=widgets),)), existing).steps
    places = [(each["x"], each["y"]) for each in step.body["widgets"] if each["name"] != "A"]
    assert places == [(0, 4), (6, 4), (12, 4), (18, 4), (0, 10)]


def test_a_key_finds_a_thing_under_another_name():
    existing = Existing(things=[a_thing("Old name", a_property("t"), tags={KEY_TAG: "air"})])
    wanted = Project(things=(Thing("Air", key="air", variables=(Variable("t", {"type": "INT"}),)),))
    assert steps(wanted, existing) == ["change thing Air (name: Old name → Air)"]


def test_another_type_needs_prune():
    existing = Existing(things=[a_thing("Air", a_property("t", "INT", tag=7))])
    wanted = Project(things=(Thing("Air", variables=(Variable("t", {"type": "FLOAT"}),)),))
    with pytest.raises(CommandError, match="loses its values"):
        make_plan(wanted, existing)
    (step,) = make_plan(wanted, existing, prune=True).steps
    assert step.body["type"] == "FLOAT" and step.body["tag"] == 7 and step.body["permission"] == "READ_WRITE"


@pytest.mark.parametrize(
    "project, told",
    [
        (Project(things=(Thing("Two"),)), "2 things are called 'Two': id-Two, id-2"),
        (Project(things=(Thing("One", device="Nobody"),)), "not exactly one device is called 'Nobody'"),
        (
            Project(dashboards=(Dashboard("D", widgets=(Widget("Gauge", "g", (("One", "x"),)),)),)),
            "property One/x does not exist",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(project, told):
    existing = Existing(things=[a_thing("Two"), {**a_thing("Two"), "id": "id-2"}, a_thing("One")])
    with pytest.raises(CommandError) as caught:
        make_plan(project, existing)
    assert told in str(caught.value)


def test_an_export_says_only_what_is_not_usual():
    assert described(there()) == {
        "devices": [{"name": "Station", "type": "login_and_secretkey_wifi", "tags": {"class": "3b"}}],
        "things": [{"name": "Air", "timezone": "UTC", "properties": [{"name": "t", "type": "FLOAT"}]}],
        "dashboards": [
            {
                "name": "Board",
                "widgets": [
                    {"name": "T", "type": "Gauge", "x": 3, "y": 0, "width": 6, "height": 6,
                     "options": {"color": "red"}, "variables": ["Air/t"]},
                ],
            }
        ],
    }  # fmt: skip
