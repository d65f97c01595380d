"""The methods of the Bot API that a diary bot calls, each as strict as the real one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes import telegram_limits as limits
from tests.fakes.telegram_chats import Action, Alert, Chat, Media, Stored, refuse_unless_open
from tests.fakes.telegram_entities import found, units
from tests.fakes.telegram_limits import Refused
from tests.fakes.telegram_media import input_media
from tests.fakes.telegram_media import media as media_of
from tests.fakes.telegram_updates import Webhook
from tests.fakes.telegram_wire import Params, told_file

if TYPE_CHECKING:
    from tests.fakes.telegram_server import TelegramServer

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_LATE = "query is too old and response timeout expired or query ID is invalid"


class Methods:
    """One call after the other; none of them waits for anything."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}  # (scope as JSON, language) -> the menu
        self.about: dict[tuple[str, str], str] = {}  # (name | description | short_description, language) -> text
        self.menu_buttons: dict[int, Any] = {}

    def find(self, name: str) -> Callable[[Params], Any] | None:
        """The method of that name, in any case; None where there is none."""
        return self._table().get(name.lower())

    def _table(self) -> dict[str, Callable[[Params], Any]]:
        if not hasattr(self, "_all"):
            kinds = {
                f"send{k.title().replace('_', '')}": self._sender(k) for k in ("photo", "audio", "document", "voice")
            }
            named = {
                n: getattr(self, n) for n in dir(self) if re.fullmatch(r"(get|set|send|edit|delete|answer)[A-Z]\w+", n)
            }
            self._all = {name.lower(): method for name, method in {**kinds, **named}.items()}
        return self._all

    # --- the bot itself ------------------------------------------------------------------------

    def getMe(self, p: Params) -> dict[str, Any]:
        return {
            **self.server.about_bot(), "can_join_groups": True, "supports_inline_queries": False,
            "can_read_all_group_messages": self.server.reads_all, "can_connect_to_business": False,
            "has_main_web_app": False,
        }  # fmt: skip

    def setMyCommands(self, p: Params) -> bool:
        self.commands[self._menu(p)] = limits.commands(p.object("commands"))
        return True

    def getMyCommands(self, p: Params) -> list[dict[str, str]]:
        return self.commands.get(self._menu(p), [])

    def deleteMyCommands(self, p: Params) -> bool:
        self.commands.pop(self._menu(p), None)
        return True

    def _menu(self, p: Params) -> tuple[str, str]:
        scope, language = p.object("scope") or {"type": "default"}, p.text("language_code")
        if scope.get("type") not in (
            "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
            "chat_administrators", "chat_member",
        ):  # fmt: skip
            raise Refused(400, "can't parse BotCommandScope: Unsupported type specified")
        if scope["type"].startswith("chat"):
            self._chat(scope.get("chat_id"))
        return json.dumps(scope, sort_keys=True), _language(language)

    def setMyDescription(self, p: Params) -> bool:
        return self._describe(p, "description", 512)

    def setMyShortDescription(self, p: Params) -> bool:
        return self._describe(p, "short_description", 120)

    def setMyName(self, p: Params) -> bool:
        return self._describe(p, "name", 64)

    def getMyDescription(self, p: Params) -> dict[str, str]:
        return {"description": self.about.get(("description", p.text("language_code")), "")}

    def getMyShortDescription(self, p: Params) -> dict[str, str]:
        return {"short_description": self.about.get(("short_description", p.text("language_code")), "")}

    def getMyName(self, p: Params) -> dict[str, str]:
        return {"name": self.about.get(("name", p.text("language_code")), self.server.about_bot()["first_name"])}

    def _describe(self, p: Params, what: str, limit: int) -> bool:
        if units(p.text(what)) > limit:
            raise Refused(400, f"{what.replace('_', ' ')} is too long")
        self.about[what, _language(p.text("language_code"))] = p.text(what)
        return True

    def setChatMenuButton(self, p: Params) -> bool:
        button = p.object("menu_button") or {"type": "default"}
        if button.get("type") not in ("default", "commands", "web_app"):
            raise Refused(400, "can't parse menu button: Unsupported type specified")
        if button["type"] == "web_app" and urlsplit(button["web_app"]["url"]).scheme != "https":
            raise Refused(400, "menu button Web App URL is invalid: Only HTTPS links are allowed")
        self.menu_buttons[p.number("chat_id")] = button
        return True

    def getChat(self, p: Params) -> dict[str, Any]:
        return {**self._chat(p.given.get("chat_id")).about, "accent_color_id": 0, "max_reaction_count": 11,
                "accepted_gift_types": dict.fromkeys(
                    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
                    True)}  # fmt: skip

    # --- sending -------------------------------------------------------------------------------

    def sendMessage(self, p: Params) -> dict[str, Any]:
        chat = self._open(p)
        text, entities = self._text(p)
        return self._told(self._send(chat, p, text=text, entities=entities))

    def _sender(self, kind: str) -> Callable[[Params], Any]:
        def send(p: Params) -> dict[str, Any]:
            chat = self._open(p)
            caption, entities = self._caption(p)
            media = media_of(self.server, kind, p.given, p)
            return self._told(self._send(chat, p, text=caption, entities=entities, media=media))

        return send

    def sendMediaGroup(self, p: Params) -> list[dict[str, Any]]:
        chat = self._open(p)
        parts = p.object("media")
        if not isinstance(parts, list) or not 2 <= len(parts) <= 10:
            raise Refused(400, "group send failed" if parts else "there are no messages to send")
        kinds = {str(part.get("type")) for part in parts}
        if not (kinds <= {"photo", "video"} or kinds in ({"audio"}, {"document"})):
            raise Refused(400, "can't mix media of these types in an album")
        prepared = [(*self._caption(Params(part)), input_media(self.server, part, p)) for part in parts]
        self._flood(chat, len(parts))
        album = str(14_000_000_000_000_000 + self.server.next_number())
        return [
            self._told(self._send(chat, p, counted=True, text=text, entities=entities, media=media, album=album))
            for text, entities, media in prepared
        ]

    def sendChatAction(self, p: Params) -> bool:
        chat = self._open(p)
        if p.text("action") not in limits.ACTIONS:
            raise Refused(400, "wrong parameter action in request")
        chat.actions.append(Action(p.text("action"), self.server.elapsed_s()))
        return True

    def answerCallbackQuery(self, p: Params) -> bool:
        query = self.server.queries.get(p.text("callback_query_id"))
        if query is None or self.server.now() - query.at > self.server.query_age_s:
            raise Refused(400, _LATE)
        if units(p.text("text")) > limits.ANSWER_CHARS:
            raise Refused(400, "MESSAGE_TOO_LONG")
        if not query.answered:
            query.answered = True
            query.seat.alerts.append(Alert(query.id, p.text("text"), p.flag("show_alert"), p.text("url")))
        return True

    # --- changing ------------------------------------------------------------------------------

    def editMessageText(self, p: Params) -> dict[str, Any]:
        message = self._own(p)
        if message.media:
            raise Refused(400, "there is no text in the message to edit")
        text, entities = self._text(p, "MESSAGE_TOO_LONG")
        return self._edit(message, p, text=text, entities=entities)

    def editMessageCaption(self, p: Params) -> dict[str, Any]:
        message = self._own(p)
        if not message.media:
            raise Refused(400, "there is no caption in the message to edit")
        text, entities = self._caption(p)
        return self._edit(message, p, text=text, entities=entities)

    def editMessageMedia(self, p: Params) -> dict[str, Any]:
        message = self._own(p)
        part = p.object("media")
        if not isinstance(part, dict):
            raise Refused(400, "can't parse InputMedia: Expected an Object")
        if part.get("type") not in ("photo", "video", "animation", "audio", "document"):
            raise Refused(400, "can't parse InputMedia: type must be specified")
        if message.media and message.album and not _same_album(message.media.kind, part["type"]):
            raise Refused(400, "message content type can't be used in an album")
        text, entities = self._caption(Params(part))
        return self._edit(message, p, text=text, entities=entities, media=input_media(self.server, part, p))

    def editMessageReplyMarkup(self, p: Params) -> dict[str, Any]:
        return self._edit(self._own(p), p)

    def deleteMessage(self, p: Params) -> bool:
        chat = self._open(p)
        message = chat.messages.get(p.number("message_id"))
        if message is None:
            raise Refused(400, "message to delete not found")
        if self.server.now() - message.date > 48 * 3600 or not (message.mine or chat.private):
            raise Refused(400, "message can't be deleted for everyone" if message.mine else "message can't be deleted")
        del chat.messages[message.message_id]
        return True

    def deleteMessages(self, p: Params) -> bool:
        ids = p.object("message_ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
            raise Refused(400, "message identifiers are not specified")
        chat = self._open(p)
        for message_id in ids:
            if message_id in chat.messages:
                self.deleteMessage(Params({"chat_id": chat.chat_id, "message_id": message_id}))
        return True

    # --- files and the webhook -----------------------------------------------------------------

    def getFile(self, p: Params) -> dict[str, Any]:
        file = self.server.files.get(p.text("file_id"))
        if file is None:
            raise Refused(400, "invalid file_id")
        if len(file.data) > limits.DOWNLOAD_BYTES:
            raise Refused(400, "file is too big")
        file.linked_at = self.server.now()
        self.server.links[file.path] = file
        return {**told_file(file), "file_path": file.path}

    def getWebhookInfo(self, p: Params) -> dict[str, Any]:
        updates, hook = self.server.updates, self.server.updates.webhook
        info: dict[str, Any] = {
            "url": hook.url if hook else "", "has_custom_certificate": False,
            "pending_update_count": len(updates.pending), "max_connections": hook.max_connections if hook else 40,
        }  # fmt: skip
        if updates.last_error:
            info |= {"last_error_date": int(updates.last_error_at), "last_error_message": updates.last_error}
        return info

    def webhook_asked(self, p: Params) -> Webhook | None:
        """What setWebhook asks for; None where the address is empty."""
        url, secret = p.text("url"), p.text("secret_token")
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise Refused(400, "bad webhook: An HTTPS URL must be provided for webhook")
        if parts.scheme == "https" and parts.port not in (None, 443, 80, 88, 8443):
            raise Refused(400, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refused(400, "secret token contains unallowed characters")
        wide = min(100, max(1, p.number("max_connections", 40)))
        allowed = tuple(p.object("allowed_updates") or ())
        return Webhook(url, secret, wide, allowed, p.text("ip_address"))

    # --- what they share -----------------------------------------------------------------------

    def _chat(self, given: Any) -> Chat:
        if given in (None, ""):
            raise Refused(400, "chat_id is empty")
        try:
            return self.server.chats[int(given)]
        except (KeyError, TypeError, ValueError):
            raise Refused(400, "chat not found") from None

    def _open(self, p: Params) -> Chat:
        chat = self._chat(p.given.get("chat_id"))
        refuse_unless_open(chat)
        return chat

    def _own(self, p: Params) -> Stored:
        """The bot's own message that is to be changed."""
        chat = self._open(p)
        message = chat.messages.get(p.number("message_id"))
        if message is None:
            raise Refused(400, "message to edit not found")
        if not message.mine:
            raise Refused(400, "message can't be edited")
        return message

    def _text(self, p: Params, too_long: str = "message is too long") -> tuple[str, list[dict[str, Any]]]:
        text, entities = limits.words(
            p.text("text"), p.text("parse_mode"), p.object("entities"), limits.TEXT_CHARS, too_long
        )
        if not text:
            raise Refused(400, "message text is empty")
        return text, entities or found(text)

    def _caption(self, p: Params) -> tuple[str, list[dict[str, Any]]]:
        return limits.words(
            p.text("caption"), p.text("parse_mode"), p.object("caption_entities"), limits.CAPTION_CHARS,
            "message caption is too long",
        )  # fmt: skip

    def _flood(self, chat: Chat, cost: int = 1) -> None:
        self.server.flood.check(chat.chat_id, cost, self.server.now())

    def _send(self, chat: Chat, p: Params, *, counted: bool = False, **content: Any) -> Stored:
        markup = limits.keyboard(p.object("reply_markup"), chat.private)
        reply_to = self._reply_to(chat, p)
        if not counted:
            self._flood(chat)
        inline = markup if markup and "inline_keyboard" in markup else None
        if markup and not inline:
            chat.buttons = {} if "remove_keyboard" in markup else markup
        message = Stored(
            self.server.next_message_id(chat), chat, self.server.about_bot(), self.server.now(), markup=inline,
            reply_to=reply_to, silent=p.flag("disable_notification"), **content,
        )  # fmt: skip
        chat.messages[message.message_id] = message
        return message

    def _reply_to(self, chat: Chat, p: Params) -> int | None:
        about = p.object("reply_parameters") or {}
        wanted = int(about.get("message_id") or p.number("reply_to_message_id"))
        if not wanted or wanted in chat.messages:
            return wanted or None
        if about.get("allow_sending_without_reply") or p.flag("allow_sending_without_reply"):
            return None
        raise Refused(400, "message to be replied not found")

    def _edit(self, message: Stored, p: Params, **changes: Any) -> dict[str, Any]:
        markup = limits.keyboard(p.object("reply_markup"), message.chat.private)
        if markup and "inline_keyboard" not in markup:
            raise Refused(400, "inline keyboard expected")
        changes["markup"] = markup
        if all(_same(getattr(message, name), value) for name, value in changes.items()):
            raise Refused(400, _SAME)
        self.server.flood.check(message.chat.chat_id, 1, self.server.now(), edit=True)
        for name, value in changes.items():
            setattr(message, name, value)
        message.edits += 1
        if set(changes) != {"markup"}:
            message.edited_at = self.server.now()
        return self._told(message)

    def _told(self, message: Stored) -> dict[str, Any]:
        return self.server.told(message)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Media) and isinstance(new, Media):
        return old.file is new.file
    return bool(old == new)


def _same_album(old: str, new: str) -> bool:
    return old == new or {old, new} <= {"photo", "video"}


def _language(code: str) -> str:
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise Refused(400, "invalid language code specified")
    return code
