"""What Discord asks of an application's commands before it shows them to people."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.fakes.discord_limits import ApiError, Form

CHAT_INPUT = 1
_LOCALES = "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko"
LOCALES = frozenset(_LOCALES.split())
_MOST = {1: 100, 2: 15, 3: 15}
_FIELDS = {
    "id", "application_id", "guild_id", "version", "name", "name_localizations", "description", "description_localizations",
    "options", "default_member_permissions", "dm_permission", "default_permission", "integration_types", "contexts", "type",
    "nsfw", "handler",
}  # fmt: skip


def check_commands(commands: Any) -> None:
    """A whole list, as the bulk overwrite takes it. Raises ApiError."""
    form = Form()
    if not isinstance(commands, list):
        form.no("_root", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        form.done()
    for kind, most in _MOST.items():
        if sum(command.get("type", CHAT_INPUT) == kind for command in commands) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most}).")
    seen = set()
    for i, command in enumerate(commands):
        check_command(form, str(i), command)
        key = (command.get("type", CHAT_INPUT), command.get("name"))
        if key in seen:
            form.no(str(i), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        seen.add(key)
    form.done()


def check_command(form: Form, at: str, command: dict[str, Any]) -> None:
    """One command: names, descriptions, localizations, options, where it may be used."""
    kind = command.get("type", CHAT_INPUT)
    form.one_of(f"{at}.type", kind, (1, 2, 3))
    for key in sorted(set(command) - _FIELDS):
        form.no(f"{at}.{key}", "UNKNOWN_FIELD", "This fake does not know the field.")
    _check_names(form, at, command, slash=kind == CHAT_INPUT)
    if kind == CHAT_INPUT:
        _check_descriptions(form, at, command)
        _check_options(form, at, command.get("options") or [], depth=0)
        if _letters(command) > 8000:
            form.no(at, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
    elif command.get("description"):
        form.no(f"{at}.description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_EXIST", "Context menu commands cannot have description")  # fmt: skip
    for key, choices in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        value = command.get(key)
        if value is None:
            continue
        if form.count(f"{at}.{key}", value, 1, len(choices)):
            for number in value:
                form.one_of(f"{at}.{key}", number, choices)


def is_name(name: Any) -> bool:
    """^[-_'\\p{L}\\p{N}]{1,32}$, in lower case where the script has one."""
    if not isinstance(name, str) or not 1 <= len(name) <= 32 or name != name.lower():
        return False
    return all(letter in "-_'" or unicodedata.category(letter)[0] in "LN" for letter in name)


def _check_names(form: Form, at: str, thing: dict[str, Any], *, slash: bool = True) -> None:
    names = [(f"{at}.name", thing.get("name"))]
    names += [(f"{at}.name_localizations.{key}", name) for key, name in (thing.get("name_localizations") or {}).items()]
    for path, name in names:
        if not form.text(path, name, 1, 32):
            continue
        if slash and not is_name(name):
            form.no(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    _check_locales(form, f"{at}.name_localizations", thing.get("name_localizations"))


def _check_descriptions(form: Form, at: str, thing: dict[str, Any]) -> None:
    form.text(f"{at}.description", thing.get("description"), 1, 100)
    for key, text in (thing.get("description_localizations") or {}).items():
        form.text(f"{at}.description_localizations.{key}", text, 1, 100)
    _check_locales(form, f"{at}.description_localizations", thing.get("description_localizations"))


def _check_locales(form: Form, at: str, texts: Any) -> None:
    for locale in texts or {}:
        if locale not in LOCALES:
            form.no(at, "DICT_TYPE_INVALID_KEY", f'"{locale}" is not a supported locale.')


def _check_options(form: Form, at: str, options: list[dict[str, Any]], depth: int) -> None:
    if not form.count(f"{at}.options", options, 0, 25):
        return
    seen: set[str] = set()
    optional = False
    for i, option in enumerate(options):
        path = f"{at}.options.{i}"
        _check_names(form, path, option)
        _check_descriptions(form, path, option)
        if option.get("name") in seen:
            form.no(path, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", "Option name already exists")
        seen.add(option.get("name", ""))
        if not form.one_of(f"{path}.type", option.get("type"), range(1, 12)):
            continue
        if option["type"] <= 2:
            if depth >= option["type"] + (option["type"] == 1):
                form.no(f"{path}.type", "APPLICATION_COMMAND_INVALID_OPTION", "Sub-commands cannot be nested so deep")
            _check_options(form, path, option.get("options") or [], depth + 1)
            continue
        if option.get("required") and optional:
            form.no(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")  # fmt: skip
        optional = optional or not option.get("required")
        _check_choices(form, path, option)


def _check_choices(form: Form, at: str, option: dict[str, Any]) -> None:
    choices = option.get("choices") or []
    if not form.count(f"{at}.choices", choices, 0, 25):
        return
    for i, choice in enumerate(choices):
        form.text(f"{at}.choices.{i}.name", choice.get("name"), 1, 100)
        _check_locales(form, f"{at}.choices.{i}.name_localizations", choice.get("name_localizations"))
        if option["type"] == 3:
            form.text(f"{at}.choices.{i}.value", choice.get("value"), 1, 100)


def _letters(thing: dict[str, Any]) -> int:
    own = len(thing.get("name") or "") + len(thing.get("description") or "") + len(str(thing.get("value") or ""))
    return own + sum(_letters(part) for key in ("options", "choices") for part in thing.get(key) or [])
