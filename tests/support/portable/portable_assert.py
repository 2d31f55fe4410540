"""What portable tests may use besides bare `assert`, on CPython and MicroPython.

A portable test is a plain function `test_*()`, sync or async, without arguments. Its module may set

    HEAPSIZE = "64k"          the heap on MicroPython ("64kw": doubled if objects are twice as big)
    ONLY = ("micropython",)   or ("cpython",): the only interpreter for its tests
    TIMEOUT = 60              seconds for all tests of the module, for each MicroPython
"""


def raises(expected, function, *args, **kwargs):
    """Call `function`, insist on an exception of the expected type, and return it."""
    try:
        result = function(*args, **kwargs)
    except expected as error:
        return error
    raise AssertionError("nothing raised, but returned %r" % (result,))


async def raises_async(expected, awaitable):
    """Await, insist on an exception of the expected type, and return it."""
    try:
        result = await awaitable
    except expected as error:
        return error
    raise AssertionError("nothing raised, but returned %r" % (result,))
