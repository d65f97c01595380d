"""A chat that can't start costs nobody the other chats."""

import logging

import pytest

import roles
from core.settings import load_settings


class Chat:
    def __init__(self, name, error=None):
        self.name, self.error, self.heard = name, error, None

    async def start(self, heard):
        if self.error is not None:
            raise self.error
        self.heard = heard


async def test_a_library_that_stumbles_takes_no_other_chat_with_it(caplog):
    chats = [Chat("discord", ValueError("wss://secret.example")), Chat("web"), Chat("telegram")]
    with caplog.at_level(logging.ERROR):
        await roles._start(load_settings(), chats, "heard")
    assert [chat.heard for chat in chats] == [None, "heard", "heard"]
    assert "discord can't start: ValueError" in caplog.text and "secret" not in caplog.text


async def test_without_the_page_nobody_pretends_to_have_started():
    with pytest.raises(ValueError, match="port"):
        await roles._start(load_settings(), [Chat("web", ValueError("port")), Chat("telegram")], "heard")
