"""Settings: TOML and environment become frozen values.

Order, the later wins: `config/default.toml`, the file that `EMOSEUM_CONFIG` names, `EMOSEUM_*` variables
(`__` between table and key: `EMOSEUM_OPENAI__BASE_URL`), what the command line gives.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).resolve().parent.parent
CONFIG_DIR = ROOT / "config"
TOKEN_CHARS = 16  # that nobody guesses


def _address_of(*schemes: str) -> AfterValidator:
    """Nothing, or a whole address: one that can't be meant is refused here, and not by a library in the middle of a start."""

    def check(given: str) -> str:
        try:
            parts = urlsplit(given)
            whole = (
                parts.scheme in schemes
                and bool(parts.hostname)
                and parts.port != 0
                and not any(map(str.isspace, given))
            )
        except ValueError:  # a port that is none
            whole = False
        if given and not whole:
            raise PydanticCustomError(
                "address", "it must be a whole address that begins with {scheme}://", {"scheme": schemes[0]}
            )
        return given

    return AfterValidator(check)


Address = Annotated[str, _address_of("https", "http")]
SocketAddress = Annotated[str, _address_of("wss", "ws")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Web(_Table):
    """The web chat."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8420
    secret: SecretStr = SecretStr("")
    public_url: Annotated[str, Field(pattern=r"^(https://[^/?#\s]+)?$")] = ""

    @property
    def pages(self) -> str:
        """Where people elsewhere reach the drawing page; "" where they can't."""
        return self.public_url if self.enabled else ""


class Telegram(_Table):
    """Telegram; off without a token."""

    token: SecretStr = SecretStr("")
    base_url: Address = ""
    base_file_url: Address = ""
    poll_timeout_s: Annotated[int, Field(ge=0, le=50)] = 25
    webhook_url: Address = ""
    webhook_secret: SecretStr = SecretStr("")
    webhook_host: str = "127.0.0.1"
    webhook_port: Annotated[int, Field(ge=0, le=65535)] = 8443


class Discord(_Table):
    """Discord; off without a token."""

    token: SecretStr = SecretStr("")
    api_base: Address = ""
    gateway_url: SocketAddress = ""


class OpenAI(_Table):
    """A language model behind the OpenAI protocol; off without key and base URL."""

    api_key: SecretStr = SecretStr("")
    base_url: Address = ""
    model: str = "gpt-5-mini"
    timeout_s: float = 20.0

    @property
    def on(self) -> bool:
        """True where there is something to talk to."""
        return bool(self.api_key.get_secret_value() or self.base_url)


class Speech(_Table):
    """Anna's voice and the ear for voice notes."""

    speaker: Literal["auto", "gtts", "espeak", "none"] = "auto"
    transcriber: Literal["none", "faster-whisper", "transformers", "openai"] = "none"
    whisper_model: str = "small"
    whisper_device: str = "auto"
    listen_s: Annotated[float, Field(gt=0)] = 600.0
    confirm_s: Annotated[float, Field(ge=0)] = 300.0
    late_days: Annotated[float, Field(ge=0)] = 30.0
    late_every_s: Annotated[float, Field(gt=0)] = 20.0


class Engines(_Table):
    """Which engine does which work; `instant` returns at once, for tests and benchmarks of the journey."""

    understanding: Literal["embedded", "instant"] = "embedded"
    text: Literal["embedded", "transformers"] = "embedded"
    text_model: str = ""
    face: Literal["embedded", "model"] = "embedded"
    face_model: str = ""
    age_gender: Literal["none", "small", "transformers"] = "small"
    age_gender_model: str = ""
    painter: Literal["auto", "crayon", "diffusion", "instant"] = "auto"
    composer: Literal["soundfont", "instant"] = "soundfont"
    commenter: Literal["auto", "embedded", "openai", "instant"] = "auto"
    translator: Literal["none", "openai"] = "none"

    @model_validator(mode="after")
    def _is_whole(self) -> Engines:
        if self.text == "transformers" and not self.text_model:
            raise ValueError("text transformers needs text_model, a folder or a name on the hub")
        if self.face == "model" and not self.face_model:
            raise ValueError("face model needs face_model, the folder of a trained network")
        return self


class Painting(_Table):
    """The diffusion painter; used where `core.engines.paints` says so."""

    model: str = ""
    controlnet: str = ""
    lora: str = ""
    controlnet_lora: str = ""
    scheduler: Literal[
        "auto", "ddim", "ddim-trailing", "ddpm", "deis", "dpm++", "dpm++-karras", "euler", "euler-a", "heun", "lcm", "pndm",
        "tcd", "unipc",
    ] = "auto"  # fmt: skip
    steps: Annotated[int, Field(ge=0, le=1000)] = 0
    guidance: float = -1.0
    strength: Annotated[float, Field(ge=0, le=1)] = 0.0
    width: Literal[512, 1024] = 512
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    batch: Annotated[int, Field(ge=0, le=64)] = 0
    preview: str = ""
    lines: Annotated[float, Field(ge=0, le=1)] = 1.0
    safety: str = "auto"


class Work(_Table):
    """The durable engine."""

    polling_s: Annotated[float, Field(gt=0)] = 0.04
    join_s: Annotated[float, Field(ge=0)] = 5.0
    album_quiet_s: Annotated[float, Field(gt=0)] = 2.5
    album_s: Annotated[float, Field(gt=0)] = 10.0
    fetch_s: Annotated[float, Field(gt=0)] = 4.0
    consent_hours: Annotated[float, Field(gt=0)] = 24.0
    studio_processes: Annotated[int, Field(ge=1)] = 2
    slow_s: Annotated[float, Field(gt=0)] = 20.0
    remind_every_s: Annotated[float, Field(gt=0)] = 15.0
    stage_timeout_s: Annotated[float, Field(gt=0)] = 120.0
    attempts: Annotated[int, Field(ge=1)] = 3
    min_free_mb: Annotated[int, Field(ge=0)] = 200
    executor_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,60}$")] = ""
    lease_s: Annotated[float, Field(ge=1)] = 30.0
    sweep_s: Annotated[float, Field(gt=0)] = 10.0
    answers: Annotated[int, Field(ge=1)] = 256


