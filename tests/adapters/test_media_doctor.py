"""The doctor says where pictures and sounds lie, and what keeps us out."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters import doctor
from core.phrases import LANGUAGES, say
from core.settings import Settings, load_settings
from tests.fakes.house_process import free_port
from tests.fakes.media_places import TOKEN, lending, port_of, s3_client


def settings_of(folder: Path, **tables: Any) -> Settings:
    return load_settings(data_dir=folder / "data", web={"port": 0}, **tables)


def told(settings: Settings, what: str) -> list[tuple[str, str]]:
    name = say(settings.language, f"doctor.what.{what}")
    return [(found.mark, found.words) for found in doctor.examine(settings) if found.what == name]


@contextmanager
def lent(settings: Settings) -> Iterator[str]:
    """A bot's host that lends its files, in a thread with a loop of its own."""
    loop, ready, address = asyncio.new_event_loop(), threading.Event(), []
    done = asyncio.Event()

    async def lend() -> None:
        async with lending(settings) as endpoint:
            address.append(endpoint.address)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(lend()))
    thread.start()
    assert ready.wait(10)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()


def test_every_word_is_there_in_both_languages(tmp_path: Path) -> None:
    for language in LANGUAGES:
        settings = settings_of(tmp_path, language=language)
        assert [mark for mark, _words in told(settings, "media") + told(settings, "health")] == ["✓", "✓"]


def test_a_bucket_is_knocked_at_and_left_as_it_was(tmp_path: Path, s3_url: str) -> None:
    bucket = f"diary-{uuid.uuid4().hex[:8]}"
    media = {
        "kind": "s3",
        "s3_bucket": bucket,
        "s3_endpoint": s3_url,
        "s3_access_key": "who",
        "s3_secret_key": "hidden",
    }
    [(mark, words)] = told(settings_of(tmp_path, media=media), "media")
    assert mark == "✗" and bucket in words and "NoSuchBucket" in words and "hidden" not in words
    s3_client(s3_url).create_bucket(Bucket=bucket)
    [(mark, words)] = told(settings_of(tmp_path, media=media), "media")
    assert mark == "✓" and bucket in words
    assert "Contents" not in s3_client(s3_url).list_objects_v2(Bucket=bucket)
    away = media | {"s3_endpoint": f"http://127.0.0.1:{free_port()}"}
    assert told(settings_of(tmp_path, media=away), "media")[0][0] == "✗"


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    [(mark, words)] = told(settings_of(tmp_path, media={"kind": "s3", "s3_bucket": "diary"}), "media")
    assert mark == "✗" and "[s3]" in words


def test_the_bots_host_is_knocked_at_with_the_token(tmp_path: Path) -> None:
    host = settings_of(tmp_path / "bot")
    host.data_dir.mkdir(parents=True)
    with lent(host) as address:
        for token, url, mark, word in (
            (TOKEN, address, "✓", "knows the token"), ("another token, and long", address, "✗", "refuses our token"),
            (TOKEN, f"http://127.0.0.1:{free_port()}", "✗", "does not lend"),
        ):  # fmt: skip
            media = {"kind": "http", "http_url": url, "http_token": token}
            [(found, words)] = told(settings_of(tmp_path, media=media), "media")
            assert found == mark and word in words and token not in words
    assert port_of(address)


def test_a_token_in_the_clear_and_a_port_in_use_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SHORT_S", 0.2)
    media = {"kind": "http", "http_url": "http://192.0.2.1:8430", "http_token": TOKEN}
    monkeypatch.setattr("adapters.doctor_media.is_private", lambda host: host == "127.0.0.1")
    assert [mark for mark, _words in told(settings_of(tmp_path, media=media), "media")] == ["✗", "!"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        served = {"http_port": port, "http_token": TOKEN}
        [(mark, words)] = told(settings_of(tmp_path, media=served), "media")
        assert mark == "✗" and str(port) in words
    [(mark, words)] = told(settings_of(tmp_path, media=served), "media")
    assert mark == "✓" and TOKEN not in words
    [(mark, words)] = told(settings_of(tmp_path, media=served | {"http_host": "0.0.0.0"}), "media")
    assert mark == "!" and "TLS" in words


def test_where_health_is_asked_for(tmp_path: Path) -> None:
    for given, mark, word in (
        ({"port_bot": 9001, "port_core": 9002}, "✓", "9002/healthz"), ({"port_bot": 9001, "port_core": 9001}, "!", "9001"),
        ({"port_core": 9001, "host": "0.0.0.0"}, "!", "firewall"),
    ):  # fmt: skip
        [(found, words)] = told(settings_of(tmp_path, health=given), "health")
        assert found == mark and word in words
