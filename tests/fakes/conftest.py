"""Fixtures for the tests of the fakes themselves."""

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.fakes.telegram_server import TelegramServer


@pytest.fixture
async def telegram():
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def bot(telegram):
    request = HTTPXRequest(connection_pool_size=64, read_timeout=5)
    bot = Bot("1:fake", base_url=telegram.base_url, base_file_url=telegram.base_file_url, request=request)
    async with bot:
        yield bot


@pytest.fixture
def jiwoo(telegram):
    return telegram.person(7, "지우", "ko")
