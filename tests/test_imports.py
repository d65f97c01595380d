"""The rule of imports: arrows point to core, bot and adapters never meet, and the bot never wakes torch."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = {path.stem for path in ROOT.glob("*.py")}  # the command line and what stands beside it
OURS = {"core", "bot", "adapters", "training"} | TOP
MAY_IMPORT = {"core": {"core"}, "bot": {"bot", "core"}, "adapters": {"adapters", "core"}}
INTRODUCE = {"errands", "roles"}  # bot and adapters to each other
DBOS_AT_HOME = {"adapters/dbos_work.py", "bot/journey.py", "core/service.py"}


def imports_of(path: Path) -> set[str]:
    """The modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_to_core(room):
    for path in (ROOT / room).rglob("*.py"):
        strangers = {name.split(".")[0] for name in imports_of(path)} & OURS - MAY_IMPORT[room]
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_only_roles_and_errands_introduce_bot_and_adapters_to_each_other():
    known = {name: {module.split(".")[0] for module in imports_of(ROOT / f"{name}.py")} for name in TOP}
    assert {name for name in TOP if known[name] >= {"bot", "adapters"}} == INTRODUCE
    assert "emoseum" not in set().union(*known.values())  # arrows point away from the command line


def test_every_module_beside_the_command_line_is_installed_and_typed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["py-modules"]) == TOP
    assert {f"{name}.py" for name in TOP} <= set(project["tool"]["mypy"]["files"])


@pytest.mark.parametrize("name", ["core/entities.py", "core/ports.py"])
def test_nouns_and_ports_stand_on_the_standard_library(name):
    allowed = sys.stdlib_module_names | {"core"}
    assert {module.split(".")[0] for module in imports_of(ROOT / name)} <= allowed


def test_the_durable_engine_is_imported_in_three_files_only():
    homes = {
        str(path.relative_to(ROOT))
        for room in (*MAY_IMPORT, ".")
        for path in (ROOT / room).glob("**/*.py" if room != "." else "*.py")
        if any(name.split(".")[0] == "dbos" for name in imports_of(path))
    }
    assert homes == DBOS_AT_HOME


def test_importing_the_bot_wakes_nothing_heavy():
    heavy = ("torch", "transformers", "diffusers", "kiwipiepy", "scipy", "numpy", "tensorflow", "av")
    program = (
        "import sys, pkgutil, importlib, bot, bot.commands\n"
        "for package in (bot, bot.commands):\n"
        "    for module in pkgutil.iter_modules(package.__path__):\n"
        "        importlib.import_module(f'{package.__name__}.{module.name}')\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
