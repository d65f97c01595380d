"""A door lets people in where it says it is, says when somebody else stands there, and closes."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web

from core.door import Door, is_loopback
from core.ports import EmoseumError


def app() -> web.Application:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    house = web.Application()
    house.router.add_get("/", hello)
    return house


async def said_at(address: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return await response.text()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_is_where_its_address_says(host: str) -> None:
    door = Door()
    assert not door.is_open
    await door.close()  # nothing to close yet
    await door.open(app(), host, 0)
    assert door.is_open and await said_at(door.address) == "hello"
    address = door.address
    await door.close()
    await door.close()
    assert not door.is_open
    with pytest.raises(aiohttp.ClientError):
        await said_at(address)


async def test_a_taken_port_is_named_and_the_door_stays_closed() -> None:
    first, second = Door(), Door()
    await first.open(app(), "127.0.0.1", 0)
    port = int(first.address.rpartition(":")[2])
    with pytest.raises(EmoseumError) as plain:
        await second.open(app(), "127.0.0.1", port)
    assert plain.value.key == "error.port_taken" and str(plain.value).startswith(f"127.0.0.1:{port}: ")
    with pytest.raises(EmoseumError) as named:
        await second.open(app(), "127.0.0.1", port, taken="web.port_taken", name="health")
    assert named.value.key == "web.port_taken" and str(named.value).startswith(f"health 127.0.0.1:{port}: ")
    assert not second.is_open and await said_at(first.address) == "hello"
    await first.close()


def test_only_this_machine_reaches_its_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.2", "diary.example", "")))
