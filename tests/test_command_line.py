"""The command line as somebody types it: worth reading when asked for help, one clear line when it is wrong, JSON when asked."""

import asyncio
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import aiohttp
import pytest

import emoseum
import roles
from tests.fakes.house_process import INSTANT, ROOT, free_port

FACE = Path(__file__).parent / "core" / "data" / "astronaut.jpg"
ENVIRONMENT = INSTANT | {"EMOSEUM_ENGINES__UNDERSTANDING": "embedded"}
COMMANDS = ["", "run", "bot", "core", "db", "db upgrade", "doctor", "diary", "history", "calendar", "evaluate", *(f"evaluate {name}" for name in ("text-emotion", "face-emotion", "crisis", "tags"))]  # fmt: skip


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Type a command in this process: (exit code, stdout, stderr)."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["emoseum", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            emoseum.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return left.value.code, said.out, said.err

    return typed


def require_one_clear_line(answer, *words, code=None):
    """It failed, and said why in one line on stderr."""
    left, out, err = answer
    assert left != 0 and (code is None or left == code), answer
    assert out == "" and len(err.strip().splitlines()) == 1, answer
    assert "should not have" not in err, answer
    for word in words:
        assert word in err, answer


# --- help and wrong words ----------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_what_a_command_does_and_each_option(cli, command):
    code, out, err = cli(*command.split(), "--help")
    assert (code, err) == (0, "")
    told = " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())
    assert len(told) > 150, told
    assert "emoseum" in told
    bare = re.findall(r"--[a-z-]+ <[a-z]+> (?=--|$)", told)
    assert not bare, f"options without a word of explanation: {bare}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["paint"], "No such command 'paint'"),
        (["diary", "x", "--colour"], "--colour"),
        (["run", "--port", "many"], "--port"),
        (["run", "--port", "99999"], "port"),
        (["history", "--limit", "0"], "--limit"),
        (["diary"], "--photo"),
        (["diary", "x", "y"], "unexpected"),
        (["diary", "x", "--lang", "fr"], "ko or en"),
        (["diary", "x", "--date", "yesterday"], "YYYY-MM-DD"),
        (["diary", "x", "--date", "2026-02-30"], "YYYY-MM-DD"),
        (["diary", "x", "--photo", "nowhere.jpg"], "nowhere.jpg"),
        (["diary", "--file", "nowhere.txt"], "nowhere.txt"),
        (["calendar", "--month", "May"], "YYYY-MM"),
    ],
)
def test_a_wrong_word_gets_one_clear_line(cli, words, said):
    require_one_clear_line(cli(*words), said)


def test_the_future_and_broken_files_are_refused_before_anything_is_kept(cli, tmp_path):
    future = (date.today() + timedelta(days=3)).isoformat()
    require_one_clear_line(cli("diary", "내일 일", "--date", future), "hasn't come yet")
    words = tmp_path / "words.jpg"
    words.write_text("just some words")
    require_one_clear_line(cli("diary", "사진", "--photo", words), "photo")
    half = tmp_path / "half.jpg"
    half.write_bytes(FACE.read_bytes()[:9000])
    require_one_clear_line(cli("diary", "사진", "--photo", half), "photo")
    sound = words.rename(tmp_path / "words.ogg")
    answer = cli("diary", "소리", "--voice", sound)
    require_one_clear_line(answer, "listen", "words.ogg")
    assert "kept" not in answer[2]  # for it is not
    latin = tmp_path / "latin.txt"
    latin.write_bytes("café".encode("latin-1"))
    require_one_clear_line(cli("diary", "--file", latin), "UTF-8")
    code, out, _err = cli("history")
    assert code == 0 and len(out.strip().splitlines()) == 1 and "사진" not in out  # nothing was written


def test_a_wrong_setting_is_named(cli, monkeypatch, tmp_path):
    for name, value, said in (
        ("EMOSEUM_WEB__PORT", "abc", "web.port"),
        ("EMOSEUM_LANGUAGE", "fr", "language"),
        ("EMOSEUM_ENGINES__PAINTER", "oil", "engines.painter"),
        ("EMOSEUM_WORK__POLLING_S", "-1", "work.polling_s"),
    ):
        with monkeypatch.context() as world:
            world.setenv(name, value)
            require_one_clear_line(cli("history"), said, code=78)
    broken = tmp_path / "mine.toml"
    broken.write_text("port = = 3")
    monkeypatch.setenv("EMOSEUM_CONFIG", str(broken))
    require_one_clear_line(cli("history"), "settings", code=78)


# --- a data folder that can't be used ----------------------------------------------------------


