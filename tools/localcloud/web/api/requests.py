"""Bodies of requests. Unknown members are ignored, as the compatibility policy demands."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictFloat, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from ...identity.hashed_secrets import LEAST_LENGTH
from ...store.keeping import check_tag
from .plain_json import checked

Number = Annotated[StrictInt | StrictFloat, AfterValidator(checked)]
Text = Annotated[str, AfterValidator(checked)]
Text64 = Annotated[Text, Field(min_length=1, max_length=64)]
Place = Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)]
DeviceName = Annotated[Text, Field(max_length=64, pattern=r"[a-zA-Z0-9_.@-]+")]
Word = Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_.@-]+$")]
ThingName = Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z0-9_. -]+$")]
Identifier = Annotated[str, Field(max_length=64, pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
Assistant = Literal["ALEXA", "GOOGLE", "NONE"]
ConnectionType = Literal["wifi", "eth", "wifiandsecret", "gsm", "nb", "lora", "catm1", "cellular"]
DeviceType = Literal[
    "mkrwifi1010", "mkr1000", "nano_33_iot", "mkrgsm1400", "mkrnb1500", "login_and_secretkey_wifi",
    "envie_m7", "nanorp2040connect", "nicla_vision", "phone", "portenta_x8", "opta", "giga",
    "generic_device_secretkey", "portenta_c33", "unor4wifi", "nano_nora", "unoq",
]  # fmt: skip


def _long_enough(password: str) -> str:
    if len(password) < LEAST_LENGTH:
        message = "a password must have at least {least} characters, not {given}"
        raise PydanticCustomError("too_short", message, {"least": LEAST_LENGTH, "given": len(password)})
    return password


class Tag(BaseModel):
    """A key and a value that label a thing or device."""

    key: Word
    value: Word

    @model_validator(mode="after")
    def _is_understood(self) -> "Tag":
        check_tag(self.key, self.value)
        return self


class PropertyRequest(BaseModel):
    """The settings of a cloud variable to make or change."""

    name: Text64
    permission: Literal["READ_ONLY", "READ_WRITE"]
    type: str
    update_strategy: Literal["ON_CHANGE", "TIMED"]
    update_parameter: Number | None = None
    variable_name: Identifier | None = None
    persist: StrictBool = True
    tag: StrictInt | None = Field(None, ge=0, le=2**31 - 1)
    min_value: Number | None = None
    max_value: Number | None = None


class ThingUpdate(BaseModel):
    """Changes to a thing. Missing members stay as they are."""

    name: ThingName | None = None
    device_id: str | None = None
    properties: list[PropertyRequest] | None = Field(None, max_length=500)
    timezone: str | None = Field(None, max_length=64)
    assistant: Assistant | None = None
    webhook_active: StrictBool | None = None
    webhook_uri: Text | None = Field(None, max_length=1024)
    soft_deleted: StrictBool | None = None


class ThingCreate(ThingUpdate):
    """A thing to make."""

    id: str | None = None
    tags: list[Tag] | None = Field(None, max_length=100)
    timezone: str | None = Field("America/New_York", max_length=64)


class ThingClone(BaseModel):
    """The name of a thing's copy, and whether it gets the tags."""

    name: ThingName
    include_tags: StrictBool = False


class DeviceUpdate(BaseModel):
    """Changes to a device. Missing members stay as they are."""

    type: DeviceType | None = None
    name: DeviceName | None = None
    serial: DeviceName | None = None
    fqbn: Text | None = Field(None, max_length=128)
    connection_type: ConnectionType | None = None
    wifi_fw_version: Text | None = Field(None, max_length=10)
    soft_deleted: StrictBool | None = None


class DeviceCreate(DeviceUpdate):
    """A device to make."""

    type: DeviceType


class Password(BaseModel):
    """The secret of a device."""

    password: str = Field(min_length=1, max_length=256)


class NewPassword(BaseModel):
    """The secret that a device gets."""

    password: Annotated[str, Field(max_length=256), AfterValidator(_long_enough)]


class CertificateUpdate(BaseModel):
    """Changes to a device's certificate. Missing members stay as they are."""

    csr: str | None = Field(None, max_length=1024)
    enabled: StrictBool | None = None
    ca: Text | None = Field(None, max_length=64)


class CertificateCreate(CertificateUpdate):
    """A certificate to issue."""

    csr: str = Field(max_length=1024)
    enabled: StrictBool


class DeviceValue(BaseModel):
    """A value of the device itself, not of its thing."""

    name: Text64
    type: Literal["infer", "base64", "hex", "json"] = "infer"
    value: Annotated[Any, AfterValidator(checked)]


class DeviceValues(BaseModel):
    """Values to send to a device's own topic, or to record as if the device had reported them."""

    properties: list[DeviceValue] = Field(max_length=500)
    input: StrictBool = False


class Value(BaseModel):
    """A value to publish."""

    value: Any
    device_id: str | None = None


class TimedValue(BaseModel):
    """A past value with its time."""

    timestamp: str
    value: Any


class NamedValue(BaseModel):
    """A value for the variable of this name."""

    property: str
    value: Any


class NamedValues(BaseModel):
    """Values for several variables of a thing."""

    properties: list[NamedValue] = Field(min_length=1, max_length=500)
    to_device: StrictBool = False


class Widget(BaseModel):
    """A widget. The client chooses its place and its id."""

    id: Text = Field(max_length=64)
    type: Text = Field(max_length=64)
    options: Annotated[dict[str, Any], AfterValidator(checked)]
    x: Place
    y: Place
    width: Place
    height: Place
    x_mobile: Place | None = None
    y_mobile: Place | None = None
    width_mobile: Place | None = None
    height_mobile: Place | None = None
    name: Text | None = Field(None, max_length=128)
    variables: list[str] | None = Field(None, max_length=100)
    page_id: Text | None = Field(None, max_length=64)


class Page(BaseModel):
    """A page of a dashboard (v3)."""

    id: Text = Field(max_length=64)
    name: Text64
    position: Place
    icon: Text | None = Field(None, max_length=64)


class DashboardRequest(BaseModel):
    """A dashboard to make, or changes to one."""

    name: Text64 | None = None
    widgets: list[Widget] | None = Field(None, max_length=500)
    cover_image: Text | None = Field(None, max_length=1024)
    soft_deleted: StrictBool | None = None


class DashboardRequestV3(DashboardRequest):
    """A dashboard with pages, to make, or changes to one."""

    pages: list[Page] | None = Field(None, max_length=30)


class Override(BaseModel):
    """A thing that replaces another one in a copy."""

    old_thing_id: str
    new_thing_id: str


class DashboardClone(BaseModel):
    """The things that are replaced when a dashboard is copied."""

    overrides: list[Override] = Field(default_factory=list, max_length=100)


class WidgetLink(BaseModel):
    """The variables of a widget."""

    variables: list[str] = Field(default_factory=list, max_length=100)


class Share(BaseModel):
    """A user who may see a dashboard."""

    user_id: Text | None = None
    username: Text | None = None


class Shares(Share):
    """One user or several."""

    users: list[Share] | None = Field(None, max_length=100)
