"""Runs the published Python client, unchanged, for test_official_clients: one call per line of stdin."""

import inspect
import json
import os
import re
import sys

import iot_api_client
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

AUDIENCE = "https://api2.arduino.cc/iot"


def get_token(about):
    """Get a token as in the client's documentation, except for the address."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    client = BackendApplicationClient(client_id=about["api_key_id"])
    session = OAuth2Session(client=client)
    session.trust_env = False
    return session.fetch_token(
        token_url=about["token_url"],
        client_id=about["api_key_id"],
        client_secret=about["api_key_secret"],
        include_client_id=True,
        audience=AUDIENCE,
    )


def plain(value):
    """Turn models into dicts and times into text."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return json.loads(json.dumps(value.to_dict() if hasattr(value, "to_dict") else value, default=str))


def call(client, api, method, arguments, options):
    """Make the call and return its outcome."""
    bound = getattr(getattr(iot_api_client, api)(client), method)
    arguments = [each["file"] if isinstance(each, dict) and each.keys() == {"file"} else each for each in arguments]
    names = inspect.signature(bound).parameters
    options = {("var_" + name if "var_" + name in names else name): value for name, value in options.items()}
    try:
        result = bound(*arguments, **options)
    except iot_api_client.ApiException as error:
        return {"status": error.status, "error": str(error.body), "type": type(error).__name__}
    first = result[0] if isinstance(result, list) and result else result
    return {"value": plain(result), "type": type(first).__name__}


def operations():
    """Return the operation behind each method, from its source."""
    found = {}
    for api, members in vars(iot_api_client).items():
        for name, function in vars(members).items() if api.endswith("Api") else ():
            if name.endswith("_serialize"):
                source = inspect.getsource(function)
                verb, path = (re.search(r"\b%s='(.+)'" % word, source)[1] for word in ("method", "resource_path"))
                found["%s.%s" % (api, name[1 : -len("_serialize")])] = "%s %s" % (verb, path)
    return found


def login(about):
    """Return a client for the user that `about` describes."""
    configuration = iot_api_client.Configuration(host=about["base"])
    configuration.ssl_ca_cert = about["ca_file"]
    configuration.access_token = about.get("token") or get_token(about)["access_token"]
    return iot_api_client.ApiClient(configuration)


def main():
    """Serve logins and calls until stdin ends."""
    client = None
    for line in sys.stdin:
        wanted = json.loads(line)
        if "login" in wanted:
            client = login(wanted["login"])
            answer = {"type": "ready"}
        elif "operations" in wanted:
            answer = operations()
        else:
            answer = call(client, **wanted)
        print(json.dumps(answer), flush=True)


main()
