"""Health tells what is wrong and nothing else; figures count and never tell of anybody."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
import timeit
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from adapters.dbos_work import migrate
from adapters.file_media import FileBlobs
from adapters.house_health import HouseHealth
from adapters.http_media import HttpBlobs
from adapters.sealed_media import SealedMedia, open_media
from adapters.sql_database import sync_url
from adapters.sql_store import SqlStore, open_store, upgrade
from bot.discord_counting import _kind
from bot.health import bot_checks
from core import health, metrics
from core.entities import Reply, Sending, SendState, new_id
from core.health import Checks, HealthServer
from core.ports import Away, EmoseumError, Health
from core.settings import ROOT, Settings, load_settings
from tests.fakes.discord_house import discord_house
from tests.fakes.discord_server import DiscordServer
from tests.fakes.house_process import HouseProcess, Page, free_port
from tests.fakes.in_process import Chat, Screen
from tests.fakes.media_places import http_settings
from tests.fakes.telegram_house import telegram_house
from tests.fakes.telegram_server import TelegramServer
from tests.test_kill import is_answered

SECRET = "아무에게도말하지않은비밀"


@asynccontextmanager
async def served(checks: Checks) -> AsyncIterator[str]:
    server = HealthServer(checks, "127.0.0.1", 0)
    await server.start()
    try:
        yield server.address
    finally:
        await server.stop()


async def asked(address: str, path: str = "/healthz") -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address + path) as answer:
        return answer.status, await answer.text()


async def health_of(address: str) -> tuple[int, dict[str, Any]]:
    status, text = await asked(address)
    return status, json.loads(text)


def figures(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Sample name -> label values by the labels' names -> value, read by Prometheus' own parser."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _label, value in sorted(sample.labels.items()))] = (
                sample.value
            )
    return found


def check(answer: Any) -> Any:
    async def asked_for() -> Health:
        if isinstance(answer, Exception):
            raise answer
        return Health(answer) if isinstance(answer, bool) else await answer()

    return asked_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(data_dir=tmp_path / "data", work={"min_free_mb": 1}, health={"queue_old_s": 60})
    upgrade(found)
    migrate(found)
    return found


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SqlStore]:
    opened = await open_store(settings)
    yield opened
    await opened.close()


# --- health ------------------------------------------------------------------------------------


async def test_one_vital_part_makes_ill_and_what_is_beside_it_is_only_told() -> None:
    for vital, beside, status in ((True, True, 200), (True, False, 200), (False, True, 503)):
        async with served(
            Checks("bot", {"disk": check(True), "chat": check(vital)}, {"core": check(beside)})
        ) as address:
            found, told = await health_of(address)
            assert (found, told["ok"], told["role"]) == (status, status == 200, "bot")
            assert {name: part["ok"] for name, part in told["parts"].items()} == {
                "disk": True,
                "chat": vital,
                "core": beside,
            }


async def test_what_a_part_throws_is_told_without_its_words() -> None:
    async with served(
        Checks("core", {"a": check(ValueError(SECRET)), "b": check(Away("the bucket x: 503"))})
    ) as address:
        status, text = await asked(address)
        assert status == 503 and SECRET not in text and json.dumps(SECRET) not in text
        parts = json.loads(text)["parts"]
        assert "ValueError at test_health.py" in parts["a"]["detail"] and parts["b"]["detail"] == "the bucket x: 503"


async def test_a_part_that_hangs_is_told_in_time_and_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.2)
    monkeypatch.setattr(health, "FRESH_S", 0.0)
    begun, back = 0, asyncio.Event()

    async def hanging() -> Health:
        nonlocal begun
        begun += 1
        await back.wait()
        return Health(True)

    async with served(Checks("bot", {"database": check(hanging), "disk": check(True)})) as address:
        for _ in range(3):
            begun_s = time.monotonic()
            status, told = await health_of(address)
            assert status == 503 and told["parts"]["disk"]["ok"] and time.monotonic() - begun_s < 1
        assert begun == 1
        back.set()
        await asyncio.sleep(0.01)
        assert (await health_of(address))[0] == 200


async def test_a_flood_of_questions_is_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def looked() -> Health:
        nonlocal looks
        looks += 1
        return Health(True)

    async with served(Checks("bot", {"database": check(looked)})) as address:
        assert {status for status, _ in await asyncio.gather(*(asked(address) for _ in range(50)))} == {200}
        assert looks == 1


async def test_a_bot_that_stands_by_is_well_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(Screen):
        async def health(self) -> Health:
            return Health(False, "not listening")

    monkeypatch.setattr(health, "FRESH_S", 0.0)
    awake = False
    async with served(bot_checks({"telegram": Deaf()}, {}, {}, lambda: awake)) as address:
        status, told = await health_of(address)
        assert status == 200 and "standing by" in told["parts"]["telegram"]["detail"]
        awake = True
        status, told = await health_of(address)
        assert status == 503 and told["parts"]["telegram"]["detail"] == "not listening"


async def test_a_port_that_is_taken_is_said() -> None:
    async with served(Checks("bot", {})) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(EmoseumError) as refused:
            await HealthServer(Checks("bot", {}), "127.0.0.1", port).start()
        assert refused.value.key == "error.port_taken"


# --- the house ---------------------------------------------------------------------------------


def a_job(settings: Settings, role: str, status: str, age_s: float) -> None:
    """A row of the durable engine's queue, as old as that."""
    engine = sa.create_engine(sync_url(settings))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into workflow_status (workflow_uuid, status, name, queue_name, application_name, created_at)"
                " values (:id, :status, 'hear', 'chat', :role, :at)"
            ),
            {"id": new_id(), "status": status, "role": role, "at": int((time.time() - age_s) * 1000)},
        )
    engine.dispose()