def test_a_data_folder_that_is_none_gets_one_clear_line(cli, tmp_path):
    (tmp_path / "file").write_text("x")
    for command in ("history", "bot", "core", "run", "db upgrade"):
        require_one_clear_line(cli(*command.split(), "--data-dir", tmp_path / "file"), "file", code=78)


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs a folder that nobody may write, such as Linux's /proc"
)
def test_a_folder_that_nobody_may_write_gets_one_clear_line(cli):
    for command in ("history", "core", "run"):
        require_one_clear_line(cli(*command.split(), "--data-dir", "/proc/self/emoseum"), code=78)


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, 75), (errno.EMFILE, 75), (errno.EAGAIN, 75), (errno.EDQUOT, 75), (errno.EACCES, 78)],
)
def test_what_passes_by_itself_is_tried_again_by_the_supervisor(cli, monkeypatch, number, code):
    async def short(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(roles, "_core", short)
    require_one_clear_line(cli("core"), "core", os.strerror(number), code=code)

    def full(_settings):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("adapters.sql_store.upgrade", full)
    require_one_clear_line(cli("db", "upgrade"), os.strerror(number), code=code)


def test_a_damaged_database_and_a_wrong_key_are_named(cli, tmp_path):
    data, key = tmp_path / "data", tmp_path / "data.key"
    assert cli("history")[0] == 0
    right = key.read_text()
    key.chmod(0o644)
    require_one_clear_line(cli("history"), "chmod 600")
    key.chmod(0o600)
    key.write_text("nonsense")
    require_one_clear_line(cli("history"), "data.key")
    key.write_text(right)
    with (data / "emoseum.sqlite").open("r+b") as file:
        file.write(os.urandom(8192))
    for name in ("emoseum.sqlite-wal", "emoseum.sqlite-shm"):
        (data / name).unlink(missing_ok=True)
    for command in ("history", "bot", "core", "run", "diary x"):
        require_one_clear_line(cli(*command.split()), "database", code=78)


# --- a diary, without and with `run` -----------------------------------------------------------


def command(*words):
    return [sys.executable, "-m", "emoseum", *map(str, words)]


def typed(folder, *words, code=0):
    done = subprocess.run(
        command(*words, "--data-dir", folder / "data"),
        cwd=ROOT, env=os.environ | ENVIRONMENT, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


class Running:
    """`emoseum run` on a folder."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.log = folder / "run.log"
        with self.log.open("ab") as log:
            words = command("run", "--port", self.port, "--data-dir", folder / "data")
            self.process = subprocess.Popen(words, cwd=ROOT, env=os.environ | ENVIRONMENT, stdout=log, stderr=log)

    def child(self, role):
        """The process id in the role's lock file, 0 where nobody holds it."""
        path = self.folder / "data" / f"{role}.lock"
        text = path.read_text() if path.exists() else ""
        return int(text) if text and alive(int(text)) else 0

    async def until_up(self, limit_s=90.0):
        await until(lambda: self.child("bot") and self.child("core"), limit_s)
        end = time.monotonic() + limit_s
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < end:
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/healthz") as response:
                        if response.status == 200:
                            return self
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self):
        children = [self.child(role) for role in ("bot", "core")]
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for child in filter(None, children):
            if alive(child):
                os.kill(child, signal.SIGKILL)


def alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


async def until(ready, limit_s=60.0):
    end = time.monotonic() + limit_s
    while not ready():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("line"))
    yield running
    running.end()
    assert "Traceback" not in running.log.read_text()


async def test_a_diary_entry_as_json_has_what_was_promised(house, tmp_path):
    await house.until_up()
    children = [house.child(role) for role in ("bot", "core")]
    out = tmp_path / "made"
    words = ["diary", "강아지랑 산책해서 정말 행복했다", "--user", "json", "--lang", "ko", "--json", "--out", out]
    told = json.loads(await asyncio.to_thread(typed, house.folder, *words, "--photo", FACE))
    assert set(told) == {
        "entry_id", "emotion", "face", "safety", "tags", "summary", "comment", "picture", "sketch", "music", "reply", "seconds",
    }  # fmt: skip
    assert isinstance(told["entry_id"], str) and told["entry_id"]
    assert set(told["emotion"]) == {"valence", "arousal", "dominance", "labels"}
    assert all(-1 <= told["emotion"][axis] <= 1 for axis in ("valence", "arousal", "dominance"))
    assert told["emotion"]["valence"] > 0.2
    assert all(set(label) == {"name", "score"} and 0 <= label["score"] <= 1 for label in told["emotion"]["labels"])
    assert told["face"]["face"]["labels"] and not told["face"]["problem"]
    assert told["safety"] == {"level": "none"}
    assert "dog" in told["tags"] and all(isinstance(tag, str) for tag in told["tags"])
    assert told["summary"] and told["comment"]
    for name, magic in (("picture", b"\x89PNG"), ("sketch", b"\x89PNG"), ("music", b"RIFF")):
        assert Path(told[name]).parent == out and Path(told[name]).read_bytes().startswith(magic)
    assert told["comment"] in told["reply"][0]
    assert {"understand", "comment", "picture", "music", "total"} <= set(told["seconds"])
    assert all(isinstance(seconds, float) for seconds in told["seconds"].values())
    assert [house.child(role) for role in ("bot", "core")] == children  # the running ones did it


