"""The import path for programs. The code is in `setup_page.access_point`."""

from .setup_page.access_point import AccessPoint as AccessPoint
