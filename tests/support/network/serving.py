"""Serve folders over HTTP on loopback for installers, with a folder to install into."""

import contextlib
import functools
import http.server
import json
import threading
from pathlib import Path


class Plain(http.server.SimpleHTTPRequestHandler):
    """Serves files as they are."""

    def log_message(self, *_):
        pass


class Completing(Plain):
    """Serves packages with absolute addresses of their files, which mip 0.3 needs."""

    def do_GET(self):
        if not self.path.endswith(".json"):
            return super().do_GET()
        package = json.loads((Path(self.directory) / self.path[1:]).read_text())
        site = "http://127.0.0.1:%d%s/" % (self.server.server_port, self.path.rpartition("/")[0])
        package["urls"] = [[name, site + url] for name, url in package["urls"]]
        body = json.dumps(package).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(folder, how=Plain):
    """Serve a folder: `with serving(folder) as url: …`."""
    handler = functools.partial(how, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield "http://127.0.0.1:%d" % server.server_port
        finally:
            server.shutdown()


class FolderAsBoard:
    """A board's file system for mpremote's mip, in a folder. Nothing outside it can be written."""

    def __init__(self, folder):
        self._folder = folder

    def _place(self, path):
        assert not path.startswith("/"), path
        return self._folder / path

    def fs_exists(self, path):
        return self._place(path).exists()

    def fs_mkdir(self, path):
        self._place(path).mkdir()

    def fs_writefile(self, path, data, progress_callback=None):
        self._place(path).write_bytes(data)
