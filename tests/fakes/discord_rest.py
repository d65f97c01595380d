"""The pretended Discord's REST: what may be asked, and what is answered."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes import discord_messages as messages
from tests.fakes.discord_commands import CHAT_INPUT, check_command, check_commands
from tests.fakes.discord_interactions import Interaction
from tests.fakes.discord_limits import ApiError, Form
from tests.fakes.discord_world import NOT_SHOWN, Posted, Room, World

if TYPE_CHECKING:
    from tests.fakes.discord_people import Person

BODY = web.RequestKey("body", messages.Body)
OPEN = ("GET /gateway", "/interactions/", "/webhooks/", "/attachments/")  # without Authorization


def answer(body: Any, status: int = 200, headers: Any = None) -> web.Response:
    """JSON with exactly the content type that clients compare with."""
    return web.Response(
        body=json.dumps(body, ensure_ascii=False).encode(),
        status=status,
        content_type="application/json",
        headers=headers,
    )


class Rest:
    """The routes under /api/v10 and the CDN, over one world."""

    def __init__(self, world: World, gateway_url: Any) -> None:
        self._world, self._gateway_url = world, gateway_url

    def add_to(self, router: web.UrlDispatcher, base: str) -> None:
        """Open the routes."""
        room, one, hook = "/channels/{room}", "/channels/{room}/messages/{id}", "/webhooks/{app}/{token}"
        routes = [
            ("GET", "/gateway", self._gateway), ("GET", "/gateway/bot", self._gateway_bot), ("GET", "/users/@me", self._me),
            ("GET", "/users/{user:\\d+}", self._user), ("GET", "/applications/@me", self._application),
            ("PATCH", "/applications/@me", self._application), ("GET", "/oauth2/applications/@me", self._application),
            ("POST", "/users/@me/channels", self._open_dm), ("GET", "/users/@me/channels", self._no_dms),
            ("GET", room, self._channel), ("DELETE", room, self._channel), ("POST", f"{room}/typing", self._typing),
            ("GET", f"{room}/messages", self._history), ("POST", f"{room}/messages", self._send), ("GET", one, self._message),
            ("PATCH", one, self._edit), ("DELETE", one, self._delete), ("PUT", one + "/reactions/{emoji}/@me", self._react),
            ("DELETE", one + "/reactions/{emoji}/@me", self._unreact), ("POST", "/attachments/refresh-urls", self._refresh),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback), ("POST", hook, self._follow_up),
            ("GET", hook + "/messages/{id}", self._answer), ("PATCH", hook + "/messages/{id}", self._edit_answer),
            ("DELETE", hook + "/messages/{id}", self._delete_answer),
        ]  # fmt: skip
        for commands in ("/applications/{app:\\d+}/commands", "/applications/{app:\\d+}/guilds/{guild:\\d+}/commands"):
            routes += [
                ("GET", commands, self._commands), ("PUT", commands, self._put_commands), ("POST", commands, self._add_command),
                ("DELETE", commands + "/{command}", self._drop_command),
            ]  # fmt: skip
        for method, path, handler in routes:
            router.add_route(method, base + path, handler)
        router.add_get("/attachments/{room}/{upload}/{name}", self._file)

    # --- who and where ------------------------------------------------------------------------

    async def _gateway(self, request: web.Request) -> web.Response:
        return answer({"url": self._gateway_url()})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return answer({"url": self._gateway_url(), "shards": 1, "session_start_limit": limit})

    async def _me(self, request: web.Request) -> web.Response:
        return answer(
            self._world.bot | {"verified": True, "mfa_enabled": False, "email": None, "flags": 0, "locale": "en-US"}
        )

    async def _user(self, request: web.Request) -> web.Response:
        return answer(self._person(request.match_info["user"]).user)

    async def _application(self, request: web.Request) -> web.Response:
        world = self._world
        owner = {"id": "1", "username": "owner", "discriminator": "0", "global_name": "Owner", "avatar": None}
        return answer({
            "id": str(world.app_id), "name": "Emoseum", "icon": None, "description": "", "bot_public": True, "owner": owner,
            "bot_require_code_grant": False, "verify_key": "00" * 32, "team": None, "bot": world.bot, "summary": "", "tags": [],
            "flags": (1 << 19 if world.message_content else 0), "redirect_uris": [], "interactions_endpoint_url": None,
            "integration_types_config": {"0": {}, "1": {}}, "rpc_origins": [], "approximate_guild_count": len(world.guilds),
        })  # fmt: skip

    async def _open_dm(self, request: web.Request) -> web.Response:
        recipient = request[BODY].payload.get("recipient_id")
        if str(recipient) == self._world.bot["id"]:
            raise ApiError(400, 50007, "Cannot send messages to this user")
        return answer(self._person(recipient).dm.json())

    async def _no_dms(self, request: web.Request) -> web.Response:
        return answer([])

    async def _channel(self, request: web.Request) -> web.Response:
        return answer(self._room(request).json())

    async def _typing(self, request: web.Request) -> web.Response:
        room = self._room(request)
        self._check_writable(room)
        room.typing.append(time.monotonic())
        return web.Response(status=204)

    # --- messages -----------------------------------------------------------------------------

    async def _history(self, request: web.Request) -> web.Response:
        rows = [
            posted
            for posted in self._room(request).messages.values()
            if posted.only_for is None and posted.flags != NOT_SHOWN
        ]
        query, form = request.query, Form()
        text = query.get("limit", "50")
        limit = int(text) if text.isdigit() else 0
        form.whole("limit", limit, 1, 100)
        for key in ("before", "after", "around"):
            if key in query and not query[key].isdigit():
                form.no(key, "NUMBER_TYPE_COERCE", f'Value "{query[key]}" is not snowflake.')
        form.done()
        rows.sort(key=lambda posted: posted.id)
        if "after" in query:
            rows = [posted for posted in rows if posted.id > int(query["after"])][:limit]
        elif "before" in query:
            rows = [posted for posted in rows if posted.id < int(query["before"])][-limit:]
        elif "around" in query:
            near = sorted(rows, key=lambda posted: abs(posted.id - int(query["around"])))[:limit]
            rows = sorted(near, key=lambda posted: posted.id)
        else:
            rows = rows[-limit:]
        return answer([self._json(posted) for posted in reversed(rows)])

    async def _send(self, request: web.Request) -> web.Response:
        room, body = self._room(request), request[BODY]
        self._check_writable(room)
        return answer(self._json(messages.create(self._world, room, body.payload, body)))

    async def _message(self, request: web.Request) -> web.Response:
        return answer(self._json(self._posted(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        posted, body = self._posted(request), request[BODY]
        if posted.author["id"] != self._world.bot["id"]:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        self._check_writable(posted.room)
        return answer(self._json(messages.change(self._world, posted, body.payload, body)))

    async def _delete(self, request: web.Request) -> web.Response:
        posted = self._posted(request)
        if posted.author["id"] != self._world.bot["id"]:
            if posted.room.guild is None:
                raise ApiError(403, 50003, "Cannot execute action on a DM channel")
            raise ApiError(403, 50013, "Missing Permissions")
        self._world.remove(posted)
        return web.Response(status=204)

    async def _react(self, request: web.Request) -> web.Response:
        posted = self._posted(request)
        if request.match_info["emoji"] not in posted.reactions:
            posted.reactions.append(request.match_info["emoji"])
        return web.Response(status=204)

    async def _unreact(self, request: web.Request) -> web.Response:
        posted = self._posted(request)
        posted.reactions = [emoji for emoji in posted.reactions if emoji != request.match_info["emoji"]]
        return web.Response(status=204)

    # --- interactions -------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None or str(interaction.id) != request.match_info["interaction"]:
            raise ApiError(404, 10062, "Unknown interaction")
        body = request[BODY]
        told = interaction.acknowledge(body.payload, body)
        if request.query.get("with_response") in ("1", "true"):
            return answer(told)
        return web.Response(status=204)

    async def _follow_up(self, request: web.Request) -> web.Response:
        body = request[BODY]
        return answer(self._json(self._interaction(request).follow_up(body.payload, body)))

    async def _answer(self, request: web.Request) -> web.Response:
        return answer(self._json(self._interaction(request).message(request.match_info["id"])))

    async def _edit_answer(self, request: web.Request) -> web.Response:
        body = request[BODY]
        return answer(self._json(self._interaction(request).edit(request.match_info["id"], body.payload, body)))

    async def _delete_answer(self, request: web.Request) -> web.Response:
        self._world.remove(self._interaction(request).message(request.match_info["id"]))
        return web.Response(status=204)

    # --- commands -----------------------------------------------------------------------------

    async def _commands(self, request: web.Request) -> web.Response:
        return answer(self._list(request))

    async def _put_commands(self, request: web.Request) -> web.Response:
        wanted, old = request[BODY].json, self._list(request)
        check_commands(wanted)
        ids = {(command["type"], command["name"]): command["id"] for command in old}
        old[:] = [self._registered(command, ids) for command in wanted]
        return answer(old)

    async def _add_command(self, request: web.Request) -> web.Response:
        wanted, old = request[BODY].payload, self._list(request)
        form = Form()
        check_command(form, "_", wanted)
        form.done()
        ids = {(command["type"], command["name"]): command["id"] for command in old}
        new = self._registered(wanted, ids)
        old[:] = [command for command in old if command["id"] != new["id"]] + [new]
        check_commands(old)
        return answer(new, 201 if new["id"] not in ids.values() else 200)

    async def _drop_command(self, request: web.Request) -> web.Response:
        old = self._list(request)
        left = [command for command in old if command["id"] != request.match_info["command"]]
        if len(left) == len(old):
            raise ApiError(404, 10063, "Unknown application command")
        old[:] = left
        return web.Response(status=204)

    def _list(self, request: web.Request) -> list[dict[str, Any]]:
        if request.match_info["app"] != str(self._world.app_id):
            raise ApiError(404, 10002, "Unknown Application")
        guild = request.match_info.get("guild")
        if guild is None:
            return self._world.commands
        if int(guild) not in self._world.guilds:
            raise ApiError(403, 50001, "Missing Access")
        return self._world.guild_commands.setdefault(int(guild), [])

    def _registered(self, command: dict[str, Any], ids: dict[Any, str]) -> dict[str, Any]:
        kind = command.get("type", CHAT_INPUT)
        identity = ids.get((kind, command["name"])) or str(self._world.snowflake())
        return {"nsfw": False, "default_member_permissions": None, "description": "", "contexts": None} | command | {
            "id": identity, "application_id": str(self._world.app_id), "version": str(self._world.snowflake()), "type": kind,
            "integration_types": command.get("integration_types") or [0, 1],
        }  # fmt: skip

    # --- files --------------------------------------------------------------------------------

    async def _file(self, request: web.Request) -> web.Response:
        room = self._world.rooms.get(int(request.match_info["room"]))
        for posted in room.messages.values() if room else ():
            for upload in posted.uploads:
                if str(upload.id) == request.match_info["upload"] and upload.name == request.match_info["name"]:
                    until = int(request.query.get("ex", "0"), 16)
                    if until <= time.time() or request.query.get("hm") != self._world.signature(upload.id, until):
                        return web.Response(status=404, text="This content is no longer available.")
                    return web.Response(body=upload.data, content_type=upload.mime.partition(";")[0])
        return web.Response(status=404, text="This content is no longer available.")

    async def _refresh(self, request: web.Request) -> web.Response:
        fresh = []
        for url in request[BODY].payload.get("attachment_urls") or []:
            parts = url.partition("?")[0].split("/")
            room = self._world.rooms.get(int(parts[-3])) if len(parts) > 3 and parts[-3].isdigit() else None
            found = (
                [one for posted in room.messages.values() for one in posted.uploads if str(one.id) == parts[-2]]
                if room
                else []
            )
            if room and found:
                fresh.append({"original": url, "refreshed": self._world.attachment(room, found[0])["url"]})
        return answer({"refreshed_urls": fresh})

    # --- small things -------------------------------------------------------------------------

    def _json(self, posted: Posted) -> dict[str, Any]:
        return self._world.json(posted, content=self._world.message_content)

    def _room(self, request: web.Request) -> Room:
        return self._world.room(request.match_info["room"])

    def _posted(self, request: web.Request) -> Posted:
        return self._world.posted(self._room(request), request.match_info["id"])

    def _person(self, user_id: Any) -> Person:
        person = self._world.people.get(int(user_id)) if str(user_id).isdigit() else None
        if person is None:
            raise ApiError(404, 10013, "Unknown User")
        return person

    def _check_writable(self, room: Room) -> None:
        if room.guild is None and any(person.blocks for person in room.people):
            raise ApiError(403, 50007, "Cannot send messages to this user")
        if room.guild is None and not any(person.installed or person.shares_guild for person in room.people):
            raise ApiError(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
        if not room.writable:
            raise ApiError(403, 50013, "Missing Permissions")

    def _interaction(self, request: web.Request) -> Interaction:
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None or request.match_info["app"] != str(self._world.app_id):
            raise ApiError(404, 10015, "Unknown Webhook")
        interaction.check_token()
        return interaction
