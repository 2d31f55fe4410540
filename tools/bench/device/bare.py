"""Print what the interpreter's own strings take, for the difference to `heap`."""

import micropython

micropython.qstr_info()
