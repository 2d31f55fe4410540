"""The web server: the Application API (`api`), the local API (`local_api`), live values, and the page."""
