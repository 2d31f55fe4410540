"""Print the heap that importing the client of the Application API takes, including asyncio."""

from heap_used import used

start = used()
from arduino_cloud_api import CloudAPI  # noqa: E402, F401

print("import", used() - start)
