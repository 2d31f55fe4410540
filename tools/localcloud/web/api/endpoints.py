"""The operations of the official Application API, and which of them are served here.

`python -m localcloud.web.api.endpoints` writes the table in docs/application-api.md. A test compares
that table and the routes with this list.
"""

from dataclasses import dataclass

_SKETCH = "boards get programs by mpremote or OTA, not as sketches"
_STORAGE = "names a file in the vendor's storage; upload the file instead"
_LORA = "a local cloud has no LoRa network server"
_MAIL = "a local cloud sends no mail and no push messages"
_TEMPLATES = "a local cloud has no template archive; clone things and dashboards instead"
_HARDWARE = "for boards whose hardware id the provider's factory has registered"
_NETWORK = "for sketches: names of the constants in their secrets tab"

_NAMES = """
GET /v2/things
PUT /v2/things
GET /v2/things/{id}
POST /v2/things/{id}
DELETE /v2/things/{id}
PUT /v2/things/{id}/clone
GET /v2/things/{id}/template
PUT /v2/things/{id}/sketch | sketch
PUT /v2/things/{id}/sketch/{sketchId} | sketch
DELETE /v2/things/{id}/sketch | sketch
GET /v2/things/{id}/tags
PUT /v2/things/{id}/tags
DELETE /v2/things/{id}/tags/{key}
PUT /v2/things/{id}/publish
GET /v2/things/{id}/properties
PUT /v2/things/{id}/properties
GET /v2/things/{id}/properties/{pid}
POST /v2/things/{id}/properties/{pid}
DELETE /v2/things/{id}/properties/{pid}
PUT /v2/things/{id}/properties/{pid}/publish
PUT /v2/things/{id}/properties/{pid}/publish_batch
GET /v2/things/{id}/properties/{pid}/timeseries
GET /v1/property_types
POST /v2/series/batch_query
POST /v2/series/batch_query_raw
POST /v2/series/batch_query_raw/lastvalue
POST /v2/series/batch_query_sampling
POST /v2/series/historic_data | mail
GET /v2/devices
PUT /v2/devices
GET /v2/devices/{id}
POST /v2/devices/{id}
DELETE /v2/devices/{id}
PUT /v2/devices/claim | hardware
POST /v2/devices/{id}/remove-uhwid | hardware
GET /v2/devices/{id}/properties
PUT /v2/devices/{id}/properties
GET /v2/devices/{id}/properties/{pid}
GET /v2/devices/{id}/events
GET /v2/devices/{id}/status
GET /v2/devices/{id}/tags
PUT /v2/devices/{id}/tags
DELETE /v2/devices/{id}/tags/{key}
GET /v2/devices/{id}/certs
PUT /v2/devices/{id}/certs
GET /v2/devices/{id}/certs/{cid}
POST /v2/devices/{id}/certs/{cid}
DELETE /v2/devices/{id}/certs/{cid}
GET /v2/devices/{id}/pass
PUT /v2/devices/{id}/pass
POST /v2/devices/{id}/pass
DELETE /v2/devices/{id}/pass
POST /v2/devices/{id}/ota
PUT /v2/devices/{id}/ota | storage
POST /v2/devices/{id}/ota/url | storage
GET /v2/dashboards
POST /v2/dashboards
GET /v2/dashboards/{id}
PUT /v2/dashboards/{id}
PATCH /v2/dashboards/{id}
DELETE /v2/dashboards/{id}
PUT /v2/dashboards/{id}/clone
GET /v2/dashboards/{id}/template
PUT /v2/dashboards/{id}/widgets/{widget_id}/variables
GET /v2/dashboards/{id}/shares
PUT /v2/dashboards/{id}/shares
DELETE /v2/dashboards/{id}/shares/{user_id}
PUT /v2/dashboards/{id}/share_request
GET /v3/dashboards
POST /v3/dashboards
GET /v3/dashboards/{id}
PUT /v3/dashboards/{id}
PATCH /v3/dashboards/{id}
PUT /v3/dashboards/{id}/clone
GET /v3/dashboards/{id}/template
PUT /v1/lora-devices/ | lora
GET /v1/lora-freq-plans/ | lora
GET /v1/network_credentials/{type} | network
GET /v1/network_credentials/{type}/connections | network
PUT /v1/templates | templates
GET /v1/triggers | mail
PUT /v1/triggers | mail
GET /v1/triggers/{id} | mail
POST /v1/triggers/{id} | mail
PATCH /v1/triggers/{id} | mail
DELETE /v1/triggers/{id} | mail
GET /v1/triggers/{id}/template | mail
POST /v1/triggers/{id}/unsubscribe | mail
GET /v1/actions | mail
POST /v1/actions | mail
GET /v1/actions/{id} | mail
PUT /v1/actions/{id} | mail
DELETE /v1/actions/{id} | mail
PUT /v1/actions/{id}/unsubscribe | mail
"""
_REASONS = {
    "sketch": _SKETCH,
    "storage": _STORAGE,
    "lora": _LORA,
    "mail": _MAIL,
    "templates": _TEMPLATES,
    "hardware": _HARDWARE,
    "network": _NETWORK,
}


@dataclass(frozen=True)
class Endpoint:
    """An operation of the official API. `reason` says why it is not served; "" if it is."""

    method: str
    path: str
    reason: str


def _read(line: str) -> Endpoint:
    operation, _, reason = line.partition(" | ")
    method, path = operation.split()
    return Endpoint(method, path, _REASONS[reason] if reason else "")


ENDPOINTS = tuple(_read(line) for line in _NAMES.split("\n") if line)


def table() -> str:
    """Return the documentation's table, in Markdown."""
    rows = ["| operation | served |", "|---|---|"]
    for each in ENDPOINTS:
        served = "no: " + each.reason if each.reason else "yes"
        rows.append("| %s `/iot%s` | %s |" % (each.method, each.path, served))
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
