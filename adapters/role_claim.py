"""A role is played by one process on a data folder: a lock file that the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from core.ports import EmoseumError

_TRIES, _PAUSE_S = 5, 0.1


class AlreadyRunning(EmoseumError):
    """Another process plays this role on the same data folder."""

    def __init__(self, role: str) -> None:
        super().__init__("error.already_running", f"another '{role}' process uses this data folder")


def take_role(data_dir: Path, role: str) -> IO[str]:
    """The lock file of a role, held until it is closed or the process dies. Raises AlreadyRunning."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (data_dir / f"{role}.lock").open("a")
    for patience in reversed(range(_TRIES)):  # somebody may only be asking, or be about to leave
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if not patience:
                lock.close()
                raise AlreadyRunning(role) from None
            time.sleep(_PAUSE_S)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def role_is_taken(data_dir: Path, role: str) -> bool:
    """True where a process plays that role right now. Where nobody can say, nobody does."""
    try:
        with (data_dir / f"{role}.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
