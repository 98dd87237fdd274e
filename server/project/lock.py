"""The lock of a project, which only one server at a time can hold.

If two servers opened one project, neither server would know the labels that the other server
writes.
"""

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from lodespace.errors import ProjectError

LOCK_FILE = ".lock"
"""Name of the lock file in a project folder."""
_NOT_SUPPORTED = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EISDIR)
"""Error numbers of file systems that cannot lock a folder, such as NFS."""


class ProjectLock:
    """The lock of an open project, held until `close` or the end of the process.

    The folder itself is locked, because a lock on a file has no effect after somebody has removed
    the file: a second server would create a new file and lock it. The file is also locked, because
    earlier versions of Lodespace lock only the file, and some network file systems cannot lock a
    folder.
    """

    def __init__(self, folder: Path) -> None:
        """Lock the project in `folder`.

        Raises ProjectError when another server holds the lock, or the file cannot be created.
        """
        self._folder = folder
        self._descriptors: list[int] = []
        try:
            self._lock_folder()
            self._lock_file()
        except BaseException:
            self.close()
            raise

    def _lock_folder(self) -> None:
        try:
            self._lock(os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise ProjectError(
                    f"{self._folder}: cannot be locked: {error.strerror}; check the folder"
                ) from error

    def _lock_file(self) -> None:
        path = self._folder / LOCK_FILE
        try:
            self._lock(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))
        except OSError as error:
            raise ProjectError(
                f"{path}: cannot be opened: {error.strerror}; check the permissions of the folder"
            ) from error

    def _lock(self, descriptor: int) -> None:
        self._descriptors.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProjectError(
                f"{self._folder} is open in another server; use the page of that server, or stop "
                "that server",
                code="project_in_use",
            ) from error

    def holds(self, folder: Path) -> bool:
        """Return whether `folder` is the locked folder.

        Returns False if the locked folder was moved and another folder now has its path.
        """
        with contextlib.suppress(OSError, IndexError):
            held, found = os.fstat(self._descriptors[0]), folder.stat()
            return (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)
        return False

    def on_disk_of(self, folder: Path) -> bool:
        """Return whether `folder` exists and is on the file system of the locked folder."""
        with contextlib.suppress(OSError, IndexError):
            return os.fstat(self._descriptors[0]).st_dev == folder.stat().st_dev
        return False

    def close(self) -> None:
        """Release the lock, so that another server can open the project."""
        while self._descriptors:
            os.close(self._descriptors.pop())
