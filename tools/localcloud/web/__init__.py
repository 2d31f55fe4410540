"""The web server: the Application API (`api`), the small local API, live values, and the page."""