async def test_a_house_that_is_well_tells_its_figures(settings: Settings, store: SqlStore) -> None:
    look = HouseHealth(settings, store, await open_media(store, settings))
    person = await store.person_of("web", "me")
    for state in (SendState.UNKNOWN, SendState.UNKNOWN, SendState.SENT, SendState.FAILED, SendState.INFLIGHT):
        await store.add_sending(Sending(new_id(), new_id(), person.id, "telegram", "room", Reply(SECRET), state))
    for role, status, age_s in (("bot", "ENQUEUED", 5), ("bot", "ENQUEUED", 20), ("bot", "PENDING", 900),
                                ("bot", "SUCCESS", 9000), ("core", "ENQUEUED", 7000)):  # fmt: skip
        a_job(settings, role, status, age_s)
    beside = {"core_queue": look.queue("core"), "sendings": look.sendings}
    async with served(bot_checks({"web": Screen()}, look.vital("bot"), beside)) as address:
        status, told = await health_of(address)
        parts = told["parts"]
        assert status == 200 and told["ok"], "a core that is behind does not make the bot ill"
        assert set(parts) == {"database", "disk", "media", "queue", "web", "core_queue", "sendings"}
        assert parts["queue"]["queue_depth"] == 2 and 20 <= parts["queue"]["queue_oldest_seconds"] < 30
        assert parts["queue"]["jobs_under_way"] == 1
        assert not parts["core_queue"]["ok"] and parts["core_queue"]["queue_oldest_seconds"] > 6900
        assert parts["sendings"]["sendings_in_doubt"] == 2 and parts["sendings"]["sendings_failed"] == 1
        found = figures((await asked(address, "/metrics"))[1])
        assert found["emoseum_queue_oldest_seconds"][("core_queue",)] > 6900
        assert found["emoseum_sendings_in_doubt"] == {("sendings",): 2}
        assert found["emoseum_part_ok"][("core_queue",)] == 0 and found["emoseum_part_ok"][("disk",)] == 1
        assert found["emoseum_disk_free_bytes"][("disk",)] > 2**20


@pytest.mark.parametrize("trouble", ["queue", "disk", "media", "database"])
async def test_trouble_of_the_house_is_named(settings: Settings, store: SqlStore, trouble: str) -> None:
    media = SealedMedia(store, FileBlobs(settings))
    if trouble == "queue":
        a_job(settings, "core", "ENQUEUED", 61)
    elif trouble == "disk":
        settings = settings.model_copy(update={"work": settings.work.model_copy(update={"min_free_mb": 10**9})})
    elif trouble == "media":
        media = SealedMedia(store, HttpBlobs(http_settings(free_port())))
    else:
        await store.db.close()
        for file in settings.data_dir.glob("emoseum.sqlite*"):
            file.unlink()
        (settings.data_dir / "emoseum.sqlite").mkdir()
    async with served(Checks("core", HouseHealth(settings, store, media).vital("core"))) as address:
        status, told = await health_of(address)
        ill = {name for name, part in told["parts"].items() if not part["ok"]}
        assert status == 503 and trouble in ill
        assert ill == ({"database", "queue"} if trouble == "database" else {trouble}), told
    await media.close()


