"""The resources of the Application API, one module for each. `router(services, …)` returns a resource's routes."""
