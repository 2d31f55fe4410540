"""Each type of widget, all in one dashboard: it shows new values, and sends what is set on it."""

import time
from collections import namedtuple

import pytest
from browsing import Project, js
from localcloud.property_types import PROPERTY_TYPES

Case = namedtuple("Case", "kind type options shows does", defaults=({}, (), ()))
# shows: (value published, JavaScript that is true once `w`, the widget, shows it) …
# does: (JavaScript run on `w`, or keys pressed after it; the value that the variable has then) …
TYPED = "w.querySelector('%s').focus(), w.querySelector('%s').value = ''"
SET = """((input, value) => {
input.value = value;
for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, {bubbles: true}));
})(w.querySelector(%s), %s)"""
CLICK = "w.querySelector(%s).click()"
SUBMIT = "w.querySelector('form').requestSubmit()"


def set_(selector, value):
    return SET % (js(selector), js(value))


def click(selector):
    return CLICK % js(selector)


def text(selector, wanted):
    return "w.querySelector(%s).textContent === %s" % (js(selector), js(wanted))


LIGHT = {"swi": True, "hue": 120.0, "sat": 50.0, "bri": 80.0}
WEEKLY = 2 << 26 | 0b0100010  # Monday, Friday
CASES = [
    Case("Switch", "STATUS", {}, [(True, "w.querySelector('input').checked"), (False, text(".words", "off"))],
         [(click("input"), True), (click("input"), False)]),
    Case("Slider", "INT", {"min": 10, "max": 50}, [(20, text(".value span", "20") + " && w.querySelector('input').value === '20'")],
         [(set_("input", 35), 35)]),
    Case("Stepper", "FLOAT", {"step": 0.1}, [(0.1, "w.querySelector('input').value === '0.1'")],
         [(click("button:last-of-type"), 0.2), (click("button:last-of-type"), 0.3), (click("button"), 0.2), (set_("input", 7), 7)]),
    Case("Value", "TEMPERATURE", {}, [(21.456, text(".value", "21.46°C"))],
         [(set_("input", -3.5) + ", " + SUBMIT, -3.5)]),
    Case("Status", "STATUS", {"trueLabel": "closed"}, [(True, text(".words", "closed")), (False, "w.querySelector('.sign.no')")]),
    Case("Gauge", "ELECTRIC_POTENTIAL", {"min": 0, "max": 5},
         [(2.5, "w.querySelector('.filled').getAttribute('stroke-dasharray').startsWith('50 ')"),
          (9, "w.querySelector('.filled').getAttribute('stroke-dasharray') === 'none'"),
          (1, text(".reading", "1V") + " && w.querySelector('[role=meter]').ariaValueNow === '1'")]),
    Case("Percentage", "PERCENTAGE", {"threshold": 20},
         [(71, text(".reading", "71%") + " && !w.querySelector('.low')"), (12, "w.querySelector('.low')")]),
    Case("LED", "STATUS", {"color": "rgb(1, 2, 3)"},
         [(True, "getComputedStyle(w.querySelector('.lamp.on')).backgroundColor === 'rgb(1, 2, 3)'"), (False, text(".words", "off"))]),
    Case("Chart", "INT", {}, [(5, text(".chart-value", "5")), (6, "w.querySelector('canvas').width > 100")]),
    Case("ColoredLight", "HOME_COLORED_LIGHT", {}, [(LIGHT, "w.querySelector('.of-hue').value === '120' && w.querySelector('.switch').checked")],
         [(set_(".of-hue", 200), {**LIGHT, "hue": 200}), (set_(".of-bri", 10), {**LIGHT, "hue": 200, "bri": 10}),
          (click(".switch"), {**LIGHT, "hue": 200, "bri": 10, "swi": False})]),
    Case("Color", "COLOR_HSB", {}, [({"hue": 240, "sat": 100, "bri": 100}, "w.querySelector('.swatch').style.background === 'rgb(0, 0, 255)'")],
         [(set_(".of-sat", 0), {"hue": 240, "sat": 0, "bri": 100})]),
    Case("Dimmed Light", "HOME_DIMMED_LIGHT", {}, [({"swi": False, "bri": 30}, "w.querySelector('.of-bri').value === '30'")],
         [(click(".switch"), {"swi": True, "bri": 30})]),
    Case("Map", "LOCATION", {}, [({"lat": 45.07, "lon": -7.69}, text(".words", "45.0700° N, 7.6900° W") + " && w.querySelector('.pin')")]),
    Case("AdvancedMap", "LOCATION", {}, [({"lat": 1, "lon": 2}, "w.querySelector('.pin') && w.querySelectorAll('canvas').length")]),
    Case("TimePicker", "TIME", {}, [(1_700_000_000, "w.querySelector('input').value === '2023-11-14T22:13:20'")],
         [(set_("input", "2024-02-29T12:00:00") + ", " + SUBMIT, 1_709_208_000)]),
    Case("Scheduler", "SCHEDULE", {},
         [({"frm": 1_700_000_000, "to": 0, "len": 600, "msk": WEEKLY}, "w.textContent.includes('Every Mon, Fri at') && w.querySelectorAll('.days :checked').length === 2")],
         [(click("[aria-label=Fri]") + ", " + SUBMIT, {"frm": 1_700_000_000, "to": 0, "len": 600, "msk": 2 << 26 | 2}),
          (set_("[id$=repeat]", "1") + ", " + set_("[aria-label=Interval]", 90) + ", " + SUBMIT,
           {"frm": 1_700_000_000, "to": 0, "len": 600, "msk": 1 << 26 | 1 << 30 | 90})]),
    Case("Messenger", "CHARSTRING", {}, [("Hello", "w.querySelector('li p')?.textContent === 'Hello'"), ("\x1b", "!w.querySelector('li')")],
         [(set_("input", "Good day") + ", " + SUBMIT, "Good day")]),
    Case("Value Selector", "INT", {"values": [{"value": 1, "label": "Day"}, {"value": 2, "label": "Night"}]},
         [(2, "w.querySelectorAll('input')[1].checked")], [(click("label:first-child input"), 1)]),
    Case("ValueDropdown", "CHARSTRING", {"values": ["eco", "max"]}, [("max", "w.querySelector('select').selectedOptions[0].text === 'max'")],
         [(set_("select", "0"), "eco")]),
    Case("Television", "HOME_TELEVISION", {}, [({"swi": True, "vol": 11}, "w.textContent.includes('vol 11')")]),
]  # fmt: skip