@pytest.mark.postgres
async def test_the_queues_of_a_postgres_are_seen_and_its_absence_is_told(postgres: Any, tmp_path: Path) -> None:
    with postgres.database() as name:
        settings = load_settings(data_dir=tmp_path / "data", database_url=postgres.url(name), work={"min_free_mb": 0})
        upgrade(settings)
        migrate(settings)
        store = await open_store(settings)
        look = HouseHealth(settings, store, await open_media(store, settings))
        assert (await look.waiting("bot")).detail == "nothing waits" and (await look.sendings()).ok
        async with served(Checks("bot", look.vital("bot"))) as address:
            assert (await health_of(address))[0] == 200
            postgres.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
            postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            await asyncio.sleep(1.1)
            status, told = await health_of(address)
            assert status == 503 and not told["parts"]["database"]["ok"] and told["parts"]["disk"]["ok"]
            postgres.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
            await asyncio.sleep(1.1)
            assert (await health_of(address))[0] == 200
        await store.close()


# --- figures -----------------------------------------------------------------------------------


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a test stay out of the others'."""
    monkeypatch.setattr(metrics, "_families", [])


def test_figures_add_up_and_prometheus_understands_them(apart: None) -> None:
    counted = metrics.Counter("test_things", "Things.", "kind")
    took = metrics.Seconds("test_seconds", "Seconds.", "stage")
    for _ in range(3):
        counted.add('odd "name"\n\\')
    for seconds in (0.01, 0.3, 0.3, 1000):
        took.add(seconds, "picture")
    found = figures(metrics.as_prometheus({("queue_depth", "queue"): 4}).decode())
    assert found["emoseum_test_things_total"] == {('odd "name"\n\\',): 3}
    buckets = found["emoseum_test_seconds_bucket"]
    assert buckets[("0.05", "picture")] == 1 and buckets[("0.5", "picture")] == 3
    assert buckets[("300.0", "picture")] == 3 and buckets[("+Inf", "picture")] == 4
    assert found["emoseum_test_seconds_count"][("picture",)] == 4
    assert found["emoseum_test_seconds_sum"][("picture",)] == pytest.approx(1000.61)
    assert found["emoseum_queue_depth"] == {("queue",): 4}
    assert found["process_resident_memory_bytes"][()] > 2**20


def test_a_label_that_takes_ever_new_values_does_not_fill_the_memory(apart: None) -> None:
    counted = metrics.Counter("test_flood", "A flood.", "kind")
    for n in range(metrics.SERIES_AT_MOST + 500):
        counted.add(str(n))
    assert counted.count("other") == 500 and counted.count("7") == 1


