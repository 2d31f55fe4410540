"""A browser or another program at a cloud's web server, with any headers."""

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request


class Web:
    """Sends requests with any headers, as browsers and other programs may."""

    def __init__(self, about, scheme="http"):
        self.about = about
        self.base = about[scheme]
        self.address = self.base.removeprefix(scheme + "://")
        self.token = about["api_token"]
        self._scheme = scheme

    def _connection(self):
        if self._scheme == "http":
            return http.client.HTTPConnection(self.address, timeout=10)
        context = ssl.create_default_context(cafile=self.about["ca_file"])
        return http.client.HTTPSConnection(self.address, timeout=10, context=context)

    def request(self, method, path, body=None, **headers):
        connection = self._connection()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, None if body is None else json.dumps(body), named)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def new_code(self):
        answer = self.request("POST", "/local/v1/page-codes", Authorization="Bearer " + self.token)
        return json.loads(answer.text)["page"].partition("/?code=")[2]

    def log_in(self, code=None, **headers):
        headers = {"Origin": self.base, **headers}
        body = {"code": code or self.new_code()}
        return self.request("POST", "/local/v1/session", body, Content_Type="application/json", **headers)

    def session(self):
        """Return the headers of a new session of the page."""
        answer = self.log_in()
        assert answer.status == 201
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0], "X_Page_Key": json.loads(answer.text)["key"]}

    def set_path(self):
        return "/local/v1/things/%s/variables/led/value" % self.about["thing_id"]


def ask_token(about, basic=None, **fields):
    """POST to the token endpoint, and return (status, answer)."""
    headers = {}
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    request = urllib.request.Request(about["token_url"], urllib.parse.urlencode(fields).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
