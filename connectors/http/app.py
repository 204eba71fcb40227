"""The gateway as one ASGI application, built from what it is given: it reads no settings and opens no store."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.http.acts import Rooms, act_doors
from connectors.http.answering import Door
from connectors.http.batches import BatchDoor
from connectors.http.openapi import document
from connectors.http.problems import BY_NAME, MALFORMED, METHOD_NOT_ALLOWED, NOT_FOUND, Refused
from connectors.http.reads import Ask, EventDoor
from producers.acts import ACTS

#: Returns what the gateway waits for, or none when it is ready.
NotReady = Callable[[], str | None]
#: A method, a path with its parameters in braces, and what answers there.
Place = tuple[str, str, Door]


def build_app(
    rooms: Rooms,
    ask: Ask,
    not_ready: NotReady,
    address: str,
    more: Sequence[Place] = (),
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Return the application. `address` is the gateway's own, for its document; `more` are doors of other capabilities,
    and `lifespan` runs what works beside the doors.
    """
    places: list[Place] = [
        *act_doors(rooms, ACTS),
        ("POST", "/v1/batch", BatchDoor(rooms)),
        ("GET", "/v1/events/{event_id}", EventDoor(rooms, ask)),
        *more,
    ]
    # What is asked most goes first: routes are tried in their order.
    places.sort(key=lambda place: place[1] != "/v1/requests")
    routes: list[BaseRoute] = [Route(path, door, methods=[method]) for method, path, door in places]
    routes += [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", _readiness(not_ready), methods=["GET"]),
        Route("/problems/{name}", _problem_page, methods=["GET"]),
        Route("/v1/openapi.json", _described(address), methods=["GET"]),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _routing_problem})
    # A path that is nearly one of ours is none: a redirect would make a client send its key once more.
    app.router.redirect_slashes = False
    return app


async def _alive(_request: Request) -> Response:
    return _json({"alive": True})


def _readiness(not_ready: NotReady) -> Callable[[Request], "object"]:
    async def ready(_request: Request) -> Response:
        cause = not_ready()
        return _json({"ready": cause is None, "cause": cause}, 200 if cause is None else 503)

    return ready


def _described(address: str) -> Callable[[Request], "object"]:
    # Made once, when somebody asks: it takes a second.
    made: list[bytes] = []

    async def described(_request: Request) -> Response:
        if not made:
            made.append(await asyncio.to_thread(lambda: orjson.dumps(document(address))))
        return Response(made[0], media_type="application/json")

    return described


async def _problem_page(request: Request) -> Response:
    row = BY_NAME.get(request.path_params["name"])
    if row is None:
        raise HTTPException(404)
    text = f"{row.name} (status {row.status.value})\n\n{row.title}. {row.meaning}\n\n{row.remedy}\n"
    return Response(text, media_type="text/plain; charset=utf-8")


async def _routing_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    row = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(error.status_code, MALFORMED)
    allowed = (error.headers or {}).get("Allow")
    headers = ((b"allow", allowed.encode()),) if allowed else ()
    problem = Refused(row, headers=headers)
    response = Response(problem.body(), row.status.value)
    response.raw_headers = [*problem.all_headers(), (b"content-length", b"%d" % len(problem.body()))]
    return response


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