async def test_a_crisis_line_is_answered_with_numbers_and_nothing_made(house, tmp_path):
    await house.until_up()
    words = ["diary", "이제 그만 죽고 싶다", "--user", "json", "--json", "--out", tmp_path]
    told = json.loads(await asyncio.to_thread(typed, house.folder, *words))
    assert told["safety"]["level"] in ("high", "imminent")
    assert told["picture"] is told["sketch"] is told["music"] is told["face"] is None
    assert "109" in "\n".join(told["reply"]) and "tel:109" in "\n".join(told["reply"])
    assert not list(tmp_path.iterdir())


async def test_a_file_is_an_entry_a_line_and_can_be_backdated_read_and_seen(house, tmp_path):
    await house.until_up()
    diary = tmp_path / "diary.txt"
    diary.write_text("첫 줄\n\n둘째 줄은 English too\n셋째 줄\n")
    day = date.today() - timedelta(days=40)
    words = [
        "diary",
        "--file",
        diary,
        "--user",
        "lines",
        "--json",
        "--date",
        day.isoformat(),
        "--out",
        tmp_path / "made",
    ]
    lines = (await asyncio.to_thread(typed, house.folder, *words)).splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["summary"] for one in told] == ["첫 줄", "둘째 줄은 English too", "셋째 줄"]
    assert len({one["entry_id"] for one in told}) == 3
    assert all(day.isoformat() in one["picture"] for one in told)
    listed = (await asyncio.to_thread(typed, house.folder, "history", "--user", "lines")).strip().splitlines()
    assert [line.rpartition(" · ")[2] for line in listed] == ["셋째 줄", "둘째 줄은 English too", "첫 줄"]
    one = await asyncio.to_thread(typed, house.folder, "history", "--user", "lines", "--limit", "1")
    assert len(one.strip().splitlines()) == 1
    picture = tmp_path / "month.png"
    words = ["calendar", "--user", "lines", "--month", f"{day:%Y-%m}", "--out", picture]
    month = await asyncio.to_thread(typed, house.folder, *words)
    assert "셋째 줄" in month and str(picture) in month
    assert picture.read_bytes().startswith(b"\x89PNG")
    other = await asyncio.to_thread(typed, house.folder, "history", "--user", "nobody")
    assert "줄" not in other


# --- run ---------------------------------------------------------------------------------------


async def test_a_taken_port_is_one_clear_line_and_ends_run(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = command("run", "--port", taken.getsockname()[1], "--data-dir", tmp_path / "data")
        done = await asyncio.to_thread(
            subprocess.run, words, cwd=ROOT, env=os.environ | ENVIRONMENT, capture_output=True, text=True, timeout=100
        )
    # (a busy core that had to be killed leaves a word of multiprocessing about itself)
    told = [
        line for line in done.stderr.splitlines() if not re.match(r"\d{4}-|.*resource_tracker| +warnings.warn", line)
    ]
    assert done.returncode == 78 and len(told) == 1 and "port" in told[0].lower(), done.stderr
    assert "Traceback" not in done.stderr


async def test_a_killed_bot_comes_back(house):
    await house.until_up()
    killed = house.child("bot")
    os.kill(killed, signal.SIGKILL)
    await until(lambda: house.child("bot") not in (0, killed))
    await house.until_up()
    assert house.process.poll() is None


async def test_run_ends_with_its_children_when_told_to_and_when_it_is_killed(house):
    """The last of this module: it ends what the others used."""
    await house.until_up()
    children = [house.child(role) for role in ("bot", "core")]
    began = time.monotonic()
    house.process.terminate()
    assert await asyncio.to_thread(house.process.wait, 15) == 0
    assert time.monotonic() - began < 8
    assert not any(alive(child) for child in children)
    again = Running(house.folder)
    try:
        await again.until_up()
        children = [again.child(role) for role in ("bot", "core")]
        again.process.kill()
        await until(lambda: not any(alive(child) for child in children), 60)
    finally:
        again.end()
