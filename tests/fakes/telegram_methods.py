"""The methods of the Bot API that a diary bot calls, each as strict as the real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fakes import telegram_limits as limits
from tests.fakes.telegram_chats import Action, Alert, Chat, Media, Stored, refuse_unless_open
from tests.fakes.telegram_entities import found, units
from tests.fakes.telegram_limits import Refused
from tests.fakes.telegram_media import input_media
from tests.fakes.telegram_media import media as media_of
from tests.fakes.telegram_profile import Profile
from tests.fakes.telegram_wire import Params, told_file

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_LATE = "query is too old and response timeout expired or query ID is invalid"


class Methods(Profile):
    """One call after the other; none of them waits for anything."""

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

    def getFile(self, p: Params) -> dict[str, Any]:
        file = self.server.files.get(p.text("file_id"))
        if file is None:
            raise Refused(400, "invalid file_id")
        if len(file.data) > limits.DOWNLOAD_BYTES:
            raise Refused(400, "file is too big")
        file.linked_at = self.server.now()
        self.server.links[file.path] = file
        return {**told_file(file), "file_path": file.path}

    # --- what they share -----------------------------------------------------------------------

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
