"""Backups: everything of a data folder in one file, taken while the cloud runs, and put back as a whole.

A backup is a gzipped tar archive, which other tools can read too, or the same sealed with a passphrase.
"""


class BackupRefused(Exception):
    """A backup was not made or not restored. `str()` says why; everything is as it was."""
