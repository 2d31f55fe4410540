"""The web side: a small local API under `/local/v1`, live values, and the page.

The Application API (`/iot/v2/...`) lies in `api`, the local one in `local_api`.
"""
