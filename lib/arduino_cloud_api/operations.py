"""Turn `api.things.update(id, body, force=True)` into a call, with tables of operations.

A table has a line for each operation: its name, method, path below /iot/, flags separated by commas, and the names
that its query takes. The flags are:
body: the call takes a body; maybe: the body is optional; file: it takes bytes. once: a retry would do it twice.
[]: the answer is an array; [name]: the array is in this member; [series]: the answer is historical data.
"""

from arduino_iot_cloud.http.form import form, quoted

from .call import Call

# The modules with tables, and the resources of each.
_MODULES = """
things things properties property_types
devices devices
dashboards dashboards dashboards_v3
series series
automation triggers actions templates lora_devices lora_freq_plan network_credentials
"""


def resource(api, name: str):
    """The Resource with this name. Raises AttributeError if there is none."""
    for line in _MODULES.split("\n"):
        words = line.split(" ")
        if name in words[1:]:
            module = __import__("arduino_cloud_api." + words[0], None, None, ("OPERATIONS",))
            return Resource(api, name, module.OPERATIONS[name])
    raise AttributeError("the API has no resource '%s'" % name)


class Resource:
    """The operations of one resource, as methods. They take ids by position, then the body (a dict), the query by name.
    """

    def __init__(self, api, name, table):
        self._api = api
        self._name = name
        self._table = table

    def __getattr__(self, name):
        begin = self._table.find("\n%s " % name)
        if begin < 0 or not name:
            raise AttributeError("%s has no operation '%s'" % (self._name, name))
        line = self._table[begin + 1 : self._table.find("\n", begin + 1)]
        words = line.split(" ")
        return Operation(self._api, "%s.%s" % (self._name, name), words[1], words[2], words[3:4], words[4:])

    def __dir__(self):
        return [line.split(" ")[0] for line in self._table.split("\n") if line]


class Operation:
    """One operation, which returns a Call when called. Raises TypeError or ValueError for wrong arguments."""

    def __init__(self, api, name, method, path, particular, query):
        self._api = api
        self.name = name
        self._method = method
        self._path = path
        self._particular = particular[0].split(",") if particular else []
        self._query = query

    def __call__(self, *arguments, **query):
        path, used = self._fill(arguments)
        path = self._api._prefix + path
        body, kind = self._body(arguments, used)
        if "file" in self._particular:
            from .upload import multipart

            body, kind = multipart(body, self._texts(query))
        elif query:
            pairs = self._texts(query)
            text = form(pairs)
            path = "%s?%s" % (path, text) if text else path
        opened = None
        for word in self._particular:
            if word[0] == "[":
                opened = word[1:-1]
        return Call(self._api, self.name, self._method, path, body, kind, "once" not in self._particular, opened)

    def _fill(self, ids):
        # The path with the ids filled in, and their number.
        parts = self._path.split("{")
        path = parts[0]
        for i, part in enumerate(parts[1:]):
            name, rest = part.split("}")
            if i >= len(ids):
                raise TypeError("%s needs %s" % (self.name, self._takes()))
            if not isinstance(ids[i], str) or not ids[i]:
                raise ValueError("%s: %s must be text, not %r" % (self.name, name, ids[i]))
            if ids[i] in (".", ".."):
                raise ValueError("%s: %s cannot be '%s': it changes the path" % (self.name, name, ids[i]))
            path += quoted(ids[i]) + rest
        return path, len(parts) - 1

    def _body(self, arguments, used):
        wanted = "body" in self._particular or "file" in self._particular
        n = len(arguments) - used
        if n > (wanted or "maybe" in self._particular) or n < wanted:
            raise TypeError("%s needs %s; got %d" % (self.name, self._takes(), len(arguments)))
        if not n:
            return None, None
        body = arguments[used]
        if "file" in self._particular:
            return body, None
        if not isinstance(body, (dict, list, tuple)):
            raise TypeError("%s: the body must be a dict, not %s" % (self.name, type(body).__name__))
        return body, "application/json"

    def _takes(self):
        names = [part.split("}")[0] for part in self._path.split("{")[1:]]
        names.extend([word for word in self._particular if word in ("body", "file")])
        return " and ".join(names) or "no arguments"

    def _texts(self, query):
        # The pairs of the query. A name that is a Python keyword takes a _ at its end.
        pairs = []
        for name in query:
            value = query[name]
            name = name[:-1] if name[-1] == "_" else name
            if name not in self._query:
                has = "its query takes: " + ", ".join(self._query) if self._query else "it has no query"
                raise TypeError("%s does not know '%s'; %s" % (self.name, name, has))
            for one in value if isinstance(value, (list, tuple)) else (value,):
                if not isinstance(one, (str, int, float, bool, type(None))):
                    raise TypeError("%s: %s is text, a number or bool, not %s" % (self.name, name, type(one).__name__))
                if isinstance(one, float) and one - one != 0:
                    raise ValueError("%s: %s is %s, not a number" % (self.name, name, one))
                text = one if one is None else str(one).lower() if isinstance(one, bool) else str(one)
                pairs.append((name, text))
        return pairs
