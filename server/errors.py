"""The errors a person or a client can meet. Each has a stable `code` that also goes over the wire.

LodespaceError
  DatasetError          the data cannot be read as asked
  ProjectError          a project or baked folder cannot be opened or written
  ProtocolError         a message or frame is not what the protocol says
  RequestError          a well-formed request that cannot be carried out (unknown item, read-only scene, ...)
  TrainingError         the trainer process cannot do what was asked
"""


class LodespaceError(Exception):
    """Base of all errors with a message for a person.

    `code` is a stable snake_case word for programs; `str(error)` says what is wrong and what to do.
    `status` is the HTTP status used where the error answers a request.
    """

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class DatasetError(LodespaceError):
    code = "bad_dataset"


class ProjectError(LodespaceError):
    code = "bad_project"


class ProtocolError(LodespaceError):
    code = "malformed_message"


class RequestError(LodespaceError):
    code = "bad_request"


class TrainingError(LodespaceError):
    code = "training_failed"
    status = 503
