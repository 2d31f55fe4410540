"""Cloud variables with one value of a fixed type, named as in the C++ library: Switch, TemperatureSensor, Counter, …

Imported when the package is asked for a name that it does not have. A class is made when it is asked for.
"""

from . import ArduinoCloudObject, fit

# A value of the type, and the names.
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
    """A cloud variable of the type that `ZERO` has, whatever is set first. Arguments are those of ArduinoCloudObject.

    Integers have 32 bits, as in the C++ library: setting another raises ValueError.
    """

    ZERO: "bool | float | str | None" = None
    LOW: "int | None" = None  # the least integer

    @property
    def value(self):
        """As ArduinoCloudObject.value; the type is fixed from the start."""
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
    """The class of that name; it stays in the package. Raises AttributeError for none."""
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
