"""The set-up page as HTML, in pieces, and the check of its entries."""

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Set up</title><style>
body{font:1.1em sans-serif;margin:1.5em auto;max-width:26em;padding:0 1em}
label{display:block;margin:1em 0 .2em}input,select,button{font:inherit;width:100%;box-sizing:border-box;padding:.5em}
button{margin-top:1.5em;background:#00686d;color:#fff;border:0;border-radius:.3em}
.error{color:#a00;font-weight:bold}
</style></head><body>"""
_DEVICE = """<h2>Arduino Cloud</h2><p>Leave both empty to keep what the board has.</p>
<label for="device">Device ID</label><input id="device" name="device_id" maxlength="36" autocapitalize="off"
 autocomplete="off" value="%s">
<label for="secret">Secret key</label><input id="secret" name="secret_key" type="password" maxlength="64"
 autocomplete="off">"""


def escaped(text):
    """The text escaped for HTML, in attributes too."""
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(character, "&%s;" % name)
    return text


def page(title, seen, token, device, fields=None, error=""):
    """The page, in pieces (str).

    seen: the names of networks to choose from.
    token: the text that the form sends back.
    device: whether to ask for the device's credentials too.
    fields: the earlier entries, whose secrets are not shown.
    error: a text.
    """
    fields = fields or {}
    yield _HEAD
    yield "<h1>%s</h1>" % escaped(title)
    if error:
        yield '<p class="error" role="alert">%s</p>' % escaped(error)
    yield '<form method="post" action="/"><input type="hidden" name="token" value="%s">' % token
    if seen:
        yield '<label for="seen">Wi-Fi network</label><select id="seen" name="seen">'
        for name in seen:
            mark = " selected" if name == fields.get("seen") else ""
            yield '<option value="%s"%s>%s</option>' % (escaped(name), mark, escaped(name))
        yield '</select><label for="ssid">or another one</label>'
    else:
        yield '<label for="ssid">Wi-Fi network</label>'
    yield '<input id="ssid" name="ssid" maxlength="32" autocapitalize="off" autocomplete="off" value="%s">' % escaped(
        fields.get("ssid", "")
    )
    yield '<label for="password">Password</label>'
    yield '<input id="password" name="password" type="password" maxlength="64" autocomplete="off">'
    if device:
        yield _DEVICE % escaped(fields.get("device_id", ""))
    yield "<button>Save</button></form></body></html>"


def saved(title, note=""):
    """The page that follows a successful save, in pieces (str).

    note: a text to show, such as what is wrong with an earlier entry.
    """
    yield _HEAD
    yield "<h1>%s</h1><p>Saved. The board now connects; this network goes away.</p>" % escaped(title)
    if note:
        yield '<p class="error" role="alert">%s</p>' % escaped(note)
    yield "</body></html>"


def entered(fields, device):
    """The entries, checked: a dict with "ssid", "password" and, if entered, "device_id" and "secret_key". Raises
    ValueError with a text for the page."""
    ssid = fields.get("ssid") or fields.get("seen") or ""
    found = {"ssid": ssid, "password": fields.get("password") or None}
    if not ssid:
        raise ValueError("Which network?")
    for name, text in (("Wi-Fi network", ssid), ("Password", found["password"] or "")):
        if [c for c in text if ord(c) < 32 or ord(c) == 127]:  # no keyboard sends them, and a driver may stop at one
            raise ValueError("%s: it has a control character." % name)
    if len(ssid.encode()) > 32:
        raise ValueError("Wi-Fi network: expected at most 32 bytes, got %d." % len(ssid.encode()))
    # Not at the top: making a WiFi object unloads that module, and empties it.
    from ..link.arguments import networks_of

    networks_of(found)
    device_id = fields.get("device_id", "").strip().lower()
    key = fields.get("secret_key", "").strip()
    if device and (device_id or key):
        if not device_id:
            raise ValueError("The secret key needs its device ID.")
        if not _is_device_id(device_id):
            raise ValueError("A device ID has 36 characters: digits, letters from a to f, hyphens.")
        if not key:
            raise ValueError("The device ID needs its secret key, which was shown when the device was made.")
        if len(key) > 64 or [c for c in key if not 32 < ord(c) < 127]:
            raise ValueError("A secret key has at most 64 characters, without spaces.")
        found["device_id"] = device_id
        found["secret_key"] = key
    return found


def _is_device_id(text):
    return [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12] and not [
        c for c in text if c not in "0123456789abcdef-"
    ]
