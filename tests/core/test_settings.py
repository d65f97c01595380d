"""Settings come from files and environment, are documented, and keep their secrets."""

import tomllib

import pytest
from pydantic import BaseModel, ValidationError

from core.settings import CONFIG_DIR, Settings, load_settings


def keys_of(model, prefix=""):
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys_of(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_key_has_its_sentence_and_its_variable():
    text = (CONFIG_DIR / "default.toml").read_text(encoding="utf-8")
    for key in keys_of(Settings):
        variable = "EMOSEUM_" + key.upper().replace(".", "__")
        lines = [line for line in text.splitlines() if f"[{variable}]" in line]
        assert len(lines) == 1 and "#" in lines[0], f"{key} is not described"


def test_the_file_says_what_the_code_says():
    with (CONFIG_DIR / "default.toml").open("rb") as file:
        told = tomllib.load(file)
    plain = Settings.model_construct()
    for table, values in told.items():
        if isinstance(values, dict):
            for name, value in values.items():
                here = getattr(getattr(plain, table), name)
                assert (here.get_secret_value() if hasattr(here, "get_secret_value") else here) == value


def test_environment_wins_over_files(monkeypatch, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[openai]\nmodel = "from a file"\nbase_url = "http://127.0.0.1:1"\n')
    monkeypatch.setenv("EMOSEUM_CONFIG", str(own))
    monkeypatch.setenv("EMOSEUM_OPENAI__BASE_URL", "http://127.0.0.1:2")
    monkeypatch.setenv("EMOSEUM_TELEGRAM__TOKEN", "12:secret")
    settings = load_settings(web={"port": 1})
    assert (settings.openai.model, settings.openai.base_url) == ("from a file", "http://127.0.0.1:2")
    assert settings.web.port == 1 and settings.web.host == "127.0.0.1"
    assert settings.telegram.token.get_secret_value() == "12:secret"
    assert "12:secret" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMOSEUM_WEB__PORT", "99999"),
        ("EMOSEUM_LANGUAGE", "fr"),
        ("EMOSEUM_WEB__PROT", "1"),
        ("EMOSEUM_TELEGRAM__WEBHOOK_URL", "diary.example/telegram"),
        ("EMOSEUM_TELEGRAM__BASE_URL", "https://"),
        ("EMOSEUM_DISCORD__GATEWAY_URL", "ws://127.0.0.1:port"),
        ("EMOSEUM_DISCORD__GATEWAY_URL", "https://gateway.example"),
        ("EMOSEUM_DISCORD__API_BASE", "https://api.example:0"),
        ("EMOSEUM_OPENAI__BASE_URL", "https://a b.example"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert name.split("__")[-1].lower().removeprefix("emoseum_") in str(refused.value).lower()


@pytest.mark.parametrize("blank", [" ", "\r", "\n", "\t "])
def test_white_space_around_a_value_is_nobodys_meaning(monkeypatch, blank):
    monkeypatch.setenv("EMOSEUM_TELEGRAM__TOKEN", f"12:secret{blank}")
    monkeypatch.setenv("EMOSEUM_DISCORD__TOKEN", blank)
    monkeypatch.setenv("EMOSEUM_TELEGRAM__WEBHOOK_URL", f"{blank}https://diary.example/telegram")
    settings = load_settings()
    assert settings.telegram.token.get_secret_value() == "12:secret"
    assert not settings.discord.token.get_secret_value()
    assert settings.telegram.webhook_url == "https://diary.example/telegram"


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        load_settings().language = "ko"
