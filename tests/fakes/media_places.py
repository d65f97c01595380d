"""The three places where sealed files may lie, looked into from behind: a folder, a bucket, the folder of a bot's host."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.file_media import FileBlobs
from adapters.http_media import MediaEndpoint
from adapters.sealed_media import SealedMedia, open_media
from adapters.sql_store import SqlStore
from core.settings import Media, Settings
from tests.fakes.wire import Wire

TOKEN = "a token that nobody guesses"


class Place:
    """Where the files of one house lie. `wire` leads there, None for a folder of this machine."""

    def __init__(self, settings: Settings, wire: Wire | None) -> None:
        self.settings, self.wire = settings, wire

    async def media(self, store: SqlStore) -> SealedMedia:
        """The media store as the process that uses it opens it."""
        return await open_media(store, self.settings)

    async def swept(self, store: SqlStore, now_s: float) -> int:
        """How many files whoever is in charge of sweeping removes at that moment."""
        return await (await self.media(store)).sweep(now_s)

    def names(self) -> list[str]:
        """Everything that lies there, drafts included."""
        return sorted(Path(key).name for key in self.keys())

    def keys(self) -> list[str]:
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        raise NotImplementedError

    def write(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def remove(self, name: str) -> None:
        raise NotImplementedError


class Folder(Place):
    """In data_dir."""

    @property
    def root(self) -> Path:
        return self.settings.data_dir / "media"

    def keys(self) -> list[str]:
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()]

    def _path(self, name: str) -> Path:
        return self.root / name[-2:] / name

    def read(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        self._path(name).parent.mkdir(parents=True, exist_ok=True)
        self._path(name).write_bytes(data)

    def remove(self, name: str) -> None:
        self._path(name).unlink()


class Elsewhere(Folder):
    """In the data_dir of a bot's host, who lends them; asked for by a core with a data_dir of its own."""

    def __init__(self, settings: Settings, wire: Wire, host: Settings) -> None:
        super().__init__(settings, wire)
        self.host = host

    @property
    def root(self) -> Path:
        return self.host.data_dir / "media"

    async def swept(self, store: SqlStore, now_s: float) -> int:
        assert await (await self.media(store)).sweep(now_s) == 0, "the core leaves it to the host"
        return await SealedMedia(store, FileBlobs(self.host)).sweep(now_s)


class Bucket(Place):
    """In moto's S3, behind a real socket."""

    def __init__(self, settings: Settings, wire: Wire, url: str) -> None:
        super().__init__(settings, wire)
        self.bucket = settings.media.s3_bucket
        self.client = s3_client(url)

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [one["Key"] for one in found]

    def _key(self, name: str) -> str:
        return next((key for key in self.keys() if key.endswith(name)), f"{self.folder()}/{name[-2:]}/{name}")

    def folder(self) -> str:
        return self.keys()[0].split("/")[0]

    def read(self, name: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"].read())

    def write(self, name: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self._key(name), Body=data)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self._key(name))

    def parts(self) -> int:
        """How many uploads in parts are open."""
        return len(self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []))


def s3_client(url: str) -> Any:
    """Amazon's own client of that server."""
    import boto3

    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="who", aws_secret_access_key="proof"
    )


def s3_settings(bucket: str, port: int, **more: Any) -> Media:
    """Of a bucket behind that port."""
    given: dict[str, Any] = {
        "kind": "s3", "s3_bucket": bucket, "s3_endpoint": f"http://127.0.0.1:{port}",
        "s3_access_key": "who", "s3_secret_key": "proof", "timeout_s": 2.0,
    }  # fmt: skip
    return Media(**(given | more))


def http_settings(port: int, **more: Any) -> Media:
    """Of a core whose bot's host lends its files there."""
    return Media(
        **({"kind": "http", "http_url": f"http://127.0.0.1:{port}", "http_token": TOKEN, "timeout_s": 2.0} | more)
    )


@asynccontextmanager
async def lending(host: Settings, **more: Any) -> AsyncIterator[MediaEndpoint]:
    """A bot's host that lends its files on a free port."""
    lent = Media(http_token=TOKEN, http_port=1, timeout_s=2.0, **more)
    endpoint = MediaEndpoint(FileBlobs(host), lent.model_copy(update={"http_port": 0}))
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.stop()


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@asynccontextmanager
async def place(kind: str, settings: Settings, s3_url: str = "", bucket: str = "") -> AsyncIterator[Place]:
    """A place of that kind for a house with those settings."""
    if kind == "files":
        yield Folder(settings, None)
        return
    if kind == "s3":
        s3_client(s3_url).create_bucket(Bucket=bucket)
        async with Wire(port_of(s3_url)) as wire:
            yield Bucket(settings.model_copy(update={"media": s3_settings(bucket, wire.port)}), wire, s3_url)
        return
    core_dir = settings.data_dir.with_name("core")
    core_dir.mkdir()
    async with lending(settings) as endpoint, Wire(port_of(endpoint.address)) as wire:
        asked = {"media": http_settings(wire.port), "data_dir": core_dir}
        yield Elsewhere(settings.model_copy(update=asked), wire, settings)
    assert not list(core_dir.rglob("*")), "the core keeps no files of its own"
    shutil.rmtree(core_dir)
