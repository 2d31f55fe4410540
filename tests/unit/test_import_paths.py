"""Import paths that the documentation has named work, wherever the code lies now; so do those of the official client."""

import sys

MICROPYTHON = sys.implementation.name == "micropython"

# A module, and what programs import from it.
PATHS = """
arduino_iot_cloud ArduinoCloudClient ArduinoCloudObject Task Location Color ColoredLight DimmedLight Television
arduino_iot_cloud Schedule async_wifi_connection CADATA ArduinoIoTCloud CloudError Temperature Switch timestamp
arduino_iot_cloud.ucloud ArduinoCloudClient ArduinoCloudObject timestamp timestamp_ms log_level_enabled
arduino_iot_cloud.cbor CBORError
arduino_iot_cloud.cbor_item dumps loads
arduino_iot_cloud.client ArduinoCloudClient
arduino_iot_cloud.composites Composite Location Color ColoredLight DimmedLight Television
arduino_iot_cloud.history History
arduino_iot_cloud.interrupts Inlet
arduino_iot_cloud.keys register_provider
arduino_iot_cloud.kinds Scalar
arduino_iot_cloud.masks ONCE every
arduino_iot_cloud.persistence open_store
arduino_iot_cloud.property ArduinoCloudObject
arduino_iot_cloud.schedule Schedule is_active
arduino_iot_cloud.trust context
arduino_iot_cloud.user ArduinoIoTCloud Property Listener
arduino_iot_cloud.user_session CloudError
arduino_iot_cloud.wifi async_wifi_connection
arduino_cloud_board Device WiFi Ethernet AccessPoint
arduino_cloud_board.access_point AccessPoint
arduino_cloud_board.atecc608 ATECC608
arduino_cloud_board.atecc608_keys ATECC608Keys
arduino_cloud_board.connection Connection
arduino_cloud_board.csr csr
arduino_cloud_board.detection load detect
arduino_cloud_board.device Device
arduino_cloud_board.ethernet Ethernet
arduino_cloud_board.key_store open KeyStore Key KeyNotFound KeyCorrupted ChipError
arduino_cloud_board.se05x SE05X
arduino_cloud_board.se05x_keys SE05XKeys
arduino_cloud_board.se05x_t1 T1
arduino_cloud_board.settings open Settings
arduino_cloud_board.setup_page run SetupPage sweep
arduino_cloud_board.wifi WiFi
arduino_cloud_api CloudAPI
arduino_cloud_api.times milliseconds
"""


def test_each_has_what_programs_import_from_it():
    for line in PATHS.strip().split("\n"):
        module, *names = line.split(" ")
        for name in names:
            given = {}
            exec("from %s import %s" % (module, name), given)
            assert given[name] is not None, (module, name)


def test_a_module_is_found_in_its_package_too():
    for line in PATHS.strip().split("\n"):
        module = line.split(" ")[0]
        if "." in module:
            exec("from %s import %s" % tuple(module.split(".")), {})


def test_keys_in_a_token_are_for_cpython():
    if not MICROPYTHON:
        from arduino_iot_cloud.hsm import load

        assert callable(load)
