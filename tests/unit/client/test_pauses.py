"""The pauses between attempts to connect: they grow until a connection has lasted."""

from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.pauses import pause
from reports import Reports

REFUSED = OSError(111)


def fresh():
    """The driver of a client that begins with pauses of a second."""
    driver = ArduinoCloudClient("d", username="d", password="p", ssl_params=None)._run(True)
    driver.pauses = [1.0, 1.0, 2.0]
    return driver


def test_pauses_grow_up_to_a_limit_while_there_is_no_connection():
    with Reports():
        driver = fresh()
        for longest in (1, 2, 4, 8, 16, 32, 32, 32):
            assert longest * 500 <= pause(driver, REFUSED) <= longest * 1000
        assert driver.brief == 0


def test_brief_connections_do_not_start_them_over_and_the_third_one_comes_with_a_hint():
    with Reports() as reports:
        driver = fresh()
        for n, longest in enumerate((1, 2, 4, 8)):
            driver.since = 5
            assert longest * 500 <= pause(driver, REFUSED) <= longest * 1000
            assert driver.brief == n + 1 and driver.since is None
            assert ("same device id" in reports) is (n >= 2)


def test_a_connection_that_has_lasted_starts_them_over():
    with Reports():
        driver = fresh()
        for connection in (5, 5, None, None):
            driver.since = connection
            pause(driver, REFUSED)
        driver.since = 0
        assert 500 <= pause(driver, REFUSED) <= 1000
        assert driver.brief == 0
        for longest in (2, 4):
            assert longest * 500 <= pause(driver, REFUSED) <= longest * 1000
