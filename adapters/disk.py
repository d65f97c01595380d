"""Is there room left on the disk?"""

from __future__ import annotations

import shutil

from core.ports import DiskFull
from core.settings import Settings


def require_space(settings: Settings, file_bytes: int = 0) -> None:
    """Raises DiskFull where less than `work.min_free_mb` would remain after `file_bytes` more."""
    free = shutil.disk_usage(settings.data_dir).free
    if free - file_bytes < settings.work.min_free_mb * 1024 * 1024:
        raise DiskFull(f"{free} bytes are free, {file_bytes} are asked for")
