"""New devices with their secrets in files. If a run is interrupted, the next one makes what is missing."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..exits import CommandError
from ..working import Tally
from .secrets_folder import Begun, SecretsFolder


class NewDevices:
    """Makes devices in a cloud that already has those in `existing` (the API's descriptions)."""

    def __init__(
        self,
        api: Any,
        folder: SecretsFolder,
        existing: Sequence[dict[str, Any]],
        *,
        new_secrets: bool = False,
    ) -> None:
        self._api = api
        self._folder = folder
        self._ids = {each["id"] for each in existing}
        self._named = {each["name"]: each["id"] for each in existing}
        self._new_secrets = new_secrets
        self.tally = Tally()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return the names of devices not made yet. Raises CommandError that lists all obstacles."""
        missing, obstacles = [], []
        for name in names:
            device_id = self._folder.finished(name)
            if device_id in self._ids:
                continue
            if device_id is not None:
                path = self._folder.file_of(name)
                obstacles.append("%s: the cloud has no device %s; move this file away" % (path, device_id))
            elif name in self._named and self._folder.begun(name) is None and not self._new_secrets:
                obstacles.append(
                    "device %r already exists, but its secret is not in %s" % (name, self._folder.path)
                )
            else:
                missing.append(name)
        if obstacles:
            raise CommandError("\n".join(obstacles))
        return missing

    async def make(self, name: str, body: dict[str, Any]) -> str:
        """Make one of `missing`, and return its id."""
        begun = self._folder.begun(name)
        if begun is None:
            # From here on a device of this name is ours, even if the cloud's answer never arrives.
            begun = Begun()
            self._folder.begin(name, begun)
        device_id = begun.device_id or self._named.get(name)
        if begun.device_id and begun.device_id not in self._ids:
            device_id = None
        if device_id is None:
            device_id = await self._create(name, body)
            begun = Begun()
        secret = begun.secret
        if secret is None:
            self._folder.begin(name, Begun(device_id))
            answer = await self._api.devices.pass_get(device_id, suggested_password=True)
            secret = answer["suggested_password"]
            # On the disk before the cloud gets it: the cloud never returns it again.
            self._folder.begin(name, Begun(device_id, secret))
        await self._api.devices.pass_set(device_id, {"password": secret})
        self.tally.begun = True
        self._folder.finish(name, device_id, secret)
        self._ids.add(device_id)
        self._named[name] = device_id
        self.tally.begun = False
        return device_id

    async def _create(self, name: str, body: dict[str, Any]) -> str:
        from arduino_cloud_api import APIError

        try:
            device = await self._api.devices.create({"name": name, **body})
        except APIError as error:
            if 400 <= error.status < 500:
                # The device was not made: one of this name that appears later is not ours.
                self._folder.forget(name)
            raise
        self.tally.begun = True
        return device["id"]
