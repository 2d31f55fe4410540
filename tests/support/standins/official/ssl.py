"""micropython-lib's `ssl`: here only its constants are used, by the examples."""

from tls import *
