"""A device in sync mode that takes orders on stdin, each a line of Python: sync_device.py ARGUMENTS [SETUP]

ARGUMENTS is a JSON file with the arguments of ArduinoCloudClient. SETUP is a Python file that registers variables on
`client`. The program prints `started` once `start` has returned and logs to stdout. After Ctrl-C it prints
`interrupted` with the count of interrupts so far and starts again.
"""

import json
import select
import sys
import time  # noqa: F401, for orders

from prelude import milliseconds  # isort: skip, the log's place is set before the client is loaded

from arduino_iot_cloud import ArduinoCloudClient

with open(sys.argv[1]) as file:
    arguments = json.load(file)
if arguments["ssl_params"] and "cadata" in arguments["ssl_params"]:
    with open(arguments["ssl_params"]["cadata"], "rb") as file:
        arguments["ssl_params"]["cadata"] = file.read()
client = ArduinoCloudClient(sync_mode=True, **arguments)
written = []
wanted = None  # a number, and an expression that will become true
longest = 0
orders = select.poll()
orders.register(sys.stdin, select.POLLIN)
with open(sys.argv[2]) as file:
    exec(file.read())


def look():
    """Report once the wanted expression is true."""
    global wanted
    try:
        if wanted and eval(wanted[1], globals()):
            print("true", wanted[0])
            wanted = None
    except Exception as error:
        print("order failed: %s: %s" % (type(error).__name__, error))
        wanted = None


def take_order():
    """Execute the next line of stdin, if there is one."""
    if orders.poll(20):
        line = sys.stdin.readline()
        if not line:
            sys.exit()
        try:
            exec(line, globals())
        except Exception as error:
            print("order failed: %s: %s" % (type(error).__name__, error))


def run():
    """Do what a program in sync mode does."""
    global longest
    client.start(0.1, 1.5)
    print("started")
    while True:
        begin = milliseconds()
        client.update()
        longest = max(longest, milliseconds() - begin)
        look()
        take_order()


interrupted = 0
print("starting")
while True:
    try:
        run()
    except KeyboardInterrupt:
        interrupted += 1
        print("interrupted", interrupted)
    except Exception as error:
        print("raised %s: %s" % (type(error).__name__, error))
        sys.exit(1)
