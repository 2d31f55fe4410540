"""The tables. Times are integer microseconds since 1970, UTC."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ..clock import now_us as now_us

SCHEMA_VERSION = "6"
# SQLite numbers rows itself only in a column of its type INTEGER.
_RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base of all tables."""


class Setting(Base):
    """A fact about the store itself, such as the version of its tables."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(256))


class User(Base):
    """A user, who owns things."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)


class ApiKey(Base):
    """Credentials with which a program acts for a user."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """The client id."""
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    rotations: Mapped[int | None] = mapped_column(Integer)
    """How often the key has got a new secret. Tokens name it, so that those of an older secret end."""
    rotated_at: Mapped[int | None] = mapped_column(BigInteger)


class Device(Base):
    """A board or program with its own credentials."""

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(64), default="login_and_secretkey_wifi")
    secret_hash: Mapped[str | None] = mapped_column(String(256))
    lib_version: Mapped[str | None] = mapped_column(String(64))
    wifi_fw_version: Mapped[str | None] = mapped_column(String(64))
    net_config: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    ota_sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    last_activity_at: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The owner; None means the default user."""
    serial: Mapped[str | None] = mapped_column(String(64))
    fqbn: Mapped[str | None] = mapped_column(String(128))
    connection_type: Mapped[str | None] = mapped_column(String(32))
    tags: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    updated_at: Mapped[int | None] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class DeviceCertificate(Base):
    """A certificate that the API has issued. Withdrawn ones stay, to tell them from those of `serve`."""

    __tablename__ = "device_certificates"

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The certificate's serial number, as 32 hexadecimal digits."""
    id: Mapped[str] = mapped_column(String(36), index=True)
    """Its id in the API. A certificate that replaces another one keeps the id."""
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    ca: Mapped[str | None] = mapped_column(String(64))
    """The authority that the request named, although there is only one."""
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)
    """When it was deleted or replaced."""


class DeviceEvent(Base):
    """Something that a device reported about itself, such as the progress of an update."""

    __tablename__ = "device_events"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    time_us: Mapped[int] = mapped_column(BigInteger)


