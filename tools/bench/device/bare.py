"""Print what the interpreter's own strings take, to subtract it from what `heap` prints."""

import micropython

micropython.qstr_info()
