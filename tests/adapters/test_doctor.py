"""The doctor says in plain words what is wrong and what to do, whatever is broken."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import types

import pytest
from pydantic import SecretStr

from adapters import doctor, doctor_ear, doctor_engines
from adapters.role_claim import take_role
from adapters.sql_store import open_store, upgrade
from adapters.vault import make_master
from core.phrases import LANGUAGES, say
from core.settings import ROOT, load_settings
from tests.fakes.openai_server import KEY, OpenAIServer


def settings_of(folder, **fields):
    return load_settings(data_dir=folder / "data", **({"web": {"port": 0}} | fields))


def kept(folder, **fields):
    """Settings of a data folder with a diary in it."""
    settings = settings_of(folder, **fields)

    async def begin():
        store = await open_store(settings)
        await store.person_of("web", "me", language="ko")
        await store.close()

    upgrade(settings)
    asyncio.run(begin())
    return settings


def told(settings, what):
    """Mark and words of the finding about `what`."""
    name = say(settings.language, f"doctor.what.{what}")
    return next((found.mark, found.words) for found in doctor.examine(settings) if found.what == name)


def test_a_fresh_machine_is_well_and_is_left_as_it_was(tmp_path):
    for language in LANGUAGES:
        findings = doctor.examine(settings_of(tmp_path, language=language))
        assert {found.mark for found in findings} == {"✓"} and len(findings) > 15
    assert not list(tmp_path.iterdir())


def test_a_diary_in_use_is_well(tmp_path):
    settings = kept(tmp_path)
    mark, words = told(settings, "key")
    assert mark == "✓" and "fits" in words and "back it up" in words and str(settings.key_file) in words
    assert told(settings, "database")[0] == "✓" and "sqlite 3" in told(settings, "database")[1]
    lock = take_role(settings.data_dir, "core")
    assert "core" in told(settings, "running")[1] and "bot" not in told(settings, "running")[1]
    assert (settings.data_dir / "core.lock").read_text() == str(os.getpid())  # and it was not emptied
    lock.close()
    assert "no Emoseum" in told(settings, "running")[1]


@pytest.mark.parametrize("damage", ["garbage", "cut", "folder", "older"])
def test_a_broken_database_is_told(tmp_path, damage):
    settings = kept(tmp_path)
    file = settings.data_dir / "emoseum.sqlite"
    for log in settings.data_dir.glob("emoseum.sqlite-*"):
        log.unlink()
    if damage == "garbage":
        file.write_bytes(b"this is not a database" * 500)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        import sqlite3

        with sqlite3.connect(file) as connection:
            connection.execute("update alembic_version set version_num = '0000'")
    mark, words = told(settings, "database")
    assert (mark, "db upgrade" in words) == (("!", True) if damage == "older" else ("✗", False))
    assert "Traceback" not in words and len(words) < 400


@pytest.mark.parametrize(
    ("damage", "mark", "says"),
    [
        ("open", "✗", "chmod 600"), ("missing", "✗", "backup"), ("garbage", "✗", "no key"), ("another", "✗", "not the key"),
        ("folder", "✗", "can't be read"), ("beside", "!", "EMOSEUM_MASTER_KEY_FILE"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_told(tmp_path, damage, mark, says):
    settings = kept(tmp_path)
    key = settings.key_file
    if damage == "open":
        key.chmod(0o644)
    elif damage == "garbage":
        key.write_text("not a key")
    elif damage == "beside":
        settings = settings.model_copy(update={"master_key_file": settings.data_dir / "key"})
        shutil.copy2(key, settings.key_file)
    else:
        key.unlink()
    if damage == "another":
        make_master(key)
    if damage == "folder":
        key.mkdir()
    found = told(settings, "key")
    assert found[0] == mark and says in found[1]


def test_a_key_out_of_the_settings_is_told_by_the_name_of_its_variable(tmp_path):
    settings = kept(tmp_path)
    line = settings.key_file.read_text().strip()
    settings.key_file.unlink()
    mark, words = told(settings.model_copy(update={"master_key": SecretStr(line)}), "key")
    assert mark == "✓" and "EMOSEUM_MASTER_KEY fits" in words and line not in words
    mark, words = told(settings.model_copy(update={"master_key": SecretStr("short")}), "key")
    assert mark == "✗" and "EMOSEUM_MASTER_KEY is no key" in words


def test_a_key_that_can_not_be_made_is_told_before_the_first_start(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path / "etc")  # who tests may be root
    settings = settings_of(tmp_path).model_copy(update={"master_key_file": tmp_path / "etc" / "master.key"})
    mark, words = told(settings, "key")
    assert mark == "✗" and "can't be made" in words


def test_a_place_that_can_not_be_written_to_is_told(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    assert told(settings_of(tmp_path), "folder")[0] == "✗"
    (tmp_path / "data").unlink()
    (tmp_path / "data").mkdir(mode=0o755)
    assert "chmod 700" in told(settings_of(tmp_path), "folder")[1]


def test_room_on_the_disk(tmp_path):
    free_mb = shutil.disk_usage(tmp_path).free // 2**20
    for needed_mb, mark in ((free_mb * 2, "✗"), (free_mb // 2, "!"), (1, "✓")):
        assert told(settings_of(tmp_path, work={"min_free_mb": needed_mb}), "disk")[0] == mark


def test_missing_weights_and_packages_are_named(tmp_path, monkeypatch):
    shutil.copy(doctor_engines.WEIGHTS / "text_emotion.npz", tmp_path)
    (tmp_path / "face_emotion.npz").write_bytes((doctor_engines.WEIGHTS / "face_emotion.npz").read_bytes()[:1000])
    broken = bytearray((doctor_engines.WEIGHTS / "crisis.npz").read_bytes())
    broken[len(broken) // 2] ^= 0xFF
    (tmp_path / "crisis.npz").write_bytes(broken)
    monkeypatch.setattr(doctor_engines, "WEIGHTS", tmp_path)
    find = doctor_engines.find_spec
    gone = ("pretty_midi", "kiwipiepy")
    monkeypatch.setattr(doctor_engines, "find_spec", lambda name: None if name in gone else find(name))
    mark, words = told(settings_of(tmp_path), "models")
    assert mark == "✗" and "text_emotion" not in words
    for name in ("face_emotion.npz", "crisis.npz", "age_gender.npz", "tag_vectors.npz"):
        assert name in words
    assert told(settings_of(tmp_path), "soundfont")[0] == told(settings_of(tmp_path), "korean")[0] == "✗"


def test_what_breaks_while_it_is_looked_at_is_a_line_and_the_rest_is_still_looked_at(tmp_path, monkeypatch):
    def _disk(settings):
        raise RuntimeError("something secret")
        yield

    monkeypatch.setattr(doctor, "LOOKS", (_disk, doctor._python))
    first, second = doctor.examine(settings_of(tmp_path))
    assert first.mark == "✗" and "RuntimeError" in first.words and "secret" not in first.words
    assert second.mark == "✓"


def test_the_running_port_is_told_and_not_the_one_of_the_settings(tmp_path):
    settings = kept(tmp_path, web={"port": 8420})
    (settings.data_dir / "web.address").write_text("http://127.0.0.1:9911")
    assert "9911" not in told(settings, "web")[1]  # it does not run any more
    lock = take_role(settings.data_dir, "bot")
    assert "9911" in told(settings, "web")[1]
    lock.close()


def test_unencrypted_copies_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not [found for found in doctor.examine(settings_of(tmp_path)) if "/delete" in found.words]
    (tmp_path / "emoseum-out").mkdir()
    (tmp_path / "emoseum-out" / "a.png").write_bytes(b"x")
    mark, words = told(settings_of(tmp_path), "copies")
    assert mark == "!" and "1" in words and "/delete" in words and str(tmp_path / "emoseum-out") in words


def test_the_web_chat_and_the_tokens(tmp_path):
    assert told(settings_of(tmp_path, web={"host": "0.0.0.0"}), "web")[0] == "✗"
    assert told(settings_of(tmp_path, web={"host": "0.0.0.0", "port": 0, "secret": "s"}), "web")[0] == "✓"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in told(settings_of(tmp_path, web={"port": port}), "web")[1]
        assert told(settings_of(tmp_path, web={"port": port}), "web")[0] == "✗"
    assert told(settings_of(tmp_path, telegram={"token": "hello"}), "telegram")[0] == "✗"
    away = {"token": "123456:" + "x" * 35, "base_url": "http://127.0.0.1:9/bot"}
    well = settings_of(tmp_path, telegram=away)
    assert told(well, "telegram")[0] == "!"  # nobody is there to ask
    assert "xxxx" not in str(doctor.examine(well))


@pytest.mark.parametrize(("key", "behaves", "mark"), [(KEY, "well", "✓"), ("wrong", "well", "✗"), (KEY, "500", "!")])
async def test_the_language_model_is_asked_for_its_list_only(tmp_path, key, behaves, mark):
    server = await OpenAIServer(behaves=behaves).start()
    settings = settings_of(tmp_path, openai={"base_url": server.base_url, "api_key": key})
    found = await asyncio.to_thread(told, settings, "writer")
    await server.stop()
    assert found[0] == mark and key not in found[1] and not server.asked
    assert told(settings, "writer")[0] == "!"  # nobody there any more


@pytest.mark.parametrize(
    ("speech", "speaker", "transcriber"),
    [
        ({"speaker": "gtts", "transcriber": "openai"}, "!", "✗"), ({"speaker": "none"}, "✓", "✓"),
        ({"speaker": "espeak", "transcriber": "faster-whisper", "whisper_model": "/nowhere/at/all"}, "✓", "✗"),
    ],
)  # fmt: skip
def test_voice_and_ear(tmp_path, speech, speaker, transcriber):
    settings = settings_of(tmp_path, speech=speech)
    assert (told(settings, "speaker")[0], told(settings, "transcriber")[0]) == (speaker, transcriber)


@pytest.mark.parametrize("engine", ["faster-whisper", "transformers"])
def test_the_ear_says_what_is_missing_and_what_to_do(tmp_path, monkeypatch, engine):
    there, seen, weights = set(), [], tmp_path / "weights"
    torch = types.SimpleNamespace(
        cuda=types.SimpleNamespace(is_available=lambda: bool(seen), get_device_name=lambda _n: "A Fine GPU")
    )
    hub = types.SimpleNamespace(try_to_load_from_cache=lambda _name, _file: None)
    monkeypatch.setattr(doctor_ear, "find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr(doctor_ear.importlib, "import_module", {"torch": torch, "huggingface_hub": hub}.__getitem__)

    def look(model, **more):
        speech = {"transcriber": engine, "whisper_model": str(model), **more}
        return told(settings_of(tmp_path, speech=speech), "transcriber")

    missing = look("small")
    assert missing[0] == "✗" and "pip install -e" in missing[1] and engine in missing[1]
    there |= {"faster_whisper", "torch", "transformers"}
    assert look("small")[0] == "!" and "speech.whisper_model" in look("small")[1]
    weights.mkdir()
    assert look(weights)[0] == "✗" and "model." in look(weights)[1]
    name = "model.bin" if engine == "faster-whisper" else "model-00001-of-00002.safetensors"
    (weights / name).write_bytes(b"weights")
    if engine == "faster-whisper":
        assert look(weights)[0] == "✓"
        return
    assert look(weights)[0] == "!" and "faster-whisper" in look(weights)[1]
    assert look(weights, whisper_device="cuda:3")[0] == "✗"
    seen.append("gpu")
    assert look(weights)[0] == "✓" and "A Fine GPU" in look(weights)[1]


@pytest.mark.parametrize(
    ("environment", "code"),
    [({}, 0), ({"EMOSEUM_WEB__PORT": "ninety"}, 78), ({"EMOSEUM_CONFIG": "/no/such.toml"}, 1), ({"EMOSEUM_WEB__HOST": "0.0.0.0"}, 1)],
)  # fmt: skip
def test_on_the_command_line_there_is_no_traceback(tmp_path, environment, code):
    done = subprocess.run(
        [sys.executable, "-m", "emoseum", "doctor", "--data-dir", str(tmp_path / "data")],
        cwd=ROOT, env=os.environ | {"EMOSEUM_WEB__PORT": "0"} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "Traceback" not in said and said.strip()
    assert done.returncode == code
    if environment:
        assert "port" in said.lower() or "✗" in said or "such.toml" in said


def test_a_translator_without_a_language_model_is_noticed(tmp_path):
    settings = settings_of(tmp_path, engines={"translator": "openai"})
    assert [found.mark for found in doctor.examine(settings) if "by its tags alone" in found.words] == ["!"]
