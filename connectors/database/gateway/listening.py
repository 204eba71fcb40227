"""Notifications of the database, for one event loop: that something was committed."""

import asyncio
from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from connectors.database.gateway.intake import CONNECT_SECONDS
from connectors.database.sql.engine import plain_url

_AGAIN_SECONDS = 1.0
#: A connection is asked for a sign so often, so that a dead one is noticed.
_SIGN_SECONDS = 10.0


async def listen(url: str, name: str, channels: Sequence[str], heard: Callable[[str, str], None]) -> None:
    """Call `heard` with channel and text of every notification, until cancelled.

    After every new connection it is called for each channel with no text: what was notified meanwhile was missed.
    """
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                plain_url(url), autocommit=True, application_name=name[:63], connect_timeout=CONNECT_SECONDS
            )
            async with connection:
                for channel in channels:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                for channel in channels:
                    heard(channel, "")
                while True:
                    async for notification in connection.notifies(timeout=_SIGN_SECONDS):
                        heard(notification.channel, notification.payload)
                    async with asyncio.timeout(_SIGN_SECONDS):
                        await connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError, OSError):
            await asyncio.sleep(_AGAIN_SECONDS)
