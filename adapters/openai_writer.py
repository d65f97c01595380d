"""Anna may borrow a language model: any server that speaks the OpenAI protocol."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.ports import EngineMissing
from core.settings import OpenAI

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY = "engine.writer_away"
_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)  # local models that reason do it aloud


class OpenAIWriter:
    """`core.ports.Writer` over chat completions."""

    def __init__(self, settings: OpenAI) -> None:
        self.name = f"openai:{settings.model}"
        self._settings = settings
        self._refused: set[str] = set()  # wishes that this model does not know (some take no temperature)

    async def write(self, system: str, turns: Sequence[tuple[str, str]], *, temperature: float, max_chars: int) -> str:
        """Continue a conversation of (role user|assistant, text); "" where the model said nothing.

        Raises EngineMissing where it can't be reached, refuses, or takes longer than `openai.timeout_s` in all."""
        messages = [{"role": "system", "content": system}]
        messages += [{"role": role, "content": text} for role, text in turns]
        # A Korean character is up to two tokens, and a model that thinks first needs room to do so.
        wishes = {"temperature": temperature, "max_completion_tokens": 2 * max_chars + 2000}
        async with told_apart(KEY, self._settings.timeout_s):
            answer = await self._completion(messages, wishes)
            text = answer.choices[0].message.content if answer.choices else ""
        return _THOUGHTS.sub("", text or "").strip()

    async def _completion(self, messages: Any, wishes: dict[str, Any]) -> Any:
        """Ask, and where the server does not know one of the wishes ask without it, now and from then on."""
        from openai import BadRequestError

        while True:
            asked = {name: value for name, value in wishes.items() if name not in self._refused}
            try:
                return await self._client.chat.completions.create(
                    model=self._settings.model, messages=messages, **asked
                )
            except BadRequestError as error:
                unknown = next((name for name in asked if name in (error.param, *error.message.split("'"))), None)
                if unknown is None:
                    raise
                self._refused.add(unknown)

    @cached_property
    def _client(self) -> AsyncOpenAI:
        return open_client(self._settings)


def open_client(settings: OpenAI) -> AsyncOpenAI:
    """A client that tries once more and logs nothing of what is said."""
    from openai import AsyncOpenAI

    for name in ("openai", "httpx2", "httpcore2"):  # at "debug" they would write down whole diaries
        logging.getLogger(name).setLevel(logging.WARNING)
    return AsyncOpenAI(
        # Never None: the library would take a key of another account from the environment.
        api_key=settings.api_key.get_secret_value() or "none",
        base_url=settings.base_url or None,
        timeout=settings.timeout_s,
        max_retries=1,
    )


@asynccontextmanager
async def told_apart(key: str, limit_s: float) -> AsyncIterator[None]:
    """Around a call: whatever goes wrong is EngineMissing with the kind of error, never its words."""
    from openai import APIStatusError, OpenAIError

    try:
        async with asyncio.timeout(limit_s):
            yield
    except APIStatusError as error:
        raise EngineMissing(key, f"{type(error).__name__} {error.status_code}") from None
    except (OpenAIError, TimeoutError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise EngineMissing(key, type(error).__name__) from None  # the last three: an answer of another shape
