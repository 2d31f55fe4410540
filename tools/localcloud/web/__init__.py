"""The web side: a small local API under `/local/v1`, live values, and the page.

The Application API (`/iot/v2/...`) gets routers of its own beside `local_v1`.
"""
