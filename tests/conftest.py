"""Fixtures for all tests: interpreters, brokers, local clouds. Each fixture's docstring describes it."""

import os
import signal

import hypothesis
import pytest
from brokers import Mosquitto
from interpreters import CPython, MicroPython
from local_clouds import LocalCloud
from portable_items import OnCPython, OnMicroPython
from throwaway_certificates import Certificates

hypothesis.settings.register_profile("tests", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("tests")


def pytest_configure(config):
    # A shell's background job starts with SIGINT ignored, and so would everything that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for plugin in (OnCPython(), OnMicroPython(64), OnMicroPython(32)):
        config.pluginmanager.register(plugin)


@pytest.fixture
def micropython():
    """`micropython(bits=32)` -> an interpreters.Interpreter. What it has started is stopped at the end."""
    made = []

    def make(bits=32):
        made.append(MicroPython(bits))
        return made[-1]

    yield make
    for interpreter in made:
        interpreter.stop_all()


@pytest.fixture
def cpython():
    """CPython with the same interface as the MicroPythons (interpreters.Interpreter)."""
    interpreter = CPython()
    yield interpreter
    interpreter.stop_all()


@pytest.fixture(params=["cpython", "mp64", "mp32"])
def interpreter(request):
    """Each interpreter in turn (interpreters.Interpreter)."""
    chosen = CPython() if request.param == "cpython" else MicroPython(int(request.param[2:]))
    yield chosen
    chosen.stop_all()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A throw-away authority with a server's and a client's certificate (throwaway_certificates.Certificates)."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mosquitto(tmp_path, certificates):
    """`mosquitto(**options)` -> a new, running brokers.Mosquitto, stopped at the end."""
    made = []

    def make(**options):
        made.append(Mosquitto(tmp_path / ("mosquitto%d" % len(made)), certificates, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def start_local_cloud(tmp_path):
    """`start_local_cloud(*arguments, data=folder)` -> a new local_clouds.LocalCloud, stopped at the end."""
    made = []

    def make(*arguments, data=None):
        made.append(LocalCloud(data or tmp_path / ("cloud%d" % len(made)), *arguments))
        return made[-1]

    yield make
    for cloud in made:
        cloud.stop()


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory):
    """One local cloud for all tests of a worker (local_clouds.LocalCloud). Leave it as it was."""
    cloud = LocalCloud(tmp_path_factory.mktemp("local-cloud"))
    yield cloud
    cloud.stop()
