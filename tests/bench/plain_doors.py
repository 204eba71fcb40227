"""What the gateway is measured beside: plain FastAPI that keeps a submission, in the two ordinary ways.

`python -m tests.bench.plain_doors sqlalchemy|aiokafka PORT`: one insert and commit per request, or one record that all
replicas have acknowledged. Neither asks for a key, knows a repetition, or checks more than types.
"""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import DateTime, LargeBinary, Text, Uuid, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from connectors.database.sql.engine import database_url
from connectors.ids import new_id
from deploy.settings import Settings, load_settings
from schemas.topics import INTAKE_AGENCY
from tests.bench.corpus import AGENCY


class Base(DeclarativeBase):
    """The tables of the plain door."""


class Submission(Base):
    """One submission."""

    __tablename__ = "plain_submission"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Request(BaseModel):
    """What is submitted, as a plain model says it."""

    request_id: UUID
    service: str
    origin: str
    city: str
    form: dict[str, str | int | bool | list[str]] = {}


def with_sqlalchemy(settings: Settings) -> FastAPI:
    """Return the door that inserts and commits."""
    engine = create_engine(database_url(settings.worker_database_url()), pool_size=20, max_overflow=20)
    app = FastAPI()

    @app.post("/v1/requests", status_code=201)
    def submit(request: Request) -> dict[str, str]:
        event_id = new_id()
        with Session(engine) as session:
            session.add(Submission(id=event_id, source=AGENCY, body=request.model_dump_json().encode()))
            session.commit()
        return {"event_id": str(event_id), "state": "accepted", "request_id": str(request.request_id)}

    return app


def with_aiokafka(settings: Settings) -> FastAPI:
    """Return the door that sends and waits."""
    topic = INTAKE_AGENCY.for_agency(AGENCY)
    login = settings.kafka_login()
    producers: list[AIOKafkaProducer] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        producer = AIOKafkaProducer(acks="all", **login)
        await producer.start()
        producers.append(producer)
        yield
        await producer.stop()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/requests", status_code=201)
    async def submit(request: Request) -> dict[str, str]:
        key = str(request.request_id)
        await producers[0].send_and_wait(topic, request.model_dump_json().encode(), key=key.encode())
        return {"event_id": str(new_id()), "state": "accepted", "request_id": key}

    return app


APPS: dict[str, Callable[[Settings], FastAPI]] = {"sqlalchemy": with_sqlalchemy, "aiokafka": with_aiokafka}

if __name__ == "__main__":
    uvicorn.run(
        APPS[sys.argv[1]](load_settings()), port=int(sys.argv[2]), loop="uvloop", http="httptools", access_log=False
    )
