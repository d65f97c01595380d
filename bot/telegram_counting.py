"""Requests to Telegram are counted: which method, and how it ended."""

from __future__ import annotations

from typing import Any

from telegram.request import HTTPXRequest

from core import metrics


class CountedRequest(HTTPXRequest):
    """Telegram's own way to ask, with a counter on it."""

    async def do_request(self, url: str, *args: Any, **options: Any) -> tuple[int, bytes]:
        """See telegram.request.BaseRequest."""
        method = url.rpartition("/")[2]  # the path before it holds the token
        method = method if method.isalpha() else "file"
        try:
            status, body = await super().do_request(url, *args, **options)
        except Exception as error:
            metrics.requests.add("telegram", method, type(error).__name__)
            raise
        metrics.requests.add("telegram", method, str(status))
        return status, body