def test_counting_is_free_until_somebody_asks(apart: None) -> None:
    program = (
        "import sys; from core import metrics; metrics.heard.add('web', 'text', 'new'); "
        "metrics.stage_seconds.add(1.0, 'picture'); import bot.outbox; "
        "print([name for name in ('prometheus_client', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    counted, took = metrics.Counter("test_cost", "Cost.", "a", "b"), metrics.Seconds("test_cost_s", "Cost.", "a")
    rounds = 20_000
    cost_s = min(timeit.repeat(lambda: (counted.add("x", "y"), took.add(0.2, "x")), number=rounds, repeat=3)) / rounds
    assert cost_s < 20e-6, f"{cost_s * 1e6:.1f} µs"


def test_paths_of_requests_carry_no_id_and_no_token() -> None:
    assert _kind("POST", "/api/v10/channels/1234567890/messages") == "POST channels/messages"
    assert _kind("POST", "/api/v10/interactions/12/aW50ZXJhY3Rpb246/callback") == "POST interactions/callback"
    assert _kind("GET", "/ephemeral/9/secret.png") == "GET other"


async def test_requests_to_platforms_are_counted_by_what_they_ask_for(tmp_path: Path) -> None:
    before = metrics.requests.count("telegram", "getUpdates", "200")
    async with TelegramServer() as server, telegram_house(tmp_path, server) as house:
        await house.listening()
    async with DiscordServer() as world, discord_house(tmp_path / "discord", world):
        pass
    assert metrics.requests.count("telegram", "getUpdates", "200") > before
    found = figures(metrics.as_prometheus({}).decode())["emoseum_platform_requests_total"]
    assert {platform for _method, _outcome, platform in found} >= {"telegram", "discord"}
    assert ("GET users/@me", "200", "discord") in found, found
    for method, _outcome, _platform in found:
        assert (
            re.fullmatch(r"[A-Za-z]+( [a-z0-9@/]+)?", method)
            and "fake" not in method
            and not re.search(r"\d{3}", method)
        )


async def test_stages_sendings_and_faults_are_counted(tmp_path: Path) -> None:
    def now() -> tuple[float, ...]:
        return (
            metrics.stages.count("picture", "done"), metrics.stages.count("comment", "failed"),
            metrics.errors.count("comment", "ValueError"), metrics.sendings.count("web", "sent"),
        )  # fmt: skip

    chat, before = await Chat.open(tmp_path), now()

    async def stumbling(*_args: Any, **_options: Any) -> Any:
        raise ValueError(SECRET)

    await chat.says("좋은 하루였다")
    assert [one - other for one, other in zip(now(), before, strict=True)][:3] == [1, 0, 0]
    assert now()[3] > before[3]
    from core import service

    service.service().workshop.commenter.comment = stumbling
    await chat.says("또 다른 하루")
    attempts = chat.house.settings.work.attempts
    assert [one - other for one, other in zip(now(), before, strict=True)][:3] == [2, 1, attempts]
    assert SECRET not in metrics.as_prometheus({}).decode()
    await chat.close()


# --- as processes ------------------------------------------------------------------------------


async def test_both_roles_answer_and_never_tell_a_word(tmp_path: Path) -> None:
    ports = {"bot": free_port(), "core": free_port()}
    house = HouseProcess(
        tmp_path / "data", {f"EMOSEUM_HEALTH__PORT_{role.upper()}": str(ports[role]) for role in ports}
    )
    house.start("core")
    house.start("bot")
    try:
        page = Page(house)
        await page.send(SECRET)
        await page.until(is_answered([SECRET]))
        bot, core = (f"http://127.0.0.1:{ports[role]}" for role in ("bot", "core"))
        (bot_status, bot_told), (core_status, core_told) = await health_of(bot), await health_of(core)
        assert bot_status == core_status == 200
        assert (bot_told["role"], core_told["role"]) == ("bot", "core")
        assert set(core_told["parts"]) == {"database", "disk", "media", "queue"}
        assert {"web", "core_queue", "sendings"} < set(bot_told["parts"])
        assert set((await health_of(page.base))[1]["parts"]) == set(bot_told["parts"]), "the web chat shows the same"
        texts = {role: (await asked(address, "/metrics"))[1] for role, address in (("bot", bot), ("core", core))}
        heard, made = figures(texts["bot"]), figures(texts["core"])
        assert heard["emoseum_messages_heard_total"][("text", "new", "web")] == 1
        assert sum(heard["emoseum_sendings_total"].values()) >= 2
        for stage in ("understand", "picture", "music", "comment"):
            assert made["emoseum_stages_total"][("done", stage)] == 1
            assert made["emoseum_stage_seconds_count"][(stage,)] == 1
        for text in (*texts.values(), json.dumps([bot_told, core_told], ensure_ascii=False)):
            assert SECRET not in text and "me" not in figures_labels(text)
        house.kill("core")
        await page.send("core가 없는 사이")
        await asyncio.sleep(1.2)
        status, told = await health_of(bot)
        assert status == 200 and told["parts"]["core_queue"]["queue_depth"] >= 1
    finally:
        house.stop()


def figures_labels(text: str) -> list[str]:
    """Every label value in a text of figures; none in anything else."""
    if not text.startswith("#"):
        return []
    return [value for family in text_string_to_metric_families(text) for sample in family.samples for value in sample.labels.values()]  # fmt: skip
