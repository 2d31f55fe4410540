"""The resources of the Application API, a module each: `router(services, …)` returns the routes of one."""
