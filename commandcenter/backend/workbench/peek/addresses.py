"""Addresses of services as they may be shown."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

from workbench.peek.models import Connection


def without_password(url: str, default_port: int) -> Connection:
    """Where `url` leads; its password, and what stands behind `?`, is left out."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    shown_host = f"[{host}]" if ":" in host else host
    port = parts.port or default_port
    user = f"{parts.username}@" if parts.username else ""
    shown = urlunsplit((parts.scheme, f"{user}{shown_host}:{port}", parts.path, "", ""))
    return Connection(
        host=host,
        port=port,
        database=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username) if parts.username else None,
        url_without_password=shown,
    )
