"""/docs: the API's description as a page that needs nothing from elsewhere. It is made on the server, without script,
so its policy can forbid everything."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid #8885;border-radius:6px}
section{border-top:1px solid #8885;padding:.5rem 0}b{display:inline-block;min-width:4.5rem}
"""


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every route and every schema."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(_page(request.app.openapi()), headers={"Content-Security-Policy": policy})


def _page(document: dict[str, Any]) -> str:
    title = escape(document["info"]["title"])
    routes = "".join(
        _route(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f"<section><h3 id='{escape(name)}'>{escape(name)}</h3><p>{escape(schema.get('description', ''))}</p>"
        f"<pre>{escape(json.dumps(schema.get('properties', schema), indent=2))}</pre></section>"
        for name, schema in document["components"]["schemas"].items()
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><p>Routes under <code>/api</code> need <code>Authorization: Bearer …</code>. "
        f"The whole description: <a href='/openapi.json'>/openapi.json</a>.</p>"
        f"<h2>Routes</h2>{routes}<h2>Schemas</h2>{schemas}</html>"
    )


def _route(path: str, method: str, operation: dict[str, Any]) -> str:
    answers = "".join(
        f"<li><code>{escape(status)}</code> {escape(answer.get('description', ''))}</li>"
        for status, answer in operation["responses"].items()
    )
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> in {escape(one['in'])}: {escape(one.get('description', ''))}</li>"
        for one in operation.get("parameters", [])
    )
    return (
        f"<section><h3><b>{method.upper()}</b> <code>{escape(path)}</code></h3>"
        f"<p>{escape(operation.get('description', ''))}</p><ul>{parameters}</ul><ul>{answers}</ul></section>"
    )
