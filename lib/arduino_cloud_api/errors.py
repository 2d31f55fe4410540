"""The exception that a call raises."""


class APIError(Exception):
    """The API refused a call, or could not be reached.

    operation: str, such as "things.list". status: int, the HTTP status; 0 without an answer. code: str, for programs.
    detail: str, for people. id: str, which the provider's support asks for, or None.
    """

    def __init__(self, operation: str, status: int, code: str, detail: str, id: "str | None" = None):
        super().__init__(operation, status, code, detail, id)
        self.operation = operation
        self.status = status
        self.code = code
        self.detail = detail
        self.id = id

    def __str__(self):
        what = "HTTP %d" % self.status if self.status else "no answer"
        return "%s: %s (%s): %s" % (self.operation, what, self.code, self.detail)
