"""What only a bucket or only the endpoint can do wrong: tokens, foreign servers, neighbours, files half sent."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.file_media import FileBlobs
from adapters.http_media import HttpBlobs, MediaEndpoint
from adapters.s3_media import S3Blobs
from adapters.sealed_media import open_media
from adapters.sql_store import open_store, upgrade
from core.ports import Away, DiskFull, EmoseumError, NotFound
from core.settings import Media, Settings, load_settings
from tests.fakes.media_places import TOKEN, http_settings, lending, port_of, s3_client, s3_settings
from tests.fakes.raised import raise_by_copy

SEALED = b"\x01" + os.urandom(300)
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MB = 1024 * 1024


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(data_dir=tmp_path / "data", work={"min_free_mb": 0})
    raise_by_copy(found)
    return found


@pytest.fixture
async def endpoint(settings: Settings) -> AsyncIterator[MediaEndpoint]:
    async with lending(settings, http_max_mb=1) as found:
        yield found


def kept(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.data_dir / "media").rglob("*") if path.is_file())


async def asked(endpoint: MediaEndpoint, method: str, path: str, **options: Any) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, endpoint.address + path, **options) as answer,
    ):
        return answer.status, await answer.read()


@asynccontextmanager
async def server(answer: Any) -> AsyncIterator[tuple[int, list[web.BaseRequest]]]:
    """Somebody else's server, that answers everything by `answer(request)`; its port and what it was asked."""
    seen: list[web.BaseRequest] = []

    async def answered(request: web.BaseRequest) -> web.StreamResponse:
        async for _piece in request.content.iter_chunked(MB):
            pass
        seen.append(request)
        return answer(request)

    runner = web.ServerRunner(web.Server(answered))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


# --- the endpoint ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Bearer {TOKEN[:-1]}"},
     {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}, {"X-Token": TOKEN}],
)  # fmt: skip
async def test_without_the_token_nothing_is_said_or_done(
    endpoint: MediaEndpoint, settings: Settings, headers: dict[str, str]
) -> None:
    await FileBlobs(settings).put("kept", SEALED)
    for method, path in (("GET", "/blobs/kept"), ("PUT", "/blobs/kept"), ("PUT", "/blobs/other"), ("DELETE", "/blobs/kept"),
                         ("GET", "/blobs"), ("GET", "/blobs/none"), ("GET", "/nothing")):  # fmt: skip
        data = b"\x01" + bytes(500) if method == "PUT" else None
        assert await asked(endpoint, method, path, headers=headers, data=data) == (401, b"")
    assert kept(settings) == ["kept"] and await FileBlobs(settings).get("kept") == SEALED


@pytest.mark.parametrize(
    "path", ["..%2f..%2femoseum.sqlite", "%2fetc%2fpasswd", "a.new", "a%00b", "가나다", "x", "x" * 65]
)
async def test_no_name_leads_out_of_the_folder(endpoint: MediaEndpoint, settings: Settings, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        data = SEALED if method == "PUT" else None
        status, said = await asked(endpoint, method, f"/blobs/{path}", headers=BEARER, data=data)
        assert (status, said) in ((404, b""), (400, said))
    assert kept(settings) == [] and (settings.data_dir / "emoseum.sqlite").exists()


async def test_only_what_is_sealed_whole_and_small_enough_is_taken(endpoint: MediaEndpoint, settings: Settings) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield SEALED

    too_much = b"\x01" + bytes(MB)
    for data, status in (
        (b"\x89PNG" + bytes(500), 422), ("오늘은 힘들었다".encode(), 422), (b"\x01" + bytes(10), 422), (b"", 400),
        (too_much, 413), (pieces(), 411),
    ):  # fmt: skip
        assert await asked(endpoint, "PUT", "/blobs/name", headers=BEARER, data=data) == (status, b"")
    assert kept(settings) == []
    assert await asked(endpoint, "PUT", "/blobs/name", headers=BEARER, data=too_much[:-1]) == (201, b"")
    assert await asked(endpoint, "GET", "/blobs/name", headers=BEARER) == (200, too_much[:-1])
    assert await asked(endpoint, "POST", "/blobs/name", headers=BEARER, data=SEALED) == (405, b"")


async def test_a_file_is_seen_when_all_of_it_is_there_and_not_before(
    endpoint: MediaEndpoint, settings: Settings
) -> None:
    """Half of it arrives, then nothing for a while, then the rest; and once the sender is gone for good."""
    for ending in ("comes", "breaks off"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(endpoint.address))
        head = f"PUT /blobs/{ending[:5]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {len(SEALED)}\r\n\r\n"
        writer.write(head.encode() + SEALED[:200])
        await writer.drain()
        await asyncio.sleep(0.1)
        assert (await asked(endpoint, "GET", f"/blobs/{ending[:5]}", headers=BEARER))[0] == 404
        assert [name.endswith(".new") for name in kept(settings) if name != "comes"] == [True]
        if ending == "comes":
            writer.write(SEALED[200:])
            assert b"201" in await reader.readline()
            writer.close()
        else:
            writer.transport.abort()
            await asyncio.sleep(0.2)
    assert kept(settings) == ["comes"] and await FileBlobs(settings).get("comes") == SEALED


async def test_a_sender_who_falls_silent_is_given_up(settings: Settings) -> None:
    async with lending(settings) as endpoint:
        endpoint._settings = endpoint._settings.model_copy(update={"timeout_s": 0.2})
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(endpoint.address))
        writer.write(
            f"PUT /blobs/name HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 300\r\n\r\n".encode()
        )
        writer.write(SEALED[:200])
        assert b"500" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    assert kept(settings) == []


