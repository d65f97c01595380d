"""What Discord refuses: the limits of messages, buttons and modals, with the errors in the shape it sends them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

CONTENT_CHARS = 2000
FILES = 10
FILE_BYTES = 10 * 1024 * 1024
REQUEST_BYTES = 25 * 1024 * 1024
ALT_CHARS = 1024
EPHEMERAL, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 6, 1 << 2, 1 << 12
LINK, PREMIUM = 5, 6
ACTION_ROW, BUTTON, SELECT, TEXT_INPUT, LABEL = 1, 2, 3, 4, 18
SELECTS = (3, 5, 6, 7, 8)


class ApiError(Exception):
    """An answer that is a refusal: HTTP status, Discord's code and message, and the tree of what was wrong."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}")
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


class Form:
    """Collects what is wrong with a request, by path, as Discord's Invalid Form Body."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def no(self, path: str, code: str, message: str) -> None:
        """Note one error; `path` has dots."""
        node = self._tree
        for part in path.split("."):
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, path: str, value: Any, low: int, high: int) -> bool:
        """True for a text of `low` to `high` characters."""
        if value is None and low == 0:
            return True
        if value is None:
            self.no(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, str):
            self.no(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif not low <= len(value) <= high:
            if low:
                self.no(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
            else:
                self.no(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        else:
            return True
        return False

    def count(self, path: str, value: Any, low: int, high: int) -> bool:
        """True for a list of `low` to `high` items."""
        if not isinstance(value, list):
            self.no(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        elif not low <= len(value) <= high:
            self.no(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
        else:
            return True
        return False

    def whole(self, path: str, value: Any, low: int, high: int) -> bool:
        """True for a whole number in `low`..`high`."""
        if type(value) is not int or not low <= value <= high:
            self.no(path, "NUMBER_TYPE_MIN", f"int value should be between {low} and {high}.")
            return False
        return True

    def one_of(self, path: str, value: Any, choices: Any) -> bool:
        """True for one of `choices`."""
        if value in choices:
            return True
        self.no(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, choices))}}}.")
        return False

    def done(self) -> None:
        """Raises ApiError 50035 where something was wrong."""
        if self._tree:
            raise ApiError(400, 50035, "Invalid Form Body", self._tree)


_MESSAGE = {
    "content", "nonce", "enforce_nonce", "tts", "embeds", "allowed_mentions", "message_reference", "components",
    "sticker_ids", "attachments", "flags", "poll", "payload_json",
}  # fmt: skip


def check_message(payload: dict[str, Any], *, ephemeral: bool) -> None:
    """A message's JSON. Raises ApiError."""
    form = Form()
    form.text("content", payload.get("content"), 0, CONTENT_CHARS)
    flags = payload.get("flags") or 0
    may = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | (EPHEMERAL if ephemeral else 0)
    if not isinstance(flags, int) or flags & ~may:
        form.no("flags", "MESSAGE_FLAGS_INVALID", "These flags cannot be set here (or this fake does not know them).")
    nonce = payload.get("nonce")
    if nonce is not None and (not isinstance(nonce, str | int) or len(str(nonce)) > 25):
        form.no("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
    for key in sorted(set(payload) - _MESSAGE):
        form.no(key, "UNKNOWN_FIELD", "This fake does not know the field.")
    for key in ("sticker_ids", "poll"):
        if payload.get(key):
            form.no(key, "UNKNOWN_FIELD", "This fake does not know the field.")
    _check_mentions(form, payload.get("allowed_mentions"))
    _check_embeds(form, payload.get("embeds"))
    check_components(form, payload.get("components"))
    form.done()


def _check_mentions(form: Form, mentions: Any) -> None:
    if not mentions:
        return
    parse = mentions.get("parse") or []
    for kind in parse:
        form.one_of("allowed_mentions.parse", kind, ("roles", "users", "everyone"))
    for kind in ("users", "roles"):
        if kind in parse and mentions.get(kind):
            form.no(
                "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive.",
            )  # fmt: skip


def _check_embeds(form: Form, embeds: Any) -> None:
    if embeds is None or not form.count("embeds", embeds, 0, 10):
        return
    total = 0
    for i, embed in enumerate(embeds):
        at = f"embeds.{i}"
        fields = embed.get("fields") or []
        texts = [
            (f"{at}.title", embed.get("title"), 256),
            (f"{at}.description", embed.get("description"), 4096),
            (f"{at}.footer.text", (embed.get("footer") or {}).get("text"), 2048),
            (f"{at}.author.name", (embed.get("author") or {}).get("name"), 256),
        ]
        form.count(f"{at}.fields", fields, 0, 25)
        for j, field in enumerate(fields):
            form.text(f"{at}.fields.{j}.name", field.get("name"), 1, 256)
            form.text(f"{at}.fields.{j}.value", field.get("value"), 1, 1024)
            total += len(field.get("name") or "") + len(field.get("value") or "")
        for path, value, high in texts:
            if form.text(path, value, 0, high):
                total += len(value or "")
    if total > 6000:
        form.no("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def check_components(form: Form, rows: Any, at: str = "components") -> None:
    """The rows of buttons and selects under a message."""
    if rows is None or not form.count(at, rows, 0, 5):
        return
    seen: set[str] = set()
    for i, row in enumerate(rows):
        path = f"{at}.{i}"
        if not isinstance(row, dict) or row.get("type") != ACTION_ROW:
            form.no(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
            continue
        children = row.get("components")
        if not form.count(f"{path}.components", children, 1, 5):
            continue
        kinds = [child.get("type") for child in children]
        if any(kind in SELECTS for kind in kinds) and len(kinds) > 1:
            form.no(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")  # fmt: skip
        for j, child in enumerate(children):
            where = f"{path}.components.{j}"
            if child.get("type") == BUTTON:
                _check_button(form, where, child)
            elif child.get("type") in SELECTS:
                _check_select(form, where, child)
            else:
                form.no(f"{where}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (2, 3, 5, 6, 7, 8).")  # fmt: skip
            _check_unique(form, where, child.get("custom_id"), seen)


def _check_unique(form: Form, at: str, custom_id: Any, seen: set[str]) -> None:
    if custom_id is None:
        return
    if custom_id in seen:
        form.no(f"{at}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    seen.add(custom_id)


def _check_button(form: Form, at: str, button: dict[str, Any]) -> None:
    form.text(f"{at}.label", button.get("label"), 0, 80)
    if not button.get("label") and not button.get("emoji"):
        form.no(f"{at}.label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button needs a label or an emoji")
    if not form.one_of(f"{at}.style", button.get("style"), (1, 2, 3, 4, LINK)):
        return
    if button["style"] != LINK:
        form.text(f"{at}.custom_id", button.get("custom_id"), 1, 100)
        if button.get("url"):
            form.no(f"{at}.url", "BUTTON_COMPONENT_INVALID_URL", "Only a link button may have a url")
        return
    if button.get("custom_id"):
        form.no(f"{at}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")  # fmt: skip
    if not form.text(f"{at}.url", button.get("url"), 1, 512):
        return
    parts = urlsplit(button["url"])
    if parts.scheme not in ("http", "https", "discord"):
        form.no(
            f"{at}.url", "URL_TYPE_INVALID_SCHEME",
            f'Scheme "{parts.scheme}" is not supported. Scheme must be one of (\'http\', \'https\', \'discord\').',
        )  # fmt: skip
    elif parts.scheme != "discord" and not re.fullmatch(r"[^.\s]+(\.[^.\s]+)+\.?", parts.hostname or ""):
        form.no(f"{at}.url", "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_select(form: Form, at: str, select: dict[str, Any]) -> None:
    form.text(f"{at}.custom_id", select.get("custom_id"), 1, 100)
    form.text(f"{at}.placeholder", select.get("placeholder"), 0, 150)
    if select["type"] != SELECT or not form.count(f"{at}.options", select.get("options"), 1, 25):
        return
    values = set()
    for i, option in enumerate(select["options"]):
        form.text(f"{at}.options.{i}.label", option.get("label"), 1, 100)
        form.text(f"{at}.options.{i}.value", option.get("value"), 1, 100)
        form.text(f"{at}.options.{i}.description", option.get("description"), 0, 100)
        if option.get("value") in values:
            form.no(f"{at}.options.{i}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")  # fmt: skip
        values.add(option.get("value"))
    form.whole(f"{at}.min_values", select.get("min_values", 1), 0, len(values))
    form.whole(f"{at}.max_values", select.get("max_values", 1), 1, len(values))


def check_modal(modal: dict[str, Any]) -> None:
    """A modal: title, custom_id and one to five text inputs or selects. Raises ApiError."""
    form = Form()
    form.text("data.title", modal.get("title"), 1, 45)
    form.text("data.custom_id", modal.get("custom_id"), 1, 100)
    seen: set[str] = set()
    if form.count("data.components", modal.get("components"), 1, 5):
        for i, row in enumerate(modal["components"]):
            at = f"data.components.{i}"
            if row.get("type") == ACTION_ROW and form.count(f"{at}.components", row.get("components"), 1, 1):
                child, where = row["components"][0], f"{at}.components.0"
                form.text(f"{where}.label", child.get("label"), 1, 45)
                form.one_of(f"{where}.type", child.get("type"), (TEXT_INPUT,))
            elif row.get("type") == LABEL:
                child, where = row.get("component") or {}, f"{at}.component"
                form.text(f"{at}.label", row.get("label"), 1, 45)
                form.text(f"{at}.description", row.get("description"), 0, 100)
            else:
                form.one_of(f"{at}.type", row.get("type"), (ACTION_ROW, LABEL))
                continue
            if child.get("type") == TEXT_INPUT:
                _check_text_input(form, where, child)
            elif child.get("type") in SELECTS:
                _check_select(form, where, child)
            else:
                form.one_of(f"{where}.type", child.get("type"), (TEXT_INPUT, *SELECTS))
            _check_unique(form, where, child.get("custom_id"), seen)
    form.done()


def _check_text_input(form: Form, at: str, box: dict[str, Any]) -> None:
    form.text(f"{at}.custom_id", box.get("custom_id"), 1, 100)
    form.one_of(f"{at}.style", box.get("style"), (1, 2))
    form.text(f"{at}.placeholder", box.get("placeholder"), 0, 100)
    form.text(f"{at}.value", box.get("value"), 0, 4000)
    if box.get("min_length") is not None:
        form.whole(f"{at}.min_length", box["min_length"], 0, 4000)
    if box.get("max_length") is not None:
        form.whole(f"{at}.max_length", box["max_length"], 1, 4000)
