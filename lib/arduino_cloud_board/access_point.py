"""The import path that programs know. What it has lies in `setup_page.access_point`."""

from .setup_page.access_point import AccessPoint as AccessPoint