async def test_a_port_that_is_taken_is_said_in_a_sentence(settings: Settings, endpoint: MediaEndpoint) -> None:
    taken = Media(http_token=TOKEN, http_port=port_of(endpoint.address))
    with pytest.raises(EmoseumError) as refused:
        await MediaEndpoint(FileBlobs(settings), taken).start()
    assert refused.value.key == "error.port_taken" and str(taken.http_port) in str(refused.value)


# --- its client --------------------------------------------------------------------------------


async def test_the_client_tells_a_missing_file_a_full_disk_and_a_wrong_token_apart(
    settings: Settings, endpoint: MediaEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(endpoint.address)
    blobs = HttpBlobs(http_settings(port))
    await blobs.put("name", SEALED)
    await blobs.put("name", SEALED + b"again")  # a put whose answer was lost is simply repeated
    assert await blobs.get("name") == SEALED + b"again"
    await blobs.delete(["name", "none", "../x"])
    for name in ("name", "../x", ""):
        with pytest.raises(NotFound):
            await blobs.get(name)
    with pytest.raises(EmoseumError) as refused:
        await blobs.put("name", b"\x01" + bytes(MB))
    assert refused.value.key == "error.media_too_large" and not isinstance(refused.value, Away)
    with pytest.raises(EmoseumError) as refused:
        await HttpBlobs(http_settings(port, http_max_mb=1)).put("name", b"\x01" + bytes(MB))
    assert refused.value.key == "error.media_too_large"
    monkeypatch.setattr("adapters.disk.shutil.disk_usage", lambda _path: type("usage", (), {"free": 10})())
    with pytest.raises(DiskFull):
        await blobs.put("name", SEALED)
    wrong = HttpBlobs(http_settings(port, http_token="another token of that length"))
    for one in (wrong.get("name"), wrong.put("name", SEALED), wrong.delete(["name"]), wrong.knock()):
        with pytest.raises(Away) as away:
            await one
        assert "token" in str(away.value) and "another" not in str(away.value)
    for each in (blobs, wrong):
        await each.close()


@pytest.mark.parametrize("status", [200, 201, 204, 302, 404, 500, 503])
async def test_an_answer_of_some_other_server_is_never_believed(status: int) -> None:
    """A proxy's 404 must not look like a lost file, nor its 201 like a kept one; and it does not get the token twice."""

    def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"}, text="" if status == 204 else "hello")

    async with server(answer) as (port, seen):
        blobs = HttpBlobs(http_settings(port))
        for one in (blobs.get("name"), blobs.put("name", SEALED), blobs.delete(["name"]), blobs.knock()):
            with pytest.raises(Away):
                await one
        await blobs.close()
        assert len(seen) == 4


@pytest.mark.parametrize(
    "given",
    [{"kind": "s3"}, {"kind": "http", "http_url": "http://x"}, {"kind": "http", "http_url": "x", "http_token": TOKEN},
     {"kind": "http", "http_url": "http://x", "http_token": "short"}, {"http_port": 8430}, {"http_port": 8430, "http_token": "short"}],
)  # fmt: skip
def test_settings_that_can_not_work_are_refused_without_telling_the_token(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        load_settings(media=given)
    told = refused.value.errors()[0]["msg"]
    assert "needs" in told or "must be a whole address" in told


# --- the bucket --------------------------------------------------------------------------------


async def test_a_bucket_that_is_not_there_or_not_ours_is_away_and_loses_nobody_a_file(s3_url: str) -> None:
    blobs = S3Blobs(s3_settings("nobody-made-it", port_of(s3_url)), "house")
    for one in (
        blobs.get("name"),
        blobs.put("name", SEALED),
        blobs.delete(["name"]),
        blobs.sweep([], 1e12),
        blobs.knock(),
    ):
        with pytest.raises(Away) as away:
            await one
        assert "NoSuchBucket" in str(away.value)

    def denied(request: web.BaseRequest) -> web.Response:
        return web.Response(status=403, text="<Error><Code>InvalidAccessKeyId</Code></Error>")

    async with server(denied) as (port, _seen):
        blobs = S3Blobs(s3_settings("diary", port), "house")
        for one in (blobs.get("name"), blobs.put("name", SEALED), blobs.delete(["name"]), blobs.knock()):
            with pytest.raises(Away) as away:
                await one
            assert "proof" not in str(away.value)


async def test_a_full_bucket_is_a_full_disk() -> None:
    def full(request: web.BaseRequest) -> web.Response:
        return web.Response(status=507, text="<Error><Code>XMinioStorageFull</Code></Error>")

    async with server(full) as (port, _seen):
        with pytest.raises(DiskFull):
            await S3Blobs(s3_settings("diary", port), "house").put("name", SEALED)


async def test_a_file_too_large_for_a_bucket_is_not_waited_for() -> None:
    def refusing(request: web.BaseRequest) -> web.Response:
        return web.Response(status=400, text="<Error><Code>EntityTooLarge</Code></Error>")

    async with server(refusing) as (port, _seen):
        with pytest.raises(EmoseumError) as refused:
            await S3Blobs(s3_settings("diary", port), "house").put("name", SEALED)
        assert refused.value.key == "error.media_too_large"


async def test_a_large_file_is_one_signed_request_and_a_hiccup_is_asked_again(s3_url: str) -> None:
    seen_bytes: list[int] = []

    def hiccup(request: web.BaseRequest) -> web.Response:
        seen_bytes.append(request.content_length or 0)
        assert len(request.headers["x-amz-content-sha256"]) == 64
        return web.Response(status=503 if len(seen_bytes) == 1 else 200, headers={"ETag": '"x"'})

    async with server(hiccup) as (port, seen):
        await S3Blobs(s3_settings("diary", port), "house").put("name", bytes(20 * MB))
        assert [request.method for request in seen] == ["PUT", "PUT"] and seen_bytes == [20 * MB] * 2


async def test_two_houses_in_one_bucket_leave_each_other_alone(settings: Settings, s3_url: str) -> None:
    """Nor does a house that starts anew with an empty database sweep what its old one kept."""
    bucket = f"shared-{uuid.uuid4().hex[:8]}"
    s3_client(s3_url).create_bucket(Bucket=bucket)
    media, ids = s3_settings(bucket, port_of(s3_url)), []
    for name in ("one", "two"):
        mine = load_settings(
            data_dir=settings.data_dir / name, master_key_file=settings.key_file, work={"min_free_mb": 0}
        )
        mine = mine.model_copy(update={"media": media})
        upgrade(mine)
        store = await open_store(mine)
        person = await store.person_of("web", "me")
        ids.append(await (await open_media(store, mine)).put(person.id, b"a picture", "image/png"))
        again = await open_media(store, mine, sweep=False)
        assert await again.sweep(1e12) == 0 and (await again.get(ids[-1])).data == b"a picture"
        await store.close()
    keys = [one["Key"] for one in s3_client(s3_url).list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(key.rpartition("/")[2] for key in keys) == sorted(ids)
    assert len({key.partition("/")[0] for key in keys}) == 2
