"""Is the Discord bot what its token says it is?"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from core.settings import Settings

API = "https://discord.com/api/v10"
AGENT = "DiscordBot (Emoseum, 0.1)"  # Discord turns away whoever does not say this


def discord(settings: Settings, timeout_s: float) -> Iterator[Told]:
    """Asks Discord who the token belongs to, and changes nothing there."""
    token = settings.discord.token.get_secret_value().strip()
    if not token:
        yield GOOD, "discord", "discord.off", {}
        return
    address = f"{settings.discord.api_base.rstrip('/') or API}/users/@me"
    request = urllib.request.Request(address, headers={"Authorization": f"Bot {token}", "User-Agent": AGENT})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            yield GOOD, "discord", "discord.well", {"name": json.load(response)["username"]}
    except urllib.error.HTTPError as error:
        if error.code == 401:
            yield BAD, "discord", "discord.token", {}
        else:
            yield NOTICE, "discord", "discord.away", {"cause": str(error.code)}
    except (OSError, ValueError, KeyError) as error:
        yield NOTICE, "discord", "discord.away", {"cause": type(getattr(error, "reason", error)).__name__}
