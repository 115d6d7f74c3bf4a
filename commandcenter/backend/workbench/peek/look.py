"""Both looks of one project."""

from __future__ import annotations

from workbench.peek.postgres import PostgresLook
from workbench.peek.redis import RedisLook
from workbench.workbench import Workbench


class Peek:
    """What the routes ask."""

    def __init__(self, workbench: Workbench) -> None:
        self.postgres = PostgresLook(workbench.database, workbench.settings.database_url)
        self.redis = RedisLook(workbench.settings.redis_url)
