"""Over-the-air updates: `/v2/devices/{id}/ota`, and the path from which devices download them."""

import asyncio
import re
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import UploadFile

from ....store.catalogue import NotFound
from ....traffic.ota import MAX_FILE, OtaUpdates
from ..problems import Problem
from ..services import Services, UserId

OTA_VERSION = 2
_MAX_MINUTES = 24 * 60
_FORM = {"type": "object", "required": ["ota_file"], "properties": {
    "ota_file": {"type": "string", "format": "binary"},
    "async": {"type": "boolean", "default": True},
    "expire_in_mins": {"type": "integer", "default": 10},
}}  # fmt: skip
_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


def router(services: Services, updates: OtaUpdates) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["over-the-air updates"])

    @routes.post("/v2/devices/{id}/ota", openapi_extra=_BODY, responses={202: {"description": "Kept"}})
    async def upload(request: Request, user: UserId, id: str) -> Response:
        """Store a firmware file and tell the device where to download it.

        With `async=false` the answer comes when the device has installed the file or failed to.
        """
        device = await services.read(user, lambda owner: owner.device(id))
        async with request.form(max_files=1, max_fields=10) as fields:
            file = fields.get("ota_file")
            if not isinstance(file, UploadFile):
                raise Problem(400, "ota_file is required")
            data = await file.read(MAX_FILE + 1)
            minutes = _minutes(fields.get("expire_in_mins", "10"))
            is_async = str(fields.get("async", "true")).lower() != "false"
        if not data:
            raise Problem(400, "ota_file is empty")
        if len(data) > MAX_FILE:
            raise Problem(413, "ota_file is larger than %d bytes" % MAX_FILE)
        update = await updates.upload(device.id, data, minutes)
        del data
        if not is_async:
            leaving = asyncio.create_task(_until_left(request))
            try:
                update = await updates.outcome(update, leaving.done)
            finally:
                leaving.cancel()
        answer: dict[str, Any] = {
            "file_sha": update.sha256,
            "ota_id": update.id,
            "ota_version": OTA_VERSION,
            "status": update.status,
        }
        return JSONResponse(answer, 202 if is_async else 200)

    @routes.get("/ota/v1/download/{update_id}/{seal}", include_in_schema=False)
    async def download(update_id: str, seal: str) -> Response:
        """Send a device its file. Whoever knows the address can download it until it expires."""
        if not re.fullmatch(r"[0-9a-f-]{36}", update_id):
            raise NotFound("no such file")
        return FileResponse(await updates.file(update_id, seal), media_type="application/octet-stream")

    return routes


async def _until_left(request: Request) -> None:
    # Starlette's `is_disconnected` does not wait long enough to notice anything below a middleware.
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _minutes(text: object) -> int:
    found = re.fullmatch(r"[0-9]{1,6}", text) if isinstance(text, str) else None
    if found is None or not 1 <= int(found.group()) <= _MAX_MINUTES:
        raise Problem(400, "expire_in_mins must be a number from 1 to %d" % _MAX_MINUTES)
    return int(found.group())
