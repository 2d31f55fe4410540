"""Cloud variables with several attributes: Location, Color, ColoredLight, DimmedLight, Television."""

import arduino_iot_cloud as package

from ..senml import label, write_record
from . import ArduinoCloudObject, fit, shape


class Composite(ArduinoCloudObject):
    """A cloud variable with several attributes, named in `KEYS`, read and set with a dot.

    Types and ranges are those of the C++ library. Setting an attribute to another type or beyond its range
    raises TypeError or ValueError with its name; values from the cloud may be beyond the range. All attributes
    are published together, once each has a value. Setting one to None removes its value. Further arguments
    are those of ArduinoCloudObject.

    A class of your own has `KEYS`, and `TYPES`, a letter for each: b bool, f float, i int. Without
    `TYPES`, an attribute's first value fixes its type. Or pass the names of the attributes as `keys`.
    """

    # The methods do not call super(), since a class derived from ArduinoCloudObject may get them: see `attributes`.
    KEYS: tuple = ()
    TYPES = ""
    _was = None  # without TYPES: a value of an attribute's type, if its own does not show it; () for any number

    def __init__(self, name: str, keys=(), **kwargs):
        kind = type(self)
        keys = tuple(keys or ())
        if keys or package.__dict__.get(kind.__name__) is not kind:  # not a class of the package
            from .derived import check

            check(name, kind, keys, Composite)
            if keys:
                self.KEYS = keys
        value = kwargs.pop("value", None)
        given: dict = {}
        for key in self.KEYS:
            if kwargs.get(key) is not None:
                given[key] = kwargs[key]
            kwargs.pop(key, None)
        ArduinoCloudObject.__init__(self, name, **kwargs)
        self._value = {key: None for key in self.KEYS}
        if value is not None:
            self.value = value
        self.value = given

    def __getattr__(self, attribute):
        if attribute in self.KEYS:
            return self._value[attribute]
        return ArduinoCloudObject.__getattr__(self, attribute)

    def __setattr__(self, attribute, value):
        if attribute in self.KEYS:
            self.value = {attribute: value}
        else:
            object.__setattr__(self, attribute, value)

    def _fit(self, attribute, value):
        # The converted value for an attribute that the program sets.
        name = self.name + ":" + attribute
        old = self._old(attribute)
        if value is None:
            if not self.TYPES:
                self._remember(attribute, old)
            return None
        if type(old) is int and type(value) is float and value % 1 == 0:
            value = int(value)
        value = fit(name, old, value)
        if self.TYPES:
            _check(name, attribute, value)
        return value

    def _remember(self, attribute, kind):
        self._was = self._was or {}
        self._was[attribute] = kind

    def _old(self, attribute):
        # The current value, or one of its type; None if any type is accepted.
        value = self._value[attribute]
        if self.TYPES:
            if value is None:
                value = (False, 0.0, 0)["bfi".index(self.TYPES[self.KEYS.index(attribute)])]
        elif self._was and (value is None or self._was.get(attribute) == ()):
            value = self._was.get(attribute)
        return value

    def __contains__(self, attribute):
        return attribute in self.KEYS

    @property
    def value(self):
        """The attributes, a dict by name. Setting a dict changes these attributes at once, or none of them if one is
        wrong; setting None removes all values."""
        return self._value

    @value.setter
    def value(self, value):
        if value is None:
            value = dict.fromkeys(self.KEYS)
        elif not isinstance(value, dict):
            raise TypeError("'%s' takes a dict of its attributes, not %s" % (self.name, type(value).__name__))
        new = dict(self._value)
        for attribute in value:
            if attribute not in self.KEYS:
                raise TypeError("'%s' has no attribute '%s'" % (self.name, attribute))
            new[attribute] = self._fit(attribute, value[attribute])
        client = self.client
        if client and not (self.TYPES and 54 + len(new) * (4 * len(self.name) + 40) <= client.buffer):
            client.check(self.name, new)
        self._value.update(new)
        if not self.initialized:
            from .clearing import withdraw

            withdraw(self)
        elif value:
            self.touch()

    @property
    def initialized(self) -> bool:
        """Whether every attribute has a value."""
        return None not in self._value.values()

    def shape(self, attribute, value):
        """See ArduinoCloudObject.shape."""
        if attribute not in self._value:
            raise ValueError("'%s' has no attribute '%s'" % (self.name, attribute or ""))
        return shape(self.name + ":" + attribute, self._old(attribute), value)

    def store(self, attribute, value) -> bool:
        """See ArduinoCloudObject.store."""
        if type(value) in (int, float) and self._old(attribute) is None:
            self._remember(attribute, ())
        differs = self._value[attribute] != value
        self._value[attribute] = value
        return differs

    def write(self, writer, time: int = 0, value=None):
        """See ArduinoCloudObject.write."""
        if self.field is None:
            self.field = [label(self.name + ":" + key) for key in self.KEYS]
        if value is None and self.initialized:
            value = self._value
        if value:
            for i in range(len(self.KEYS)):
                write_record(writer, self.field[i], value[self.KEYS[i]], time)


