"""The page's own access: its address, logging out, and the view of sessions, users, keys and the audit log."""

import json
import urllib.error
import urllib.request

import pytest
from browsing import js
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud

BUTTON = "[...document.querySelectorAll('.access button')].find((each) => each.textContent === %s)"
NAMED = "[...document.querySelectorAll('.access button')].find((each) => each.ariaLabel?.startsWith(%s))"


@pytest.fixture
def cloud(tmp_path):
    """A cloud of the test's own."""
    cloud = LocalCloud(tmp_path / "data")
    yield cloud
    cloud.stop()


def click_twice(browser, button):
    """Click a button that asks once."""
    browser.wait(button)
    browser.evaluate("(window.sure = %s).click()" % button)
    assert browser.evaluate("window.sure.textContent") == "Really?"
    browser.evaluate("window.sure.click()")


def text_of(browser):
    return browser.evaluate("document.querySelector('main').textContent")


def test_the_printed_address_opens_the_page_once_and_the_browser_stays_logged_in(browser, cloud):
    browser.command("Page.navigate", url=cloud.page + "#/thing/" + cloud.thing_id)
    browser.wait("document.querySelector('#connection.good') && document.querySelector('.widget')")
    assert browser.evaluate("location.search") == ""
    assert browser.evaluate("location.hash") == "#/thing/" + cloud.thing_id
    assert browser.evaluate("history.length && document.cookie") == ""
    # A bookmark without the code, and the used address.
    for address in (cloud.http + "/", cloud.page):
        browser.command("Page.navigate", url="about:blank")
        browser.command("Page.navigate", url=address)
        browser.wait("document.querySelector('#connection.good') && document.querySelector('.overview')")


def test_a_used_address_says_what_to_do(browser, cloud):
    browser.command("Page.navigate", url=cloud.page)
    browser.wait("document.querySelector('#connection.good')")
    browser.evaluate("localStorage.clear()")
    browser.command("Page.navigate", url="about:blank")
    browser.command("Page.navigate", url=cloud.page)
    browser.wait("document.querySelector('#lost')?.textContent.includes('local-cloud page prints a new address')")
    assert browser.evaluate("document.querySelector('main').children.length") == 0


def test_logging_out_ends_the_session(browser, cloud):
    browser.open(cloud.about, "/access")
    browser.wait(BUTTON % js("Log out"))
    browser.evaluate((BUTTON + ".click()") % js("Log out"))
    browser.wait("document.querySelector('#connection.bad .text')?.textContent === 'no access'")
    assert RemoteCloud(cloud.about).request("GET", "/sessions") == []
    assert browser.evaluate("localStorage.length") == 0


def test_an_ended_session_shuts_the_page(browser, cloud):
    browser.open(cloud.about, "/")
    RemoteCloud(cloud.about).request("DELETE", "/sessions")
    browser.wait("document.querySelector('#connection.bad .text')?.textContent === 'no access'")


def test_users_and_keys_are_made_rotated_and_deleted(browser, cloud):
    api = RemoteCloud(cloud.about)
    browser.open(cloud.about, "/access")
    name = "Anna B."
    browser.evaluate("document.querySelector('#new-user').focus()")
    browser.type(name)
    browser.press("Enter")
    browser.wait("document.querySelector('.told')?.textContent.includes('shown only now')")
    anna = next(each for each in api.request("GET", "/users") if each["name"] == name)
    key, secret = browser.evaluate("[...document.querySelectorAll('.told code')].map((each) => each.textContent)")
    assert key == anna["keys"][0]["id"] and token_with(cloud, key, secret)
    browser.wait("document.querySelector('main').textContent.includes(%s)" % js(name))

    click_twice(browser, NAMED % js("Give the API key %s a new secret" % key))
    browser.wait("![%s, undefined].includes(document.querySelector('.told code:last-child')?.textContent)" % js(secret))
    new = browser.evaluate("document.querySelector('.told code:last-child').textContent")
    assert token_with(cloud, key, new) and not token_with(cloud, key, secret)

    click_twice(browser, NAMED % js("Delete the API key " + key))
    browser.wait("!(%s)" % (NAMED % js("Delete the API key " + key)))
    click_twice(browser, NAMED % js("Delete the user " + name))
    browser.wait("!(%s)" % (NAMED % js("Delete the user " + name)))
    assert [each["name"] for each in api.request("GET", "/users")] == ["Default user"]
    browser.wait("document.querySelector('main').textContent.includes('user deleted')")


def token_with(cloud, key, secret):
    form = "grant_type=client_credentials&client_id=%s&client_secret=%s" % (key, secret)
    try:
        with urllib.request.urlopen(cloud.token_url, form.encode(), timeout=10) as answer:
            return "access_token" in json.load(answer)
    except urllib.error.HTTPError as error:
        assert error.code == 401
        return False


def test_a_user_with_things_is_not_deleted_by_the_page(browser, cloud):
    api = RemoteCloud(cloud.about)
    user = api.request("POST", "/users", {"name": "Anna"})
    api.request("POST", "/things", {"name": "Hall", "user_id": user["id"]})
    browser.open(cloud.about, "/access")
    click_twice(browser, NAMED % js("Delete the user Anna"))
    browser.wait("document.querySelector('.told')?.textContent.includes('the user has 1 thing')")
    assert len(api.request("GET", "/users")) == 2


def test_the_audit_log_goes_on_to_older_entries(browser, cloud):
    api = RemoteCloud(cloud.about)
    for number in range(120):
        api.request("POST", "/things", {"name": "T%d" % number})
    browser.open(cloud.about, "/access")
    rows = "document.querySelectorAll('.access section:last-child tbody tr').length"
    browser.wait("%s === 100" % rows)
    browser.evaluate((BUTTON + ".click()") % js("Older entries"))
    browser.wait("%s > 120" % rows)


def test_another_browser_gets_an_address_of_its_own(browser, cloud):
    browser.open(cloud.about, "/access")
    browser.evaluate((BUTTON + ".click()") % js("Address for another browser"))
    browser.wait("document.querySelector('.told code')")
    address = browser.evaluate("document.querySelector('.told code').textContent")
    assert address.startswith(cloud.http + "/?code=") and address != cloud.page
