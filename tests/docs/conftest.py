"""A local cloud for the pages of the documentation. Their code blocks may write anything into its project."""

import pytest
from local_clouds import LocalCloud


@pytest.fixture(scope="module")
def pages_cloud(tmp_path_factory):
    """The worker's local cloud for all pages (local_clouds.LocalCloud)."""
    cloud = LocalCloud(tmp_path_factory.mktemp("pages-cloud"))
    yield cloud
    cloud.stop()
