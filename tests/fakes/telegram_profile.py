"""What a bot is called, what its menu offers and where its updates go: the methods about the bot itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes import telegram_limits as limits
from tests.fakes.telegram_chats import Chat
from tests.fakes.telegram_entities import units
from tests.fakes.telegram_limits import Refused, too_many
from tests.fakes.telegram_updates import Webhook
from tests.fakes.telegram_wire import Params

if TYPE_CHECKING:
    from tests.fakes.telegram_server import TelegramServer


class Profile:
    """The bot as its owner sets it up."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}  # (scope as JSON, language) -> the menu
        self.about: dict[tuple[str, str], str] = {}  # (name | description | short_description, language) -> text
        self.menu_buttons: dict[int, Any] = {}
        self._webhook_again_at = 0.0  # setWebhook is allowed once a second

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

    def offered(self, *, private: bool, language: str) -> list[dict[str, str]]:
        """What a client shows beside the line: the narrowest list that there is, in its language before the general one."""
        scopes = ("all_private_chats" if private else "all_group_chats", "default")
        lists = ((json.dumps({"type": scope}), code) for scope in scopes for code in (language, ""))
        return next((self.commands[one] for one in lists if one in self.commands), [])

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
        if self.server.now() < self._webhook_again_at:
            raise too_many(1)
        self._webhook_again_at = self.server.now() + 1
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise Refused(400, "bad webhook: An HTTPS URL must be provided for webhook")
        if parts.scheme == "https" and parts.port not in (None, 443, 80, 88, 8443):
            raise Refused(400, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if len(secret) > 256:
            raise Refused(400, "secret token is too long")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
            raise Refused(400, "secret token contains unallowed characters")
        wide = min(100, max(1, p.number("max_connections", 40)))
        allowed = tuple(p.object("allowed_updates") or ())
        return Webhook(url, secret, wide, allowed, p.text("ip_address"))

    def _chat(self, given: Any) -> Chat:
        if given in (None, ""):
            raise Refused(400, "chat_id is empty")
        try:
            return self.server.chats[int(given)]
        except (KeyError, TypeError, ValueError):
            raise Refused(400, "chat not found") from None


def _language(code: str) -> str:
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise Refused(400, "invalid language code specified")
    return code
