"""The command `local-cloud`: a module per group of commands; `main` is the entry point."""

from .main import main

__all__ = ["main"]
