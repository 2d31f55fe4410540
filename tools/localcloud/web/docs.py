"""Interactive documentation of the Application API at `/docs`, which loads nothing from other hosts."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

PATH = "/docs"
_PAGE = Path(__file__).parent.parent / "page"
_ASSETS = Path(fastapi_offline.__file__).parent / "static"
# Swagger UI embeds styles and images in its page. Scripts come from files, as on the other page.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def add_to(app: FastAPI) -> None:
    """Add the page and the files that it loads."""
    routes = APIRouter()

    @routes.get(PATH, include_in_schema=False)
    async def docs() -> FileResponse:
        """Serve Swagger UI."""
        return FileResponse(_PAGE / "docs.html", headers={"Content-Security-Policy": _POLICY})

    app.include_router(routes)
    app.mount(PATH + "/assets", StaticFiles(directory=_ASSETS), name="docs assets")
