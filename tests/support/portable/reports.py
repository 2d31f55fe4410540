"""Collect what the package logs while a test runs."""

from stands_in import Stands


class Reports(Stands):
    """`with Reports() as reports:` collects texts and levels that would go to the log."""

    def __init__(self):
        super().__init__("logging", self)
        self.texts = []
        self.levels = []

    def __enter__(self):
        super().__enter__()
        return self

    def log(self, level, text):
        """Replaces logging.log."""
        self.levels.append(level)
        self.texts.append(text)

    @property
    def warnings(self):
        """The texts above the level INFO."""
        return [text for level, text in zip(self.levels, self.texts) if level > 20]

    def __contains__(self, text):
        return any([text in told for told in self.texts])
