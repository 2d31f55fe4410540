"""The operations on devices: see `operations`."""

OPERATIONS = {
    "devices": """
list GET v2/devices [] across_user_ids serial show_deleted tags unique_hardware_id
create PUT v2/devices body,once
show GET v2/devices/{id}
update POST v2/devices/{id} body
delete DELETE v2/devices/{id} - force
claim PUT v2/devices/claim body,once
remove_uhwid POST v2/devices/{id}/remove-uhwid
get_properties GET v2/devices/{id}/properties [properties] show_deleted
update_properties PUT v2/devices/{id}/properties body,once
timeseries GET v2/devices/{id}/properties/{pid} [values] limit start
get_events GET v2/devices/{id}/events [events] limit start
get_status_events GET v2/devices/{id}/status [events] limit start
tags_list GET v2/devices/{id}/tags
tags_upsert PUT v2/devices/{id}/tags body
tags_delete DELETE v2/devices/{id}/tags/{key}
certs_list GET v2/devices/{id}/certs []
certs_create PUT v2/devices/{id}/certs body,once
certs_show GET v2/devices/{id}/certs/{cid}
certs_update POST v2/devices/{id}/certs/{cid} body
certs_delete DELETE v2/devices/{id}/certs/{cid}
pass_get GET v2/devices/{id}/pass - suggested_password
pass_set PUT v2/devices/{id}/pass body
pass_check POST v2/devices/{id}/pass body
pass_delete DELETE v2/devices/{id}/pass
ota_upload POST v2/devices/{id}/ota file,once async expire_in_mins
ota_send PUT v2/devices/{id}/ota body,once
ota_url POST v2/devices/{id}/ota/url body,once
""",
}