class Thing(Base):
    """A set of variables and the device, at most one, that reports them."""

    __tablename__ = "things"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), unique=True)
    user_id: Mapped[str | None] = mapped_column(String(36))
    """The owner; None means the default user."""
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    tags: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    assistant: Mapped[str | None] = mapped_column(String(16))
    webhook_active: Mapped[bool | None] = mapped_column(Boolean)
    webhook_uri: Mapped[str | None] = mapped_column(String(1024))
    updated_at: Mapped[int | None] = mapped_column(BigInteger)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class Variable(Base):
    """A cloud variable (the API calls it property) and its last value."""

    __tablename__ = "variables"
    __table_args__ = (UniqueConstraint("thing_id", "variable_name"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    thing_id: Mapped[str] = mapped_column(ForeignKey("things.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    variable_name: Mapped[str] = mapped_column(String(64))
    """The name on the wire and in the device's program."""
    type: Mapped[str] = mapped_column(String(64))
    permission: Mapped[str] = mapped_column(String(16))
    persist: Mapped[bool] = mapped_column(Boolean, default=True)
    min_value: Mapped[float | None] = mapped_column(Float)
    max_value: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    last_value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    value_updated_at: Mapped[int | None] = mapped_column(BigInteger)
    """A label. `value_number` says which value is newer."""
    value_number: Mapped[int | None] = mapped_column(BigInteger)
    """How many last values there have been; None if it was written by an older local cloud."""
    value_from: Mapped[str | None] = mapped_column(String(36))
    """The device that sent the last value, "" for somebody else; None as with `value_number`."""
    value_unseen: Mapped[bool | None] = mapped_column(Boolean)
    """Whether somebody else set it, and the device has not been heard from since."""
    update_strategy: Mapped[str | None] = mapped_column(String(16))
    """ON_CHANGE (also if None) or TIMED. It is for the device's program; the cloud does not use it."""
    update_parameter: Mapped[float | None] = mapped_column(Float)
    tag: Mapped[int | None] = mapped_column(Integer)
    updated_at: Mapped[int | None] = mapped_column(BigInteger)


class Sample(Base):
    """One value of a variable at one time."""

    __tablename__ = "samples"
    # With the number in the index, charts are computed from the index alone.
    __table_args__ = (Index("samples_by_time", "variable_id", "time_us", "number"),)

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    variable_id: Mapped[str] = mapped_column(ForeignKey("variables.id", ondelete="CASCADE"))
    time_us: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Any] = mapped_column(JSON)
    number: Mapped[float | None] = mapped_column(Float)
    """The value if it is a number, for aggregation in the database."""


class ThinnedUntil(Base):
    """Up to when a variable's samples are thinned to one for each interval. Later ones are looked at again."""

    __tablename__ = "thinned_until"

    variable_id: Mapped[str] = mapped_column(ForeignKey("variables.id", ondelete="CASCADE"), primary_key=True)
    interval_us: Mapped[int] = mapped_column(BigInteger)
    until_us: Mapped[int] = mapped_column(BigInteger)


class Dashboard(Base):
    """A page of widgets, stored as the client sent them. Each names its variables by id."""

    __tablename__ = "dashboards"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    cover_image: Mapped[str | None] = mapped_column(String(1024))
    widgets: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    pages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    updated_at: Mapped[int] = mapped_column(BigInteger, default=now_us)
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class DashboardShare(Base):
    """Another user who may see a dashboard."""

    __tablename__ = "dashboard_shares"

    dashboard_id: Mapped[str] = mapped_column(
        ForeignKey("dashboards.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


class OtaUpdate(Base):
    """A firmware file for a device, and the state of its installation."""

    __tablename__ = "ota_updates"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    """pending, in_progress, succeeded, failed, expired or cancelled"""
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_us)


class SenderMemory(Base):
    """A sender's latest messages, so that one that it sends again counts once (see `redelivery`)."""

    __tablename__ = "sender_memories"

    sender: Mapped[str] = mapped_column(String(80), primary_key=True)
    """A device, or a worker's session at a broker."""
    owner: Mapped[str | None] = mapped_column(String(36))
    """The only worker that may store what the session receives; None if there is only one process."""
    recent: Mapped[bytes] = mapped_column(LargeBinary)
    """The packet identifier (2 bytes) and digest (6 bytes) of each message, oldest first."""


class BrokerDevice(Base):
    """What an external broker knows about a device, and whether that is up to date."""

    __tablename__ = "broker_devices"

    device_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, index=True)
    thing_id: Mapped[str | None] = mapped_column(String(36))
    """The thing whose topics the broker lets the device use."""
    wanted: Mapped[int] = mapped_column(Integer, default=1)
    """The number of the device's changes that concern the broker."""
    told: Mapped[int] = mapped_column(Integer, default=0)
    """The number of these changes that the broker knows."""


class AuditEntry(Base):
    """Something that was done or refused, for the operator (see `audit`)."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    time_us: Mapped[int] = mapped_column(BigInteger, index=True)
    action: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(200))
    is_log_in: Mapped[bool | None] = mapped_column(Boolean)
    """Whether it is a log-in or a refused one: anybody can cause those, so there is a separate bound for them."""
    times: Mapped[int | None] = mapped_column(Integer)
    """How often it happened, if more than once."""
    until_us: Mapped[int | None] = mapped_column(BigInteger)
    """When it happened last, if more than once."""


class PageCode(Base):
    """A code in an address of the page, which begins one session (see `page_sessions`)."""

    __tablename__ = "page_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger)


class PageSession(Base):
    """A browser that may use the page (see `page_sessions`)."""

    __tablename__ = "page_sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    cookie_hash: Mapped[str] = mapped_column(String(64), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64))
    """The hash of the key that the page keeps beside the cookie."""
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int] = mapped_column(BigInteger, index=True)
