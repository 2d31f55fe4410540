"""Charts: history, live values, and zooming by mouse, wheel, buttons and keys."""

import time

import pytest
from localcloud.remote import RemoteCloud, RemoteError

BOX = "document.querySelector('.chart-box')"
SPAN = "Number(%s.dataset.span)" % BOX
POINTS = "Number(%s.dataset.points)" % BOX
LIVE = "%s.dataset.live === 'true'" % BOX


@pytest.fixture
def open_chart(browser, make_project):
    """`open_chart(points)` -> the project. The browser shows a chart of `level`."""

    def open_it(points, kind="Chart", **more):
        project = make_project(("level", "FLOAT"), ("other", "FLOAT"), ("on", "STATUS"))
        project.publish_past("level", points)
        widget = project.widget(kind, *more.get("names", ["level"]), at=(0, 0, more.get("width", 12), 8))
        browser.open(project.about, "/dashboard/" + project.dashboard(widget))
        browser.wait(BOX + ".querySelector('canvas')")
        return project

    return open_it


def button(label):
    return "[...document.querySelectorAll('.chart-bar button')].find((each) => each.textContent === '%s')" % label


def test_history_is_fetched_as_far_as_it_is_looked_at(browser, open_chart):
    hours = [(3600 * hour + 1800, hour) for hour in range(48)]
    open_chart([(200 - n, 100 + n) for n in range(100)] + hours)
    browser.wait("%s === 101 && %s" % (POINTS, LIVE))  # 5 minutes, and the value before that
    browser.click(button("1 d"))
    browser.wait("%s === 86400 && %s === 125" % (SPAN, POINTS))
    assert browser.evaluate(button("1 d") + ".getAttribute('aria-pressed')") == "true"
    browser.click(button("1 h"))
    browser.wait("%s === 3600 && %s === 102" % (SPAN, POINTS))
    browser.click(button("+"))
    browser.wait(SPAN + " === 1800")
    browser.click(button("−"))
    browser.wait(SPAN + " === 3600")


def test_many_values_become_means_that_are_few(browser, open_chart):
    open_chart([(3 * n, n % 7) for n in range(1000)], width=4)
    width = "%s.clientWidth" % BOX
    browser.click(button("1 h"))
    browser.wait("%s > 100 && %s <= %s + 1 && %s < 500" % (POINTS, POINTS, width, width))
    for _ in range(4):
        browser.click(button("+"))
    browser.wait("%s === 225 && %s >= 75 && %s <= 77" % (SPAN, POINTS, POINTS))  # every value, and the one before


def test_live_values_come_in_and_the_chart_moves_on(browser, open_chart):
    project = open_chart([(60, 1), (30, 2)])
    browser.wait(POINTS + " === 2")
    project.publish("level", 3)
    browser.wait("%s === 3 && document.querySelector('.chart-value').textContent === '3'" % POINTS)


def test_values_ahead_of_a_slow_clock_of_the_browsers_stay_when_history_is_fetched(browser, open_chart):
    project = open_chart([(240, 1), (1800, 2), (7200, 3)])
    browser.wait(POINTS + " === 2")  # with the one before
    browser.evaluate("{ const right = Date.now; Date.now = () => right() - 60_000; }")
    project.publish("level", 4)
    browser.wait(POINTS + " === 3")
    browser.click(button("1 d"))
    browser.wait("%s === 86400 && %s === 4" % (SPAN, POINTS))


def test_a_chart_that_is_left_open_does_not_grow_without_end(browser, open_chart):
    project = open_chart([(60, 1)])
    browser.click(button("1 d"))
    browser.wait("%s === 86400 && %s === 1" % (SPAN, POINTS))
    for batch in range(8):
        project.publish_past("level", [(80000 - 450 * batch - n, n) for n in range(450)])
        browser.wait("%s >= %d" % (POINTS, min(450 * batch + 440, 2900)) if batch < 6 else "true")
    project.publish("level", 12345)
    browser.wait("document.querySelector('.chart-value').textContent === '12345'")
    browser.wait("%s > 10 && %s < 1500" % (POINTS, POINTS))  # means, no more than the chart has pixels
    browser.click(button("5 min"))
    browser.wait(POINTS + " === 3")  # with the one before


