"""Errors that are shown to people and sent to clients, each with a stable `code`.

LodespaceError
  DatasetError          the data cannot be read
    NoNewItemError      the data have no new item that can be read
    StoppedError        an import or an addition was stopped
  ProjectError          a project or a bake cannot be opened or written
  ProtocolError         a message or frame does not follow the protocol
  RequestError          a valid request cannot be carried out (unknown item, read-only scene, ...)
  SettingsError         a setting has a wrong name or value
  TrainingError         the training failed or cannot start
"""


class LodespaceError(Exception):
    """Base of all errors. The message states the problem and what to do."""

    code = "error"
    """Stable name of the error for programs, in snake case."""
    status = 400
    """HTTP status of a response with this error."""

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class DatasetError(LodespaceError):
    code = "bad_dataset"


class NoNewItemError(DatasetError):
    """The data to add have no new item that can be read: all are known or unreadable."""


class StoppedError(DatasetError):
    """Another thread has stopped an import or an addition, which has then changed nothing."""


class ProjectError(LodespaceError):
    code = "bad_project"


class ProtocolError(LodespaceError):
    code = "malformed_message"


class RequestError(LodespaceError):
    code = "bad_request"


class SettingsError(LodespaceError):
    code = "bad_setting"


class TrainingError(LodespaceError):
    code = "training_failed"
    status = 503