class Intake(_Table):
    """What may come in."""

    text_chars: int = 20_000
    photo_bytes: int = 20 * 1024 * 1024
    photo_pixels: int = 50_000_000
    audio_bytes: int = 20 * 1024 * 1024
    audio_s: float = 300.0


class Media(_Table):
    """Where encrypted files lie, and how a core without an open port reaches those of the bot's host."""

    kind: Literal["files", "s3", "http"] = "files"
    s3_bucket: str = ""
    s3_endpoint: Address = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    http_url: Address = ""
    http_token: SecretStr = SecretStr("")
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 0
    http_max_mb: Annotated[int, Field(ge=1)] = 64
    timeout_s: Annotated[float, Field(gt=0)] = 30.0

    @property
    def served(self) -> bool:
        """True where this machine's files are lent to a core elsewhere."""
        return self.kind == "files" and self.http_port > 0

    @model_validator(mode="after")
    def _is_whole(self) -> Media:
        if self.kind == "s3" and not self.s3_bucket:
            raise ValueError("kind s3 needs s3_bucket")
        if self.kind == "http" and not self.http_url:
            raise ValueError("kind http needs http_url, the address of the bot's host")
        if (self.kind == "http" or self.served) and len(self.http_token.get_secret_value()) < TOKEN_CHARS:
            raise ValueError(f"http_token needs {TOKEN_CHARS} characters or more, the same on both machines")
        return self


class Health(_Table):
    """`/healthz` and `/metrics` of each role; a port of 0 is none."""

    host: str = "127.0.0.1"
    port_bot: Annotated[int, Field(ge=0, le=65535)] = 0
    port_core: Annotated[int, Field(ge=0, le=65535)] = 0
    queue_old_s: Annotated[float, Field(gt=0)] = 300.0


class Settings(BaseSettings):
    """Everything that can be set; see `config/default.toml` for each key's sentence."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        env_prefix="EMOSEUM_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Path("data")
    database_url: SecretStr = SecretStr("")
    master_key: SecretStr = SecretStr("")
    master_key_file: Path | None = None
    language: Literal["ko", "en"] = "en"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    web: Web = Web()
    telegram: Telegram = Telegram()
    discord: Discord = Discord()
    openai: OpenAI = OpenAI()
    speech: Speech = Speech()
    engines: Engines = Engines()
    painter: Painting = Painting()
    work: Work = Work()
    intake: Intake = Intake()
    media: Media = Media()
    health: Health = Health()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then the person's file, then ours."""
        files = [CONFIG_DIR / "default.toml"]
        if own := os.environ.get("EMOSEUM_CONFIG"):
            files.append(Path(own))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=files))

    @property
    def sql_url(self) -> str:
        """The database, as SQLAlchemy's async engine wants it."""
        return self.database_url.get_secret_value() or f"sqlite+aiosqlite:///{self.data_dir / 'emoseum.sqlite'}"

    @property
    def key_file(self) -> Path:
        """Where the master key lies: never in the data folder itself, so that a copy of one is not a copy of both."""
        if self.master_key_file is not None:
            return self.master_key_file
        data_dir = self.data_dir.resolve()
        return data_dir.with_name(data_dir.name + ".key")


def load_settings(**overrides: Any) -> Settings:
    """Read every source once. Raises pydantic.ValidationError with the key that is wrong."""
    return Settings(**overrides)
