"""A real Chromium that is driven without an event loop, and dashboards to show in it."""

import asyncio
import json
import threading
import time
import urllib.parse
import urllib.request
import uuid
from contextlib import AsyncExitStack

from localcloud.remote import RemoteCloud
from picturing.browser import open_tab

KEYS = {
    "Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "Escape": (27, ""), "Home": (36, ""),
    "ArrowLeft": (37, ""), "ArrowUp": (38, ""), "ArrowRight": (39, ""), "ArrowDown": (40, ""),
}  # fmt: skip
MIDDLE = """((element) => {
element.scrollIntoView({block: "center"});
const {x, y, width, height} = element.getBoundingClientRect();
return [x + width * %s, y + height * %s];
})(%s)"""


class Browser:
    """One tab. All methods block. Expressions are JavaScript."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self.history = []
        self._tab = self._run(self._stack.enter_async_context(open_tab()))
        for domain in ("Network", "Log", "Runtime", "Page"):
            self.command(domain + ".enable")
        self.resize(1200, 900)

    def close(self):
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(40)

    def command(self, method, **parameters):
        return self._run(self._tab.command(method, **parameters))

    def evaluate(self, expression):
        return self._run(self._tab.evaluate(expression))

    def wait(self, expression, timeout=30):
        """Wait until an expression is true."""
        self._run(self._tab.wait_until("!!(%s)" % expression, timeout))

    def resize(self, width, height):
        self._run(self._tab.resize(width, height, 1))

    def take_events(self, *methods):
        """Return the events since the last call that have these methods, and drop the others."""
        self.evaluate("1")
        events, self._tab.events = self._tab.events, []
        self.history += events
        return [each for each in events if each["method"] in methods]

    def complaints(self):
        """Return what went wrong since `history` was emptied: errors, breaches of the policy, other hosts."""
        self.take_events()
        found = []
        for event in self.history:
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["source"] in ("security", "violation"):
                found.append(told["entry"])
            elif event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                url = told["url"] if "url" in told else told["request"]["url"]
                if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "https://127.0.0.1:", "data:", "blob:")):
                    found.append(url)
        return found

    def paused_request(self, timeout=10):
        """Wait for a request that Fetch has paused, and return its id."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for event in self.take_events("Fetch.requestPaused"):
                return event["params"]["requestId"]
            time.sleep(0.02)
        raise AssertionError("no request came")

    def open(self, about, place):
        """Log in and show a place of the page, such as `/dashboard/ID`."""
        # Always load a new document, whatever was open before.
        self.command("Page.navigate", url="about:blank")
        # The code in an address works once.
        page = RemoteCloud(about).request("POST", "/page-codes")["page"]
        self.command("Page.navigate", url="%s#%s" % (page, place))
        self.wait("document.querySelector('#connection.good') && document.querySelector('main').children.length")

    def place(self, element, x=0.5, y=0.5):
        """Scroll to an element and return [x, y] there."""
        return self.evaluate(MIDDLE % (x, y, element))

    def click(self, element):
        self._run(self._tab.click(self.place(element)))

    def mouse(self, kind, x, y, **more):
        self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, **more)

    def press(self, key, times=1):
        for _ in range(times):
            self.key_down(key)
            self.key_up(key)

    def key_down(self, key):
        code, text = KEYS.get(key) or (ord(key.upper()), key)
        self.command("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=text)

    def key_up(self, key):
        code, _ = KEYS.get(key) or (ord(key.upper()), key)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        """Type into the element that has the focus."""
        self.command("Input.insertText", text=text)


class Project:
    """A thing and its dashboards, made with the Application API, which also sets and reads values."""

    def __init__(self, about, *properties, name="Greenhouse", device_id=None):
        """`properties` are (name, type), optionally with permission and a dict of more members."""
        self.about = about
        form = {
            "grant_type": "client_credentials",
            "client_id": about["api_key_id"],
            "client_secret": about["api_key_secret"],
        }
        with urllib.request.urlopen(about["token_url"], urllib.parse.urlencode(form).encode(), 10) as answer:
            self.token = json.load(answer)["access_token"]
        body = {"name": name, "properties": [_property(*each) for each in properties]}
        self.thing = self.request("PUT", "/v2/things", {**body, **({"device_id": device_id} if device_id else {})})
        self.ids = {each["name"]: each["id"] for each in self.thing["properties"]}

    def request(self, method, path, body=None):
        """Call `/iot` + path and return the answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        request = urllib.request.Request(self.about["http"] + "/iot" + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def path(self, name):
        return "/v2/things/%s/properties/%s" % (self.thing["id"], self.ids[name])

    def publish(self, name, value):
        """Set a value from elsewhere than the page."""
        self.request("PUT", self.path(name) + "/publish", {"value": value})

    def publish_past(self, name, points):
        """Write samples (seconds ago, value) to the history."""
        now = time.time()
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        values = [{"timestamp": time.strftime(stamp, time.gmtime(now - ago)), "value": value} for ago, value in points]
        self.request("PUT", self.path(name) + "/publish_batch", values)

    def value(self, name):
        return self.request("GET", self.path(name)).get("last_value")

    def wait_value(self, name, wanted, timeout=20):
        """Wait until the cloud has this value."""
        deadline = time.monotonic() + timeout
        while (value := self.value(name)) != wanted:
            assert time.monotonic() < deadline, "%s is %r, not %r" % (name, value, wanted)
            time.sleep(0.02)

    def dashboard(self, *widgets, **more):
        """Make a dashboard and return its id."""
        body = {"name": "Greenhouse", **more, "widgets": list(widgets)}
        return self.request("POST", "/v3/dashboards" if "pages" in more else "/v2/dashboards", body)["id"]

    def widget(self, kind, *names, at=(0, 0, 6, 4), options=None, **more):
        """Return a widget's JSON. `at` is x, y, width, height."""
        place = dict(zip(("x", "y", "width", "height"), at))
        return {"id": str(uuid.uuid4()), "type": kind, "name": " ".join(names) or kind, "options": options or {},
                "variables": [self.ids[name] for name in names], **place, **more}  # fmt: skip


def _property(name, kind, permission="READ_WRITE", more=None):
    return {"name": name, "type": kind, "permission": permission, "update_strategy": "ON_CHANGE", **(more or {})}


def js(value):
    """Return a value as JavaScript."""
    return json.dumps(value)
