"""micropython-lib's `ssl`, of which the examples use only the constants."""

from tls import *
