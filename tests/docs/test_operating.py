"""The operator's page: its commands exist with these options, and what it says of lost files is so."""

import re
import shlex
import shutil
import subprocess

import pytest
from localcloud.cli import command_line
from toolchain.paths import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text()


def commands():
    """Return each `local-cloud …` and `serve …` of the page, in blocks and in the text, as words."""
    blocks = "\n".join(re.findall(r"^```text\n(.*?)^```", PAGE, re.M | re.S))
    found = re.findall(r"^(local-cloud .*)$", blocks, re.M) + re.findall(r"`(local-cloud [^`]+)`", PAGE)
    found += ["local-cloud " + text for text in re.findall(r"`(serve --[^`]+)`", PAGE)]
    return sorted({text.strip().removesuffix(" &") for text in found})


@pytest.mark.parametrize("command", commands())
def test_a_command_is_one_that_there_is(command):
    words = shlex.split(command)[1:]
    if "serve" in words and words[-1].startswith("--"):
        words += {"--keep": ["90d"], "--behind-proxy": ["127.0.0.1"]}.get(words[-1], [])
    options = command_line._parser().parse_args(words)
    assert callable(options.run)


def test_the_authoritys_key_is_made_of_its_copy_as_the_page_says(start_local_cloud, tmp_path):
    cloud = start_local_cloud(data=tmp_path / "data")
    cloud.stop()
    folder = tmp_path / "data" / "certificates"
    (folder / "ca.key.pem").unlink()
    (command,) = re.findall(r"`(openssl pkey [^`]+)`", PAGE)
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)
    again = start_local_cloud(data=tmp_path / "data")
    assert again.about["ca_file"] == cloud.about["ca_file"] and again.stop() == 0
