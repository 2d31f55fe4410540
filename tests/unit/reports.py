"""What the package reports while a test runs."""

import sys


class Reports:
    """`with Reports() as reports:` collects the texts, by level, that would go to the log."""

    def __enter__(self):
        self.texts = []
        self.levels = []
        self._before = sys.modules.get("logging")
        sys.modules["logging"] = self
        return self

    def __exit__(self, *error):
        if self._before is None:
            del sys.modules["logging"]
        else:
            sys.modules["logging"] = self._before

    def log(self, level, text):
        """Stands for logging.log."""
        self.levels.append(level)
        self.texts.append(text)

    def __contains__(self, text):
        return any([text in told for told in self.texts])
