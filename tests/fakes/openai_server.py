"""A server of the OpenAI protocol on a loopback socket that takes nothing that the real one would refuse."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-right"
_TOP = {"model", "messages", "temperature", "max_completion_tokens", "stream"}


@dataclass
class OpenAIServer:
    """`says` is the next answer; `behaves`: well | 429 | 500 | hangs | odd, or "no:<parameter>"."""

    says: str | None = "오늘도 애썼어요."
    behaves: str = "well"
    fails: int = 10**9  # so often it misbehaves, then it is well
    asked: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    base_url: str = ""

    async def start(self) -> OpenAIServer:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/transcriptions", self._transcriptions)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.Response:
        if (refusal := await self._refused(request)) is not None:
            return refusal
        if request.content_type != "application/json":
            return _error(415, "invalid_request_error", "Unsupported media type")
        body = await request.json()
        if (wrong := _wrong(body)) is not None:
            return _error(400, "invalid_request_error", wrong)
        if self.behaves.startswith("no:") and (name := self.behaves[3:]) in body:
            text = f"Unsupported value: '{name}' is not supported with this model."
            return _error(400, "invalid_request_error", text, param=name)
        self.asked.append(body)
        if self.behaves == "odd":
            return web.Response(text="<html>Please log in to this network</html>", content_type="text/html")
        message = {"role": "assistant", "content": self.says, "refusal": None}
        return web.json_response(
            {
                "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        )  # fmt: skip

    async def _transcriptions(self, request: web.Request) -> web.Response:
        if (refusal := await self._refused(request)) is not None:
            return refusal
        form = await request.post()
        file = form.get("file")
        if not isinstance(file, web.FileField) or "." not in file.filename or not form.get("model"):
            return _error(400, "invalid_request_error", "file and model are required")
        data = file.file.read()
        self.heard.append(
            {"model": form["model"], "language": form.get("language"), "name": file.filename, "data": data}
        )
        return web.json_response({"text": self.says})

    async def _models(self, request: web.Request) -> web.Response:
        return await self._refused(request) or web.json_response({"object": "list", "data": []})

    async def _refused(self, request: web.Request) -> web.Response | None:
        self.calls += 1
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", "Incorrect API key provided")
        if self.calls > self.fails:
            return None
        if self.behaves == "429":
            return _error(429, "rate_limit_error", "Rate limit reached", headers={"retry-after": "1"})
        if self.behaves == "500":
            return _error(500, "server_error", "The server had an error")
        if self.behaves == "hangs":
            await asyncio.sleep(60)
        return None


def _wrong(body: Any) -> str | None:
    """What the real server would refuse in a question."""
    if not isinstance(body, dict) or set(body) - _TOP:
        return f"Unrecognized request argument supplied: {set(body) - _TOP}"
    messages = body.get("messages")
    if not isinstance(body.get("model"), str) or not isinstance(messages, list) or not messages:
        return "you must provide a model and messages"
    for message in messages:
        if set(message) != {"role", "content"} or message["role"] not in ("system", "user", "assistant"):
            return f"'{message.get('role')}' is not one of ['system', 'assistant', 'user']"
        if not isinstance(message["content"], str):
            return "content must be a string"
    if not 0 <= body.get("temperature", 1) <= 2:
        return "temperature must be in 0..2"
    return None


def _error(status: int, kind: str, text: str, *, param: str | None = None, headers: Any = None) -> web.Response:
    return web.json_response(
        {"error": {"message": text, "type": kind, "param": param, "code": None}}, status=status, headers=headers
    )
