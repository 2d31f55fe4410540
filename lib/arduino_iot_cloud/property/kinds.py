"""Cloud variables with one value of a fixed type, named as in the C++ library: Switch, TemperatureSensor, Counter, …

Imported for a name that the package does not have. Each class is made when it is first used.
"""

from . import ArduinoCloudObject, fit

# A value of each type, and the names of its classes.
_KINDS = (
    (False, "Bool ContactSensor Light MotionSensor SmartPlug Switch"),
    (
        0.0,
        "Float Acceleration Angle Area Capacitance DataRate ElectricCurrent ElectricPotential ElectricResistance "
        "Energy FlowRate Force Frequency HeartRate Illuminance Length LogarithmicQuantity Luminance LuminousFlux "
        "LuminousIntensity Mass Percentage Power Pressure RelativeHumidity Temperature TemperatureSensor Velocity "
        "Volume",
    ),
    (0, "Int Counter InformationContent UnsignedInt Time"),
    ("", "String"),
)


class Scalar(ArduinoCloudObject):
    """A cloud variable whose type is fixed: that of `ZERO`. Arguments are those of ArduinoCloudObject.

    Integers have 32 bits, as in the C++ library: setting a larger one raises ValueError.
    """

    ZERO: "bool | float | str | None" = None
    LOW: "int | None" = None  # the smallest integer

    @property
    def value(self):
        """The current value. See ArduinoCloudObject.value; the type is fixed from the start."""
        return self._value

    @value.setter
    def value(self, value):
        if value is not None:
            value = fit(self.name, self.ZERO, value)
            if self.LOW is not None and not 0 <= value - self.LOW < 1 << 32:
                raise ValueError("'%s': %d does not fit 32 bits" % (self.name, value))
            if self.client:
                self.client.check(self.name, value)
            self._value = value
            self.touch()
        else:
            from .clearing import clear

            clear(self)


def find(name: str):
    """Return the class of that name, and store it in the package. Raises AttributeError if there is none."""
    for zero, names in _KINDS:
        if name in names.split(" "):
            members = {"ZERO": zero, "_like": zero}
            if type(zero) is int:
                members["LOW"] = 0 if name in ("UnsignedInt", "Time") else -1 << 31
            made = type(name, (Scalar,), members)
            import arduino_iot_cloud

            setattr(arduino_iot_cloud, name, made)
            return made
    raise AttributeError("module 'arduino_iot_cloud' has no attribute '%s'" % name)
