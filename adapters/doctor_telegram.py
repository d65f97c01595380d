"""Is the Telegram bot what its token says it is?"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from core.settings import Settings

API = "https://api.telegram.org/bot"
WEBHOOK_PORTS = (None, 443, 80, 88, 8443)
_TOKEN = re.compile(r"\d+:[\w-]{30,}")


def telegram(settings: Settings, timeout_s: float) -> Iterator[Told]:
    """Asks Telegram who the token belongs to, and changes nothing there."""
    own = settings.telegram
    token = own.token.get_secret_value().strip()
    if not token:
        yield GOOD, "telegram", "telegram.off", {}
        return
    if not own.base_url and not _TOKEN.fullmatch(token):  # not even asked: it is somebody's secret all the same
        yield BAD, "telegram", "telegram.odd", {"variable": "EMOSEUM_TELEGRAM__TOKEN"}
        return
    yield _asked(f"{own.base_url or API}{token}/getMe", timeout_s)
    address = urlsplit(own.webhook_url)
    if own.webhook_url and (address.scheme != "https" or address.port not in WEBHOOK_PORTS):
        yield BAD, "telegram", "telegram.webhook", {"url": own.webhook_url}


def _asked(address: str, timeout_s: float) -> Told:
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as response:
            return GOOD, "telegram", "telegram.well", {"name": json.load(response)["result"]["username"]}
    except urllib.error.HTTPError as error:
        if error.code in (401, 404):  # refused, or no token at all
            return BAD, "telegram", "telegram.token", {}
        return NOTICE, "telegram", "telegram.away", {"cause": str(error.code)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return NOTICE, "telegram", "telegram.away", {"cause": type(getattr(error, "reason", error)).__name__}
