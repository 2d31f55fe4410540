"""Put the Application API together. It is a separate application, mounted at `/iot`."""

from fastapi import FastAPI, Request, Response

from ...identity.certificates import Authority, RequestRefused
from ...identity.tokens import Tokens
from ...identity.verification import Verifier
from ...store.changes import Conflict
from ...traffic.ota import LinkExpired, OtaUpdates, UpdateRunning
from . import description, problems
from .access import Access
from .endpoints import ENDPOINTS
from .limits import RateLimit
from .resources import (
    dashboards,
    device_certificates,
    device_data,
    devices,
    ota,
    ota_status,
    passwords,
    properties,
    property_types,
    series,
    shares,
    things,
)
from .services import Services

ROOT = "/iot"
_ABOUT = """The Application API of Arduino Cloud, as this local cloud serves it. Get a token from
`POST /iot/v1/clients/token` with an API key, and put it into *Authorize*."""


def application(
    services: Services, tokens: Tokens, updates: OtaUpdates, authority: Authority, limit: RateLimit, verifier: Verifier
) -> FastAPI:
    """Return the application."""
    app = FastAPI(
        title="Application API",
        version="2.0",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.add_handlers(app)
    description.add_errors(app)
    app.add_exception_handler(Conflict, _as(409))
    app.add_exception_handler(UpdateRunning, _as(409))
    app.add_exception_handler(LinkExpired, _as(410))
    app.add_exception_handler(RequestRefused, _as(400))
    for routes in (
        things.router(services),
        properties.router(services),
        series.timeseries_router(services),
        series.router(services),
        property_types.router(),
        devices.router(services),
        passwords.router(services, verifier),
        device_certificates.router(services, authority),
        device_data.router(services),
        ota.router(services, updates),
        ota_status.router(services),
        *dashboards.routers(services),
        shares.router(services),
    ):
        app.include_router(routes)
    for endpoint in ENDPOINTS:
        if endpoint.reason:
            app.add_api_route(
                endpoint.path, _unserved(endpoint.reason), methods=[endpoint.method], include_in_schema=False
            )
    app.add_middleware(Access, store=services.store, tokens=tokens, limit=limit, failures=verifier.failures)
    return app


def _as(status: int):  # type: ignore[no-untyped-def]
    async def handler(request: Request, error: Exception) -> Response:
        return problems.answer(status, str(error))

    return handler


def _unserved(reason: str):  # type: ignore[no-untyped-def]
    async def unserved() -> Response:
        return problems.answer(501, "not served by a local cloud: " + reason)

    return unserved
