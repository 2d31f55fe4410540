# For editors and type checkers: the resources, which are found when they are first used.

from collections.abc import Awaitable
from typing import Any

from typing_extensions import Self

from . import operations

class CloudAPI:
    attempts: int
    backoff: float
    organization: str | None
    things: operations.Things
    properties: operations.Properties
    property_types: operations.PropertyTypes
    devices: operations.Devices
    dashboards: operations.Dashboards
    dashboards_v3: operations.DashboardsV3
    series: operations.Series
    triggers: operations.Triggers
    actions: operations.Actions
    templates: operations.Templates
    lora_devices: operations.LoraDevices
    lora_freq_plan: operations.LoraFreqPlan
    network_credentials: operations.NetworkCredentials

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        base_url: str = "https://api2.arduino.cc",
        token_url: str | None = None,
        organization: str | None = None,
        ssl_params: dict[str, Any] | None = {},
        timeout: float = 15,
        token: str | None = None,
        attempts: int = 5,
        backoff: float = 1,
    ) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    def close(self) -> Awaitable[None]: ...
