"""What a chat platform told us becomes a Message, in one way for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.entities import Message, new_id


def incoming(platform: str, chat: int, account: int, message: int | str, sent_at: datetime, **told: Any) -> Message:
    """A message with an id of ours, by the platform's numbers; `told` are further fields of Message."""
    return Message(
        id=new_id(),
        platform=platform,
        chat_id=str(chat),
        account=str(account),
        platform_message_id=str(message),
        sent_at=sent_at,
        **told,
    )