def test_dragging_zooms_and_live_goes_back(browser, open_chart):
    open_chart([(250 - n, n) for n in range(250)])
    browser.wait(POINTS + " > 200")
    (x, y), (x2, _) = (browser.place(BOX + ".querySelector('.u-over')", at) for at in (0.25, 0.75))
    browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    browser.wait("document.querySelector('.legend .when').textContent")
    browser.mouse("mousePressed", x, y)
    browser.mouse("mouseMoved", (x + x2) / 2, y, buttons=1)
    browser.mouse("mouseMoved", x2, y, buttons=1)
    browser.mouse("mouseReleased", x2, y)
    browser.wait("%s > 140 && %s < 160 && !(%s)" % (SPAN, SPAN, LIVE))
    browser.wait("%s > 130 && %s < 165" % (POINTS, POINTS))
    browser.click(button("Live"))
    browser.wait(LIVE)


def test_keys_and_the_wheel_zoom_what_has_the_focus(browser, open_chart):
    open_chart([(250 - n, n) for n in range(250)])
    browser.wait(POINTS + " > 200")
    x, y = browser.place(BOX + ".querySelector('.u-over')")
    browser.command("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-100)
    assert browser.evaluate(SPAN) == 300  # without the focus, the wheel scrolls the page
    browser.evaluate(BOX + ".focus()")
    browser.press("+")
    browser.wait("%s === 150 && %s" % (SPAN, LIVE))
    browser.press("ArrowLeft")
    browser.wait("!(%s)" % LIVE)
    browser.press("-")
    browser.wait(SPAN + " === 300")
    browser.press("Home")
    browser.wait(LIVE)
    browser.command("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-100)
    browser.wait("%s === 240 && !(%s)" % (SPAN, LIVE))


def test_an_advanced_chart_has_a_line_for_each_variable(browser, open_chart):
    project = open_chart([(60, 1), (30, 2)], kind="AdvancedChart", names=["level", "other", "on"])
    project.publish("other", 20)
    project.publish("on", True)
    browser.wait("%s === 4" % POINTS)
    legend = "[...document.querySelectorAll('.legend li')].map((each) => each.textContent.trim()).join()"
    assert browser.evaluate(legend).startswith("level 2,other 20,on on")
    colours = "new Set([...document.querySelectorAll('.key')].map((each) => getComputedStyle(each).backgroundColor)).size"
    assert browser.evaluate(colours) == 3


def test_the_course_of_a_variable_is_exact_or_means(local_cloud, make_project):
    project = make_project(("level", "INT"))
    project.publish_past("level", [(n, n) for n in range(100)])
    path = "/things/%s/variables/%s/course?start_us=%d&end_us=%d&points=%d"
    now = int(time.time() * 1e6) + 1_000_000
    ask = lambda points, ago: RemoteCloud(local_cloud.about).request(  # noqa: E731
        "GET", path % (project.thing["id"], project.ids["level"], now - ago * 1_000_000, now, points)
    )
    exact = ask(500, 200)
    assert exact["interval_s"] is exact["before"] is None
    assert [value for _, value in exact["points"]] == list(range(99, -1, -1))
    means = ask(11, 100)
    assert means["interval_s"] == 10 and len(means["points"]) <= 11
    assert all(abs(a[1] - b[1] - 10) <= 5 for a, b in zip(means["points"], means["points"][1:]))
    assert ask(500, 50)["before"][1] > ask(500, 50)["points"][0][1]
    with pytest.raises(RemoteError):
        ask(500, -5)
