"""Two idle minutes in real time, each interpreter in each mode side by side over TLS, as mosquitto sees them."""

import time

import pytest
from soaking.real_time.cloud import Cloud
from soaking.real_time.devices import Devices
from soaking.real_time.soak import look_at, settle


@pytest.mark.timeout(900)  # the longest test, so it begins first
def test_an_idle_client_pings_at_three_quarters_of_its_keepalive_and_sleeps(tmp_path, certificates):
    cloud = Cloud(tmp_path / "broker", certificates)
    try:
        with Devices(cloud, certificates, tmp_path) as devices:
            looks = settle(devices, cloud)
            # A flood shows in the first seconds. Only time shows the rest.
            for seconds in (10, 110):
                time.sleep(seconds)
                look_at(looks, cloud)
                complaints = [text for look in looks for text in look.complaints()]
                assert not complaints, "\n".join(complaints)
    finally:
        cloud.close()
