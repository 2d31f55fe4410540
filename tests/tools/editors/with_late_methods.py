"""Run stubtest after loading what comes late: methods of the client, arguments of variables with attributes."""

import sys

import arduino_iot_cloud.property.attributes  # noqa: F401
from arduino_iot_cloud.client import ArduinoCloudClient
from arduino_iot_cloud.methods import add
from mypy.stubtest import main

add(ArduinoCloudClient, ArduinoCloudClient, "flush")
sys.exit(main())
