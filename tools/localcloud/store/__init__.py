"""Devices, things, variables and their values, in any database that SQLAlchemy reaches."""
