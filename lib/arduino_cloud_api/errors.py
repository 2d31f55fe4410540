"""What a call raises."""


class APIError(Exception):
    """The API has refused a call, or could not be reached.

    status: int, of HTTP; 0 where there was no answer. code: str, a word for programs. detail: str, for people.
    id: str, what the provider's support asks for; None where there is none.
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
