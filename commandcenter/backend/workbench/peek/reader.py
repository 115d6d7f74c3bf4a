"""The account under which the page's statements run: it may read every table and do nothing else.

A read-only transaction alone is no wall for a superuser, whom the stack's own account is: reading may start programs
there (`COPY … TO PROGRAM`). So there is a second account without any right but to read. Its password is derived from
the first one's, so that every backend of the project knows it, and reaches Postgres only as what SCRAM keeps of it.

Where the first account may make no other (a database of the user's own), statements run under it, unless it is a
superuser.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from workbench.database.connection import Database
from workbench.errors import ApiError

ROLE = "workbench_peek"
LOCK = 7_264_011_506
"""Number of the advisory lock under which the account is made."""
STATEMENT_SECONDS = 5.0
ANSWER_SECONDS = 8.0
_SETTINGS = {
    "application_name": "workbench peek",
    "default_transaction_read_only": "on",
    "statement_timeout": f"{STATEMENT_SECONDS * 1000:.0f}",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "client_connection_check_interval": "1000",
    "search_path": '"$user", public',
}


class Reader:
    """Makes connections that can only read."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._password = _derived(unquote(urlsplit(url).password or ""))
        self._account: dict[str, str] | None = None
        """Options of the account to use, once it is known."""
        self._preparing = asyncio.Lock()

    async def connect(self) -> Any:
        """A connection of the caller's own. Raises `ApiError` 409 `peek_unsafe`, and whatever keeps Postgres away."""
        async with self._preparing:
            if self._account is None:
                self._account = await self._prepared()
        options = {"command_timeout": ANSWER_SECONDS, "server_settings": _SETTINGS, "statement_cache_size": 0}
        try:
            return await self._database.dedicated(**options, **self._account)
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError) as cause:
            self._account = None  # made anew the next time: it may have been dropped
            words = "Postgres does not let the workbench's reading account in. Allow `workbench_peek` to connect."
            raise ApiError(409, "peek_unsafe", words, str(cause)) from cause

    async def _prepared(self) -> dict[str, str]:
        connection = await self._database.dedicated()
        try:
            return await self._account_on(connection)
        finally:
            connection.terminate()

    async def _account_on(self, connection: Any) -> dict[str, str]:
        is_superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
                if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", ROLE):
                    await connection.execute(f"CREATE ROLE {ROLE}")
                await connection.execute(
                    f"ALTER ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                    f" CONNECTION LIMIT 20 PASSWORD '{_verifier(self._password)}'"
                )
                await connection.execute(f"GRANT pg_read_all_data TO {ROLE}")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedObjectError) as cause:
            if is_superuser:
                words = "This Postgres has no account that can only read (it needs version 14), so nothing is run here."
                raise ApiError(409, "peek_unsafe", words, str(cause)) from cause
            return {}
        return {"user": ROLE, "password": self._password}


def _derived(password: str) -> str:
    return hmac.new(password.encode(), b"workbench peek: reading account", hashlib.sha256).hexdigest()


def _verifier(password: str) -> str:
    """What Postgres keeps of a password (RFC 5803), so that the password itself is in no statement."""
    salt, rounds = os.urandom(16), 4096
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{text[0]}${text[1]}:{text[2]}"
