"""What `ssl_params` may say: each key is checked before any connection, and nothing in it weakens a connection unsaid.

Whoever calls `check` lets go of this module right afterwards: it is needed once, before the roots are loaded.
"""

from .port import MICROPYTHON, const, log

_KEYS = const(
    "keyfile certfile cafile cadata verify_mode cert_reqs server_hostname ciphers pin engine_path module_path use_hsm"
)


def check(params) -> bool:
    """Look at every key of `ssl_params` (a dict). Returns whether the server is to be verified.

    Raises TypeError or ValueError that names the key, what it should be, and what was given.
    """
    if not isinstance(params, dict):
        raise TypeError("ssl_params is a dict, or None for plain TCP, not %s" % type(params).__name__)
    known = _KEYS.split()
    for key in params:
        if key not in known:
            raise ValueError("ssl_params has no key '%s'" % (key,))
    for key in ("keyfile", "certfile", "cafile", "cadata"):
        _check_source(key, params.get(key))
    for key in ("pin", "engine_path", "module_path"):
        if not isinstance(params.get(key) or "", (str, bytes)):
            raise TypeError("%s is text, not %s" % (key, type(params[key]).__name__))
    if params.get("server_hostname") is not None:
        _check_host(params["server_hostname"])
    verify = None
    for key in ("verify_mode", "cert_reqs"):
        if key in params:
            mode = _verifies(key, params[key])
            if verify not in (None, mode):
                raise ValueError("verify_mode and cert_reqs contradict each other: give one of them")
            verify = mode
    if verify is False:
        log(30, "verify_mode=CERT_NONE: the server is not verified, whoever it is gets the secret")
    return verify is not False


def _verifies(key, value):
    # 1 is "optional", which would let any server pass on a board: nobody who writes it means that.
    if value is None:
        return True
    if isinstance(value, (bool, int)) and 0 <= value <= 2:  # on MicroPython, a bool is no int
        return value > 0
    raise ValueError("%s is CERT_REQUIRED (2, True or None), or CERT_NONE (0 or False), not %r" % (key, value))


def _check_source(key, value):
    if value is None:
        return
    if not isinstance(value, (str, bytes, bytearray, memoryview)) and not hasattr(value, "__fspath__"):
        raise TypeError("%s is a path or the content as bytes, not %s" % (key, type(value).__name__))
    if isinstance(value, (str, bytes, bytearray, memoryview)) and not len(value):
        raise ValueError("%s is empty" % key)


def _check_host(name):
    if not isinstance(name, str):
        raise TypeError("server_hostname is a host's name as text, not %r" % (name,))
    # A name that begins with a dot stands for any below it in OpenSSL; C ends at a NUL.
    good = 0 < len(name) < 254 and name[0] != "." and name.count(":") != 1
    for c in name:
        good = good and (c > "\x7f" or c.isalpha() or c.isdigit() or c in "-._:%")
    if not good:
        raise ValueError("server_hostname is a host's name alone, without a scheme or a port, not %r" % name)


def set_ciphers(ctx, ciphers):
    """Have a TLS context offer only these, as the port's `set_ciphers` takes them.

    Suites that verify nobody or encrypt nothing, which OpenSSL has, are never among them. What lowers its level of
    security is warned about. Raises TypeError or ValueError that says what is wrong.
    """
    names = isinstance(ciphers, (tuple, list))
    if not names and (MICROPYTHON or not isinstance(ciphers, str)):
        raise TypeError("ciphers is a %s, not %r" % ("list of names" if MICROPYTHON else "text for OpenSSL", ciphers))
    if not ciphers:
        raise ValueError("ciphers is empty")
    if not MICROPYTHON:
        text = ":".join(ciphers) if names else ciphers
        if "@SECLEVEL=0" in text or "@SECLEVEL=1" in text:
            log(30, "ciphers: @SECLEVEL lets weak keys and signatures pass, which can be forged")
    try:
        ctx.set_ciphers(ciphers if MICROPYTHON else text + ":!aNULL:!eNULL")
    except (OSError, ValueError, TypeError) as error:
        raise ValueError("ciphers: this port's TLS has none of %r that do (%s)" % (ciphers, error))
