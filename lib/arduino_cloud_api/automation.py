"""The operations on triggers, actions, templates, LoRa and the credentials of sketches: see `operations`."""

OPERATIONS = {
    "triggers": """
list GET v1/triggers [] device_id property_id show_deleted source_type
create PUT v1/triggers body,once
show GET v1/triggers/{id}
update POST v1/triggers/{id} body
patch PATCH v1/triggers/{id} body
delete DELETE v1/triggers/{id} - force
template GET v1/triggers/{id}/template
unsubscribe POST v1/triggers/{id}/unsubscribe maybe
""",
    "actions": """
list GET v1/actions []
create POST v1/actions body,once
show GET v1/actions/{id}
update PUT v1/actions/{id} body
delete DELETE v1/actions/{id}
unsubscribe PUT v1/actions/{id}/unsubscribe body
""",
    "templates": """
apply PUT v1/templates body,once
""",
    "lora_devices": """
create PUT v1/lora-devices/ body,once
""",
    "lora_freq_plan": """
list GET v1/lora-freq-plans/ [frequency_plans]
""",
    "network_credentials": """
show GET v1/network_credentials/{type} [] connection
show_by_device GET v1/network_credentials/{type}/connections
""",
}
