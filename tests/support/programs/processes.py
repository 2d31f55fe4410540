"""A child process whose output a test can wait for.

Time limits are in seconds of a stopwatches.Stopwatch, so that delays of a busy machine do not count.
"""

import re
import subprocess
import threading
import time
from collections import namedtuple

from stopwatches import Stopwatch

Finished = namedtuple("Finished", "returncode stdout stderr")


class Process:
    """Starts `command`. Threads collect its output, so that nothing ever blocks it."""

    def __init__(self, command, env=None, cwd=None):
        self.command = [str(word) for word in command]
        self._texts = {"stdout": "", "stderr": ""}
        self._ended = set()
        self._news = threading.Condition()
        self._popen = self._open(env, cwd)
        self.pid = self._popen.pid
        self._readers = [
            threading.Thread(target=self._read, args=(name, getattr(self._popen, name)), daemon=True)
            for name in self._texts
        ]
        for reader in self._readers:
            reader.start()

    def _open(self, env, cwd):
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd)

    def _read(self, name, stream):
        while True:
            data = stream.read1(65536)
            with self._news:
                self._texts[name] += data.decode("utf-8", "replace")
                if not data:
                    self._ended.add(name)
                self._news.notify_all()
            if not data:
                stream.close()
                return

    @property
    def stdout(self):
        """Everything printed so far."""
        return self._texts["stdout"]

    @property
    def stderr(self):
        """Everything written to stderr so far."""
        return self._texts["stderr"]

    @property
    def returncode(self):
        """The exit code, None while it runs."""
        return self._popen.poll()

    def _story(self):
        return "%s\n--- stdout\n%s\n--- stderr\n%s" % (" ".join(self.command), self.stdout, self.stderr)

    def wait_for(self, pattern, timeout=30, stream="stdout", start=0):
        """Wait until `pattern` (multi-line regex) is in the output from offset `start`, and return the match."""
        regex = re.compile(pattern, re.M)
        watch, deadline = Stopwatch(self), time.monotonic() + timeout
        with self._news:
            while True:
                match = regex.search(self._texts[stream], start)
                if match:
                    return match
                left = deadline - time.monotonic()
                if left <= 0:
                    left = timeout - watch.seconds()
                ended = stream in self._ended
                if ended or left <= 0:
                    what = "ended" if ended else "no output within %s s" % timeout
                    raise AssertionError("%s, waiting for %r: %s" % (what, pattern, self._story()))
                self._news.wait(max(left, 0.05))

    def take(self, stream="stdout"):
        """Return what it has written since the last call, and forget it, so that a long run fills no memory."""
        with self._news:
            text, self._texts[stream] = self._texts[stream], ""
        return text

    def send(self, text):
        """Write to its standard input."""
        self._popen.stdin.write(text.encode())
        self._popen.stdin.flush()

    def wait(self, timeout=30):
        """Wait for its end and return Finished(returncode, stdout, stderr)."""
        watch, left = Stopwatch(self), timeout
        while left > 0 and not self.ended_within(max(left, 0.05)):
            left = timeout - watch.seconds()
        if self.returncode is None:
            self.kill()
            raise AssertionError("no end within %s s: %s" % (timeout, self._story()))
        self._close()
        return Finished(self._popen.returncode, self.stdout, self.stderr)

    def ended_within(self, timeout):
        """Return whether it ends within so many seconds."""
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def signal(self, number):
        """Send a signal to this process only."""
        self._popen.send_signal(number)

    def kill(self):
        """End it at once."""
        self._popen.kill()
        self._popen.wait()
        self._close()

    def stop(self, timeout=10):
        """Ask it to end (SIGTERM), kill it if it does not, and return the exit code."""
        if self.returncode is None:
            self._popen.terminate()
            if not self.ended_within(timeout):
                self._popen.kill()
        self._popen.wait()
        self._close()
        return self._popen.returncode

    def _close(self):
        for reader in self._readers:
            reader.join(5)
        try:
            self._popen.stdin.close()
        except BrokenPipeError:
            pass
