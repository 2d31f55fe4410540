"""The example of a complete device, on a board with a stand-in radio."""

from toolchain.paths import ROOT

POWER_ON = "import os, radio\nradio.install(os.getenv('RADIO'))\nexec(open(%r).read())"


def test_the_example_runs_on_a_provisioned_board(day, world, cloud):
    for name, kind in (("signal", "INT"), ("minutes", "INT"), ("led", "STATUS")):
        day.add(name, kind, "READ_WRITE" if name == "led" else "READ_ONLY")
    world.power_on(code=POWER_ON % str(ROOT / "examples" / "device.py"), rtc=world.true_time)
    day.wait_for("^started by: power")
    day.until("signal", lambda value: value == -60)
    day.until("minutes", lambda value: value == 0)
    day.write("led", True)
    if world.board == "RPI_PICO_W":
        day.wait_for("^pin LED 1")
    else:
        day.wait_for("no LED is known")
    day.write("led", False)
    day.wait_for("^pin LED 0" if world.board == "RPI_PICO_W" else "no LED is known")
    assert not world.bites
