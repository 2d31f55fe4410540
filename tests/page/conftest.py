"""One Chromium for all tests of a worker."""

import pytest
from browsing import Browser, Project


@pytest.fixture(scope="session")
def chromium():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    """The browser in its usual size (browsing.Browser). Pages must not raise errors or contact other hosts."""
    chromium.resize(1200, 900)
    chromium.take_events()
    chromium.history = []
    yield chromium
    chromium.command("Fetch.disable")
    assert chromium.complaints() == []


@pytest.fixture
def make_project(local_cloud):
    """`make_project(*properties)` -> a browsing.Project in the session's cloud."""
    return lambda *properties, **more: Project(local_cloud.about, *properties, **more)
