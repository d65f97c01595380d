"""Sealed files on this machine's disk."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.disk import require_space
from adapters.media_blobs import is_name, shelf
from adapters.vault import sync_folder
from core.ports import Away, DiskFull, NotFound
from core.settings import Settings

_DRAFT = ".new"


class FileBlobs:
    """`adapters.media_blobs.Blobs` in `data_dir/media`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.data_dir / "media"

    async def put(self, name: str, sealed: bytes) -> None:
        """See Blobs."""
        await asyncio.to_thread(self._put, name, sealed)

    def _put(self, name: str, sealed: bytes) -> None:
        with self.draft(name, len(sealed)) as draft:
            draft.write(sealed)
            draft.keep()

    async def get(self, name: str) -> bytes:
        """See Blobs."""
        try:
            return await asyncio.to_thread(self.path(name).read_bytes)
        except FileNotFoundError:
            raise NotFound(f"the file of {name} is gone") from None

    async def delete(self, names: Sequence[str]) -> None:
        """See Blobs."""
        await asyncio.to_thread(_unlink, [self.path(name) for name in names if is_name(name)])

    async def sweep(self, known: Collection[str], before_s: float) -> int:
        """See Blobs. Drafts that a crash left go too."""
        return await asyncio.to_thread(self._sweep, known, before_s)

    def _sweep(self, known: Collection[str], before_s: float) -> int:
        strangers = [path for path in self._root.glob("*/*") if path.name not in known and _is_older(path, before_s)]
        _unlink(strangers)
        return len(strangers)

    async def knock(self) -> None:
        """See Blobs."""
        if not os.access(self._settings.data_dir, os.W_OK):
            raise Away("the folder of the files can't be written to")

    async def close(self) -> None:
        """Nothing is held."""

    def path(self, name: str) -> Path:
        """Where a file lies. Raises NotFound for what is no name."""
        if not is_name(name):
            raise NotFound("no media of such a name")
        return self._root / shelf(name)

    @contextmanager
    def draft(self, name: str, file_bytes: int) -> Iterator[Draft]:
        """A file to be written; unless `keep` was called, nothing of it stays. Raises DiskFull, NotFound."""
        require_space(self._settings, file_bytes)
        draft = Draft(self.path(name))
        try:
            yield draft
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"the disk filled up under {file_bytes} bytes") from error
            raise
        finally:
            draft.drop()


class Draft:
    """A file that nobody can see until it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self.file_bytes = path, 0
        self._draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}{_DRAFT}")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._draft.open("xb")

    def write(self, data: bytes) -> None:
        """The next bytes of it."""
        self._file.write(data)
        self.file_bytes += len(data)

    def keep(self) -> None:
        """All of it is there: make it durable, then seen."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.rename(self._path)
        sync_folder(self._path.parent)

    def drop(self) -> None:
        """Let go; what was not kept is gone."""
        try:
            self._file.close()
        finally:
            self._draft.unlink(missing_ok=True)


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _is_older(path: Path, before_s: float) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < before_s
    except FileNotFoundError:  # it went meanwhile
        return False
