"""ruff's rules, those that pyproject.toml names, hold wherever there is Python."""

import subprocess

from toolchain.paths import ROOT, VENV_PYTHON


def test_ruff_finds_no_fault():
    command = [VENV_PYTHON, "-m", "ruff", "check", "lib", "tools", "tests", "examples", "setup.py"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
