"""All Python in the project follows the rules of ruff that pyproject.toml lists."""

import subprocess

from toolchain.paths import ROOT, VENV_PYTHON


def test_ruff_finds_no_fault():
    command = [VENV_PYTHON, "-m", "ruff", "check", "lib", "tools", "tests", "examples", "setup.py"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
