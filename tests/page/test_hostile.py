"""Text from the network stays text, whatever it contains, and nothing is loaded from other hosts."""

import pytest
from browsing import js

EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
SHORT = "<img src=x onerror=alert(1)>"


def test_names_options_and_values_are_never_html(browser, make_project):
    variables = [("text", "CHARSTRING"), ("more", "CHARSTRING"), ("a", "INT"), ("where", "LOCATION"), ("plan", "SCHEDULE"), ("any", "TIME"),
                 ("light", "HOME_COLORED_LIGHT")]  # fmt: skip
    project = make_project(*variables)
    options = {"text": EVIL, "label": EVIL, "trueLabel": EVIL, "color": "red;background:url(http://evil.example/)", "values": [EVIL, {"value": 1, "label": EVIL}],
               "min": EVIL, "max": {"a": 1}, "step": [], "threshold": EVIL, "readOnly": EVIL, "__proto__": {"x": 1}}  # fmt: skip
    kinds = ["Value", "Messenger", "StickyNote", "Push Button", "Status", "LED", "Value Selector", "ValueDropdown", "Slider", "Stepper",
             "Gauge", "Percentage", "Chart", "AdvancedChart", "Map", "AdvancedMap", "TimePicker", "Scheduler", "ColoredLight", "DimmedLight",
             "Color", "Switch", SHORT, "constructor", "__proto__", "toString"]  # fmt: skip
    widgets = []
    for n, kind in enumerate(kinds):
        # Every widget with a variable that suits it, with ones that do not, and with none
        for suits in ("text", "where" if n % 2 else "plan", "a", None):
            names = [suits] if suits else []
            widget = project.widget(kind, *names, at=(6 * (n % 4), 6 * (n // 4), 6, 6), options=options)
            widgets.append({**widget, "name": "%s %d" % (SHORT, n), "id": "\"'><b>%d %s" % (n, suits)})
    widgets[1]["id"] = widgets[0]["id"]
    pages = [{"id": "0", "name": SHORT, "position": 1}, {"id": EVIL[:40], "name": SHORT, "position": 2}]
    for name, value in (("text", EVIL), ("where", {"lat": 1e9, "lon": -1e300}), ("plan", {"frm": 2**62, "to": -1, "len": -(2**62), "msk": 2**62}),
                        ("a", 2**62), ("any", -(2**62)), ("light", {"hue": 1e300, "sat": -5})):  # fmt: skip
        project.publish(name, value)
    browser.open(project.about, "/dashboard/" + project.dashboard(*widgets, name=SHORT, pages=pages))
    browser.wait("document.querySelectorAll('.widget').length === %d" % len(widgets))
    browser.wait("document.querySelector('.messages')?.textContent.includes('onerror')")
    assert browser.evaluate("document.title").startswith("<img")
    assert browser.evaluate("document.querySelectorAll('main img, main script, main b, main iframe').length") == 0
    assert browser.evaluate("document.querySelector('h1').textContent") == SHORT
    for name, value in (("text", EVIL + "2"), ("a", 3), ("where", {"lat": 5, "lon": 6})):
        project.publish(name, value)
    browser.wait("document.querySelector('.messages').textContent.includes('onerror') && document.querySelector('.pin')")
    browser.open(project.about, "/")
    assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_the_browser_refuses_html_made_of_text(browser, local_cloud):
    """The page's policy: even with a mistake in its code, text could not become HTML or a script."""
    browser.open(local_cloud.about, "/")
    attempt = "(() => { try { document.createElement('div').innerHTML = %s; return 'done'; } catch (error) { return error.name; } })()"
    assert browser.evaluate(attempt % js("<b>bold</b>")) == "TypeError"
    assert browser.evaluate(attempt % js("<svg/>")) == "done"  # exactly what Leaflet sets
    inline = "(() => { const s = document.createElement('script'); try { s.text = 'window.owned = 1'; document.body.append(s); } catch {} return window.owned; })()"
    assert browser.evaluate(inline) is None
    assert len(browser.complaints()) > 0  # the browser reports it, and all other tests check for such reports
    browser.history = []


@pytest.mark.parametrize("address", ["/dashboard/00000000-0000-0000-0000-000000000000", "/thing/x", "/dashboard/../../things", "/%3Cimg%3E"])
def test_addresses_that_name_nothing(browser, local_cloud, address):
    browser.open(local_cloud.about, address)
    assert browser.evaluate("document.querySelector('main').textContent").startswith(
        "This dashboard or thing does not exist" if address.endswith("0") else "Dashboards"
    )


def test_an_unknown_token_opens_nothing(browser, local_cloud):
    browser.command("Network.clearBrowserCookies")
    for address, words in (("/?token=wrong", "prints a new address"), ("/?code=wrong", "is used up, expired or wrong")):
        browser.command("Page.navigate", url=local_cloud.http + address)
        browser.wait("document.body?.textContent.includes(%r)" % words)
    assert browser.evaluate("!document.querySelector('main').children.length && !location.search")
