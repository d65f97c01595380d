"""Sealed files in a bucket of any server that speaks S3."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from adapters.media_blobs import is_name, shelf
from core import settings
from core.ports import Away, DiskFull, EmoseumError, EngineMissing, NotFound

log = logging.getLogger(__name__)

_CONNECT_S = 5.0
_CODE = re.compile(r"<Code>(\w{1,40})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_TOO_LARGE = ("413", "EntityTooLarge")
_FULL = ("507", "QuotaExceeded", "StorageFull", "XMinioStorageFull")


class S3Blobs:
    """`adapters.media_blobs.Blobs` in one folder of a bucket.

    One request a file, never in parts: a part that a crash leaves would cost its owner money and nobody could see it.
    A put is answered once the server keeps it (and has checked its signed SHA-256), and is not seen before."""

    def __init__(self, media: settings.Media, folder: str) -> None:
        try:
            import obstore
            from obstore.store import S3Store
        except ModuleNotFoundError as error:
            raise EngineMissing("error.engine_missing", f"{error}: pip install -e '.[s3]'") from error
        self._obstore: Any = obstore
        self._bucket = media.s3_bucket
        given: dict[str, Any] = {
            "endpoint": media.s3_endpoint.rstrip("/") or None,
            "access_key_id": media.s3_access_key.get_secret_value() or None,  # else as Amazon's own tools find them
            "secret_access_key": media.s3_secret_key.get_secret_value() or None,
            "virtual_hosted_style_request": False if media.s3_endpoint else None,  # few servers have a name a bucket
        }
        self._store: Any = S3Store(
            media.s3_bucket,
            prefix=folder,
            region=media.s3_region,
            client_options={
                "allow_http": media.s3_endpoint.startswith("http://"),
                "timeout": timedelta(seconds=media.timeout_s),
                "connect_timeout": timedelta(seconds=min(_CONNECT_S, media.timeout_s)),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=media.timeout_s)},  # then our steps wait
            **{name: value for name, value in given.items() if value is not None},
        )

    async def put(self, name: str, sealed: bytes) -> None:
        """See Blobs."""
        with self._reached():
            await self._obstore.put_async(self._store, shelf(name), sealed, use_multipart=False)

    async def get(self, name: str) -> bytes:
        """See Blobs."""
        if not is_name(name):
            raise NotFound("no media of such a name")
        with self._reached(asked_for=name):
            found = await self._obstore.get_async(self._store, shelf(name))
            return bytes(await found.bytes_async())

    async def delete(self, names: Sequence[str]) -> None:
        """See Blobs."""
        if paths := [shelf(name) for name in names if is_name(name)]:
            with self._reached():
                await self._obstore.delete_async(self._store, paths)

    async def sweep(self, known: Collection[str], before_s: float) -> int:
        """See Blobs. Looks at this house's folder only."""
        strangers: list[str] = []
        with self._reached():
            async for page in self._obstore.list(self._store):
                for found in page:
                    name = found["path"].rpartition("/")[2]
                    if name not in known and found["last_modified"].timestamp() < before_s:
                        strangers.append(found["path"])
            if strangers:
                await self._obstore.delete_async(self._store, strangers)
        return len(strangers)

    async def knock(self) -> None:
        """See Blobs."""
        with self._reached():
            async for _page in self._obstore.list(self._store, chunk_size=1):
                break

    async def close(self) -> None:
        """Nothing is held: the library's connections are its own."""

    @contextmanager
    def _reached(self, asked_for: str = "") -> Iterator[None]:
        """Around every request: what a bucket throws becomes what we can wait for."""
        try:
            yield
        except Exception as error:  # of the library's own errors some are built-in ones, some not even an OSError
            said = str(error)
            reason = _CODE.search(said) or _STATUS.search(said)
            cause = reason.group(1) if reason else type(error).__name__
            if asked_for and isinstance(error, FileNotFoundError) and cause != "NoSuchBucket":
                raise NotFound(f"the file of {asked_for} is gone") from None
            if cause in _FULL:
                raise DiskFull(f"the bucket {self._bucket} is full") from error
            if cause in _TOO_LARGE:
                raise EmoseumError(
                    "error.media_too_large", f"the bucket {self._bucket} takes no such large file"
                ) from error
            raise Away(f"the bucket {self._bucket}: {cause}") from error
