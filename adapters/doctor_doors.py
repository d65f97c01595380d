"""Can the doors be opened that were set, and who may come in?"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from adapters.role_claim import role_is_taken
from core.door import is_loopback
from core.settings import Settings


def web(settings: Settings) -> Iterator[Told]:
    """Where the web chat is, and whether it may be there."""
    web = settings.web
    if not web.enabled:
        yield NOTICE, "web", "web.off", {}
        return
    address = _running_at(settings) or f"http://{web.host}:{web.port}"
    if not is_loopback(web.host) and not web.secret.get_secret_value():
        yield BAD, "web", "web.secret", {"host": web.host}
    elif web.port and not role_is_taken(settings.data_dir, "bot") and is_busy(web.host, web.port):
        yield BAD, "web", "web.busy", {"port": web.port}
    else:
        yield GOOD, "web", "web.secret_set" if web.secret.get_secret_value() else "web.here", {"address": address}


def health(settings: Settings) -> Iterator[Told]:
    """Where each role answers how it is."""
    own = settings.health
    ports = {"bot": own.port_bot, "core": own.port_core}
    told = ", ".join(f"{role} http://{own.host}:{port}/healthz" for role, port in ports.items() if port)
    if not told:
        yield GOOD, "health", "health.off", {}
    elif own.port_bot == own.port_core:
        yield NOTICE, "health", "health.same_port", {"port": own.port_bot}
    elif not is_private(own.host):
        yield NOTICE, "health", "health.open", {"where": told}
    else:
        yield GOOD, "health", "health.here", {"where": told}


def _running_at(settings: Settings) -> str:
    """Where the web chat that runs now is found, "" where none does."""
    try:
        return (
            (settings.data_dir / "web.address").read_text().strip() if role_is_taken(settings.data_dir, "bot") else ""
        )
    except OSError:
        return ""


def is_busy(host: str, port: int) -> bool:
    """True where somebody else listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((host.strip("[]"), port))
        except OSError:
            return True
    return False


def is_private(host: str) -> bool:
    """True for this machine and for networks of one's own: what passes there is not on the open road."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return address.is_private and not address.is_unspecified