def _check(name, attribute, value):
    # Raise ValueError for a value beyond the attribute's range.
    if attribute == "hue":
        high = 360
    elif attribute in ("sat", "bri"):
        high = 100
    elif attribute == "vol":
        high = 255
    elif attribute == "cha":
        high = 65535
    elif attribute == "inp":
        high = 60
    elif attribute == "pbc":
        high = 7 if value != 255 else 255
    elif attribute in ("frm", "to", "len", "msk"):
        high = 4294967295
    else:
        return
    if not 0 <= value <= high:
        raise ValueError("'%s' is from 0 to %d%s, not %r" % (name, high, ", or 255" if high == 7 else "", value))


class Location(Composite):
    """A position: `lat` latitude and `lon` longitude, in degrees."""

    KEYS = ("lat", "lon")
    TYPES = "ff"


class Color(Composite):
    """A colour: `hue` 0 to 360, `sat` and `bri` 0 to 100."""

    KEYS = ("hue", "sat", "bri")
    TYPES = "fff"


class ColoredLight(Composite):
    """A light with a colour: `swi` on or off, `hue`, `sat`, `bri` as for Color."""

    KEYS = ("swi", "hue", "sat", "bri")
    TYPES = "bfff"


class DimmedLight(Composite):
    """A light with a brightness: `swi` on or off, `bri` 0 to 100."""

    KEYS = ("swi", "bri")
    TYPES = "bf"


class Television(Composite):
    """A television: `swi` on or off, `vol` volume, `mut` muted, `pbc` playback command, `inp` input, `cha` channel."""

    KEYS = ("swi", "vol", "mut", "pbc", "inp", "cha")
    TYPES = "bibiii"
    PLAYBACK_NONE = 255
    PLAYBACK_FASTFORWARD = 0
    PLAYBACK_NEXT = 1
    PLAYBACK_PAUSE = 2
    PLAYBACK_PLAY = 3
    PLAYBACK_PREVIOUS = 4
    PLAYBACK_REWIND = 5
    PLAYBACK_STARTOVER = 6
    PLAYBACK_STOP = 7
    INPUT_AUX1 = 0
    INPUT_AUX2 = 1
    INPUT_AUX3 = 2
    INPUT_AUX4 = 3
    INPUT_AUX5 = 4
    INPUT_AUX6 = 5
    INPUT_AUX7 = 6
    INPUT_BLUERAY = 7
    INPUT_CABLE = 8
    INPUT_CD = 9
    INPUT_COAX1 = 10
    INPUT_COAX2 = 11
    INPUT_COMPOSITE1 = 12
    INPUT_DVD = 13
    INPUT_GAME = 14
    INPUT_HDRADIO = 15
    INPUT_HDMI1 = 16
    INPUT_HDMI2 = 17
    INPUT_HDMI3 = 18
    INPUT_HDMI4 = 19
    INPUT_HDMI5 = 20
    INPUT_HDMI6 = 21
    INPUT_HDMI7 = 22
    INPUT_HDMI8 = 23
    INPUT_HDMI9 = 24
    INPUT_HDMI10 = 25
    INPUT_HDMIARC = 26
    INPUT_INPUT1 = 27
    INPUT_INPUT2 = 28
    INPUT_INPUT3 = 29
    INPUT_INPUT4 = 30
    INPUT_INPUT5 = 31
    INPUT_INPUT6 = 32
    INPUT_INPUT7 = 33
    INPUT_INPUT8 = 34
    INPUT_INPUT9 = 35
    INPUT_INPUT10 = 36
    INPUT_IPOD = 37
    INPUT_LINE1 = 38
    INPUT_LINE2 = 39
    INPUT_LINE3 = 40
    INPUT_LINE4 = 41
    INPUT_LINE5 = 42
    INPUT_LINE6 = 43
    INPUT_LINE7 = 44
    INPUT_MEDIAPLAYER = 45
    INPUT_OPTICAL1 = 46
    INPUT_OPTICAL2 = 47
    INPUT_PHONO = 48
    INPUT_PLAYSTATION = 49
    INPUT_PLAYSTATION3 = 50
    INPUT_PLAYSTATION4 = 51
    INPUT_SATELLITE = 52
    INPUT_SMARTCAST = 53
    INPUT_TUNER = 54
    INPUT_TV = 55
    INPUT_USBDAC = 56
    INPUT_VIDEO1 = 57
    INPUT_VIDEO2 = 58
    INPUT_VIDEO3 = 59
    INPUT_XBOX = 60