def named(case):
    return case.kind.lower().replace(" ", "-")


@pytest.fixture(scope="module")
def dashboard(local_cloud):
    """A dashboard with all widgets: (project, its id, ids of widgets by kind)."""
    project = Project(local_cloud.about, *[(named(case).replace("-", "_"), case.type) for case in CASES])
    widgets = [
        project.widget(case.kind, named(case).replace("-", "_"), at=(6 * (n % 4), 8 * (n // 4), 6, 8), options=case.options)
        for n, case in enumerate(CASES)
    ]
    note = {"text": "# Note\n- one\n- **two**\n<b>not bold</b>"}
    note_widget = project.widget("StickyNote", at=(0, 60, 6, 6), options=note)
    ids = {each["type"]: each["id"] for each in (*widgets, note_widget)}
    return project, project.dashboard(*widgets, note_widget), ids


@pytest.fixture
def every_widget(browser, dashboard):
    """That dashboard in the browser. If the test before used it too, it is as that test left it."""
    project, id, ids = dashboard
    if not browser.evaluate("location.hash").endswith(id):
        browser.open(project.about, "/dashboard/" + id)
    return project, ids


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_widget_shows_and_sets_values(browser, every_widget, case):
    project, ids = every_widget
    with_widget = "((w) => %%s)(document.getElementById(%s))" % js("w-" + ids[case.kind])
    name = named(case).replace("-", "_")
    for value, shown in case.shows:
        project.publish(name, value)
        browser.wait(with_widget % shown)
    for act, value in case.does:
        browser.evaluate(with_widget % ("(%s, 0)" % act))
        project.wait_value(name, value)


def test_the_page_knows_the_kind_of_each_types_values(browser, every_widget):
    browser.evaluate(
        "import('/page/js/values.js').then(({kindOf}) => "
        "{ window.kinds = Object.fromEntries(%s.map((type) => [type, kindOf(type)])) }), 0" % js(list(PROPERTY_TYPES))
    )
    browser.wait("window.kinds")
    words = {bool: "boolean", int: "number", float: "number", str: "string", None: "object"}
    assert browser.evaluate("window.kinds") == {name: words[one.kind] for name, one in PROPERTY_TYPES.items()}


def test_a_push_button_is_true_while_it_is_held(browser, make_project):
    project = make_project(("bell", "STATUS"))
    browser.open(project.about, "/dashboard/" + project.dashboard(project.widget("Push Button", "bell")))
    x, y = browser.place("document.querySelector('.push')")
    browser.mouse("mousePressed", x, y)
    project.wait_value("bell", True)
    browser.mouse("mouseReleased", x, y)
    project.wait_value("bell", False)
    history = project.request("GET", project.path("bell") + "/timeseries?aggregation=COUNT")
    assert sum(point["value"] for point in history["data"]) == 2


def test_a_note_is_text_with_headings_and_lists(browser, every_widget):
    note = "document.getElementById(%s).querySelector('.note-text')" % js("w-" + every_widget[1]["StickyNote"])
    assert browser.evaluate(note + ".querySelector('h4').textContent") == "Note"
    assert browser.evaluate(note + ".querySelectorAll('li').length") == 2
    assert browser.evaluate(note + ".querySelector('li strong').textContent") == "two"
    assert browser.evaluate(note + ".lastChild.textContent") == "<b>not bold</b>"


def test_read_only_variables_and_widgets_cannot_be_set(browser, make_project):
    project = make_project(("a", "STATUS", "READ_ONLY"), ("b", "INT", "READ_ONLY"), ("c", "STATUS"), ("d", "CHARSTRING", "READ_ONLY"))
    widgets = [
        project.widget("Switch", "a"), project.widget("Slider", "b"), project.widget("PushButton", "a"),
        project.widget("Switch", "c", options={"readOnly": True}), project.widget("Messenger", "d"), project.widget("Value", "d"),
    ]  # fmt: skip
    browser.open(project.about, "/dashboard/" + project.dashboard(*widgets))
    assert browser.evaluate("document.querySelectorAll('main input:enabled, .push:enabled, .send').length") == 0


def test_the_json_says_where_widgets_are_and_none_covers_another(browser, make_project):
    project = make_project(("a", "INT"))
    places = [(0, 0, 12, 4), (12, 0, 12, 4), (0, 4, 24, 4), (6, 5, 6, 4), (-5, -1, 10**9, 10**9), (0, 10**9, 1, 1)]
    widgets = [project.widget("Value", "a", at=place) for place in places]
    browser.open(project.about, "/dashboard/" + project.dashboard(*widgets))
    boxes = browser.evaluate(
        "%s.map((id) => document.getElementById('w-' + id).getBoundingClientRect()).map(({x, y, right, bottom}) => [x, y, right, bottom])"
        % js([each["id"] for each in widgets])
    )
    for n, (left, top, right, bottom) in enumerate(boxes):
        assert right > left >= 0 and bottom > top
        for other in boxes[:n]:
            assert left >= other[2] - 1 or other[0] >= right - 1 or top >= other[3] - 1 or other[1] >= bottom - 1
    (a, b, c) = boxes[:3]
    assert a[1] == b[1] and a[2] < b[0] and c[1] > a[3]
    assert abs((a[2] - a[0]) - (b[2] - b[0])) < 2 and (c[2] - c[0]) > 1.9 * (a[2] - a[0])


def test_pages_of_a_dashboard(browser, make_project):
    project = make_project(("a", "INT"), ("b", "INT"))
    widgets = [project.widget("Value", "a", page_id="one"), project.widget("Value", "b", page_id="two")]
    pages = [{"id": "two", "name": "Second", "position": 2}, {"id": "one", "name": "First", "position": 1}]
    browser.open(project.about, "/dashboard/" + project.dashboard(*widgets, pages=pages))
    shown = "[...document.querySelectorAll('.widget h3')].map((each) => each.textContent).join()"
    assert browser.evaluate("[...document.querySelectorAll('.tabs button')].map((each) => each.textContent).join()") == "First,Second"
    assert browser.evaluate(shown) == "a"
    browser.evaluate("document.querySelectorAll('.tabs button')[1].click()")
    assert browser.evaluate(shown) == "b"


def test_a_thing_is_shown_and_becomes_a_dashboard_at_a_click(browser, make_project):
    more = {"min_value": 0, "max_value": 10}
    project = make_project(
        ("level", "INT", "READ_WRITE", more), ("on", "STATUS"), ("t", "TEMPERATURE", "READ_ONLY"), ("where", "LOCATION"),
        ("lamp", "HOME_COLORED_LIGHT"), ("plan", "SCHEDULE"), ("talk", "CHARSTRING"),
        name="Shed %d" % time.monotonic_ns(),
    )  # fmt: skip
    browser.open(project.about, "/thing/" + project.thing["id"])
    kinds = "[...document.querySelectorAll('.widget')].map((each) => each.className.match(/kind-(\\w+)/)[1]).sort().join(' ')"
    wanted = "chart coloredlight map messenger scheduler slider switch value"
    assert browser.evaluate(kinds) == wanted
    browser.click("document.querySelector('.dashboard-head button')")
    browser.wait("location.hash.startsWith('#/dashboard/')")
    browser.wait("document.querySelectorAll('.widget').length === 8 && !document.querySelector('.dashboard-head button')")
    assert browser.evaluate(kinds) == wanted
    named_so = [each for each in project.request("GET", "/v2/dashboards") if each["name"] == project.thing["name"]]
    assert [len(each["widgets"]) for each in named_so] == [8]


def test_without_the_libraries_charts_and_maps_say_so_and_the_rest_works(browser, make_project):
    project = make_project(("level", "INT"), ("where", "LOCATION"))
    widgets = [project.widget("Chart", "level"), project.widget("Map", "where"), project.widget("Value", "level")]
    project.publish("where", {"lat": 1, "lon": 2})
    browser.command("Network.setBlockedURLs", urls=["*/page/vendor/*"])
    try:
        browser.open(project.about, "/dashboard/" + project.dashboard(*widgets))
        for kind in ("chart", "map"):
            browser.wait("document.querySelector('.kind-%s .hint')?.textContent.includes('tools/setup page')" % kind)
        project.publish("level", 5)
        browser.wait("document.querySelector('.kind-value .value').textContent === '5'")
        assert browser.evaluate("document.querySelector('.kind-map .words').textContent") == "1.0000° N, 2.0000° E"
        assert browser.evaluate("document.querySelector('.chart-value').textContent") == "5"
    finally:
        browser.command("Network.setBlockedURLs", urls=[])
