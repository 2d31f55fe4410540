"""The local cloud as a child process."""

import json
import os

from forked_cloud import ForkedCloud
from processes import Process
from toolchain.paths import TOOLS


class LocalCloud:
    """`local-cloud serve --ephemeral`, with its description as attributes:

    host, mqtt_port, mqtts_port, mtls_port, ws_port, wss_port, http, ca_file, ca_der_file, device_id, secret,
    thing_id, user_id, api_key_id, api_key_secret, token_url, client_key, client_cert, client_key_der, client_cert_der, data
    """

    def __init__(self, data, *arguments, timeout=30, env=None):
        """`env` is more environment. With it no process is forked, because it may matter when a process starts."""
        command = ["serve", "--ephemeral", "--json", "--data", data, *arguments]
        if env is None:
            self.process = ForkedCloud(command)
        else:
            self.process = Process([TOOLS / "local-cloud", *command], {**os.environ, **env})
        try:
            first = self.process.wait_for(r"\A(.*)\n", timeout)
            self.about = json.loads(first.group(1))
        except BaseException:
            self.process.stop()
            raise

    def __getattr__(self, name):
        try:
            return self.__dict__["about"][name]
        except KeyError:
            raise AttributeError("the local cloud says nothing about %r" % name) from None

    def stop(self):
        """Stop it with SIGTERM and return the exit code."""
        return self.process.stop()
