"""Fixtures for the tools' tests: projects for examples, folders served over HTTP."""

import contextlib

import pytest
from example_projects import Project
from serving import Plain, serving


@pytest.fixture
def make_project(local_cloud, tmp_path):
    """`make_project((name, type, permission), …)` -> a Project."""

    def make(*variables):
        folder = tmp_path / "board"
        folder.mkdir()
        return Project(local_cloud, folder, variables)

    return make


@pytest.fixture
def serve():
    """`serve(folder, how=Plain)` -> the folder's URL on loopback."""
    with contextlib.ExitStack() as stack:
        yield lambda folder, how=Plain: stack.enter_context(serving(folder, how))
