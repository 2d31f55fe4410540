"""The page with the keyboard alone, on a phone, and with enough contrast."""

import pytest
from browsing import js

FOCUSED = "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || document.activeElement.type)"
RING = "getComputedStyle(document.activeElement).outlineStyle"
# The contrast of all visible text with its background (WCAG 2.1, 1.4.3). Returns the text whose contrast is too low.
WEAK_TEXT = """(() => {
const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {r, g, b, a}; };
const light = ({r, g, b}) => [r, g, b].map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, n) => sum + c * [.2126, .7152, .0722][n], 0);
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = parse(getComputedStyle(each).backgroundColor);
    if (colour.a === 1) return colour;
  }
  return {r: 255, g: 255, b: 255};
};
const weak = [];
for (const element of document.body.querySelectorAll("*")) {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
  if (!element.checkVisibility() || element.closest(":disabled, svg, option, noscript")) continue;
  const [front, back] = [parse(getComputedStyle(element).color), ground(element)].map(light);
  const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
  if (ratio < 4.5) weak.push([element.className || element.tagName, element.textContent.slice(0, 30), ratio.toFixed(2)]);
}
return weak;
})()"""


@pytest.fixture
def everything(make_project):
    """A project and a dashboard with many widgets: (project, dashboard id, widgets)."""
    variables = {
        "Switch": "STATUS", "Push Button": "STATUS", "Slider": "INT", "Stepper": "INT", "Value": "CHARSTRING", "Status": "STATUS",
        "Gauge": "FLOAT", "Percentage": "PERCENTAGE", "LED": "STATUS", "Chart": "FLOAT", "ColoredLight": "HOME_COLORED_LIGHT",
        "DimmedLight": "HOME_DIMMED_LIGHT", "Map": "LOCATION", "TimePicker": "TIME", "Scheduler": "SCHEDULE", "Messenger": "CHARSTRING",
        "Nonsense": "TEMPERATURE", "ValueSelector": "INT",
    }  # fmt: skip
    names = {kind: kind.lower().replace(" ", "_") for kind in variables}
    project = make_project(*[(names[kind], variables[kind]) for kind in variables], name="A thing with a name that is rather long")
    options = {"values": [1, 2]}
    widgets = [
        project.widget(kind, names[kind], at=(6 * (n % 4), 8 * (n // 4), 6, 8), options=options) for n, kind in enumerate(variables)
    ] + [project.widget("StickyNote", at=(0, 50, 6, 4), options={"text": "A-word-that-is-too-long-for-any-phone" * 5})]
    for kind, value in (("Messenger", "Hello"), ("Status", False), ("Map", {"lat": 1, "lon": 2}), ("Value", "a" * 300)):
        project.publish(names[kind], value)
    return project, project.dashboard(*widgets, name="A dashboard with a name that is rather long"), widgets


def test_everything_is_done_by_keys(browser, make_project):
    project = make_project(("on", "STATUS"), ("level", "INT"), ("bell", "STATUS"), ("steps", "INT"), ("mode", "INT"))
    kinds = (("Switch", "on", {}), ("Slider", "level", {"min": 0, "max": 9}), ("Push Button", "bell", {"label": "Ring"}),
             ("Stepper", "steps", {}), ("Value Selector", "mode", {"values": [1, 2]}))  # fmt: skip
    widgets = [project.widget(kind, name, at=(4 * n, 0, 4, 4), options=more) for n, (kind, name, more) in enumerate(kinds)]
    # The JSON lists the widgets in another order than a reader sees them.
    browser.open(project.about, "/dashboard/" + project.dashboard(*reversed(widgets)))
    for name, value in (("level", 3), ("steps", 5), ("mode", 1)):
        project.publish(name, value)
        browser.wait("document.querySelector('main').textContent && %s" % {
            "level": "document.querySelector('[type=range]').value === '3'",
            "steps": "document.querySelector('.count').value === '5'",
            "mode": "document.querySelector('[type=radio]').checked",
        }[name])  # fmt: skip
    reached = []
    for _ in range(10):
        browser.press("Tab")
        reached.append(browser.evaluate(FOCUSED))
        assert browser.evaluate(RING) in ("solid", "auto") or reached[-1] == "radio"
        match len(reached):
            case 1:
                assert browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
            case 4:
                browser.press(" ")
                project.wait_value("on", True)
            case 5:
                browser.press("ArrowRight", times=2)
                project.wait_value("level", 5)
            case 6:
                browser.key_down(" ")
                project.wait_value("bell", True)
                browser.key_up(" ")
                project.wait_value("bell", False)
            case 8:
                browser.press("ArrowUp")
                project.wait_value("steps", 6)
            case 9:
                browser.press("Enter")
                project.wait_value("steps", 7)
            case 10:
                assert browser.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle") == "solid"
                browser.press("ArrowRight")
                project.wait_value("mode", 2)
    assert reached == ["Skip to the widgets", " Local Arduino Cloud", "Access", "checkbox", "range", "Ring: bell", "Less steps", "number", "More steps", "radio"]


@pytest.mark.parametrize("place", ["dashboard", "access"])
def test_every_control_has_a_name(browser, everything, place):
    project, id, _ = everything
    if place == "dashboard":
        browser.open(project.about, "/dashboard/" + id)
        browser.wait("document.querySelector('.map-zoom button') && document.querySelector('canvas')")
    else:
        browser.open(project.about, "/access")
    browser.command("Accessibility.enable")
    tree = browser.command("Accessibility.getFullAXTree")["nodes"]
    browser.command("Accessibility.disable")
    roles = ("button", "checkbox", "switch", "slider", "spinbutton", "textbox", "combobox", "radio", "meter", "log", "application", "link")
    controls = [each for each in tree if not each["ignored"] and each["role"]["value"] in roles]
    assert len(controls) > (60 if place == "dashboard" else 8)
    nameless = [each["role"]["value"] for each in controls if not each.get("name", {}).get("value")]
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser, everything, scheme):
    project, id, _ = everything
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        browser.open(project.about, "/dashboard/" + id)
        browser.wait("document.querySelector('.map-zoom button')")
        assert browser.evaluate("matchMedia('(prefers-color-scheme: %s)').matches" % scheme)
        assert browser.evaluate(WEAK_TEXT) == []
        for place in ("/", "/access"):
            browser.open(project.about, place)
            assert browser.evaluate(WEAK_TEXT) == []
    finally:
        browser.command("Emulation.setEmulatedMedia", features=[])


OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_scrolls_in_one_direction_only(browser, everything, width):
    project, id, widgets = everything
    browser.resize(width, 700)
    browser.open(project.about, "/dashboard/" + id)
    browser.wait("document.querySelector('.map-zoom button')")
    assert browser.evaluate(OVERFLOW) <= 0
    # One column in reading order, and nothing sticks out of its widget
    lefts = browser.evaluate("[...new Set([...document.querySelectorAll('.widget')].map((each) => each.getBoundingClientRect().left))]")
    assert len(lefts) == 1
    assert browser.evaluate("[...document.querySelectorAll('.widget')].map((each) => each.id)") == ["w-" + each["id"] for each in widgets]
    sticking = """[...document.querySelectorAll('.widget')].flatMap((widget) => [...widget.querySelectorAll('*')]
    .filter((each) => !each.closest('.leaflet-container, .uplot, svg, .unseen') && each.checkVisibility()
        && each.getBoundingClientRect().right > widget.getBoundingClientRect().right + 1)
    .map((each) => widget.className + ': ' + each.outerHTML.slice(0, 60)))"""
    assert browser.evaluate(sticking) == []
    for place in ("/", "/access"):
        browser.open(project.about, place)
        assert browser.evaluate(OVERFLOW) <= 0, place


def test_a_phone_takes_the_layout_that_the_dashboard_has_for_it(browser, make_project):
    project = make_project(("a", "INT"), ("b", "INT"), ("c", "INT"))
    mobile = [(4, 0, 4, 4), (0, 0, 4, 4), (0, 4, 8, 4)]
    widgets = [
        project.widget("Value", name, at=(0, 10 * n, 6, 4), **dict(zip(("x_mobile", "y_mobile", "width_mobile", "height_mobile"), place)))
        for n, (name, place) in enumerate(zip("abc", mobile))
    ]  # fmt: skip
    id = project.dashboard(*widgets)
    where = "%s.map((id) => document.getElementById('w-' + id).getBoundingClientRect()).map(({x, y, width}) => [x, y, width])"
    browser.resize(390, 700)
    browser.open(project.about, "/dashboard/" + id)
    a, b, c = browser.evaluate(where % js([each["id"] for each in widgets]))
    assert a[1] == b[1] and a[0] > b[0] + b[2] - 1 and c[1] > a[1] and c[2] > 1.9 * a[2]
    browser.resize(1200, 700)
    browser.wait("%s[0][0] === 32" % (where % js([each["id"] for each in widgets])))
    a, b, c = browser.evaluate(where % js([each["id"] for each in widgets]))
    assert a[0] == b[0] == c[0] and a[1] < b[1] < c[1]
