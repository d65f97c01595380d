"""What docs/deploy.md and the units say can be followed: the names exist, the settings load, systemd takes the units."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.settings import CONFIG_DIR, ROOT, load_settings
from tests.core.test_settings import keys_of

UNITS = sorted((CONFIG_DIR / "systemd").glob("*.service"))
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_every_variable_that_is_named_is_a_setting() -> None:
    from core.settings import Settings

    known = {"EMOSEUM_" + key.upper().replace(".", "__") for key in keys_of(Settings)}
    named = set(re.findall(r"\bEMOSEUM_[A-Z0-9_]+[A-Z0-9]", DEPLOY))
    for path in (*UNITS, CONFIG_DIR / "env.example"):
        named |= set(re.findall(r"\bEMOSEUM_[A-Z0-9_]+[A-Z0-9]", path.read_text()))
    assert len(named) > 15 and named <= known, named - known


@pytest.mark.parametrize("title", ["The files in a bucket", "The files on the bot's host", "Health and figures"])
def test_the_settings_of_each_host_load(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    block = DEPLOY.split(f"# {title}\n")[1].split("```")[1]
    hosts = re.split(r"^# .*$", block, flags=re.MULTILINE)
    for host in filter(str.strip, hosts):
        with monkeypatch.context() as patch:
            for name, value in re.findall(r"^(EMOSEUM_\w+)=(\S*)", host, flags=re.MULTILINE):
                patch.setenv(name, "0123456789abcdef" if value == "..." else value)
            settings = load_settings()
            assert settings.media.kind != "files" or settings.media.served or settings.health.port_bot


def test_every_figure_that_is_named_is_counted() -> None:
    sources = "".join(path.read_text() for room in ("core", "bot", "adapters") for path in (ROOT / room).glob("*.py"))
    named = set(re.findall(r"`emoseum_(\w+)", DEPLOY))
    assert len(named) > 10
    for name in named:
        bare = name.removesuffix("_total")
        assert f'"{bare}"' in sources, name


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    role = unit.stem.removeprefix("emoseum-")
    assert f"ExecStart=/opt/emoseum/.venv/bin/emoseum {role}\n" in unit.read_text()
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    program = tmp_path / "emoseum"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/emoseum/.venv/bin/emoseum", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, env=os.environ
    )
    mine = [line for line in (done.stdout + done.stderr).splitlines() if unit.stem in line]
    assert not mine, mine


def test_the_procfile_names_commands_that_there_are() -> None:
    import emoseum

    commands = {command.name or command.callback.__name__ for command in emoseum.app.registered_commands}  # type: ignore[union-attr]
    commands |= {f"{group.name} {command.name}" for group in emoseum.app.registered_groups for command in group.typer_instance.registered_commands}  # type: ignore[union-attr]  # fmt: skip
    for line in (ROOT / "Procfile").read_text().splitlines():
        assert line.split(": emoseum ")[1] in commands
