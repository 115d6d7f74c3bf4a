"""Prints the OpenAPI document: `python -m workbench.web.export > openapi.json`. The frontend makes its types from that
file; a test fails while it is stale."""

from __future__ import annotations

import json
import sys

from workbench.web.api import describe


def document() -> str:
    """The document as it is committed."""
    return json.dumps(describe().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
