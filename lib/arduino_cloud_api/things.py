"""The operations on things and their properties: see `operations`."""

OPERATIONS = {
    "things": """
list GET v2/things [] across_user_ids device_id ids show_deleted show_properties tags
create PUT v2/things body,once force
show GET v2/things/{id} - show_deleted
update POST v2/things/{id} body force
delete DELETE v2/things/{id} - force
clone PUT v2/things/{id}/clone body,once
template GET v2/things/{id}/template
publish PUT v2/things/{id}/publish body,once
create_sketch PUT v2/things/{id}/sketch body,once
update_sketch PUT v2/things/{id}/sketch/{sketch_id} maybe
delete_sketch DELETE v2/things/{id}/sketch
tags_list GET v2/things/{id}/tags
tags_upsert PUT v2/things/{id}/tags body
tags_delete DELETE v2/things/{id}/tags/{key}
""",
    "properties": """
list GET v2/things/{id}/properties [] show_deleted
create PUT v2/things/{id}/properties body,once
show GET v2/things/{id}/properties/{pid} - show_deleted
update POST v2/things/{id}/properties/{pid} body
delete DELETE v2/things/{id}/properties/{pid} - force
publish PUT v2/things/{id}/properties/{pid}/publish body,once
publish_batch PUT v2/things/{id}/properties/{pid}/publish_batch body,once
timeseries GET v2/things/{id}/properties/{pid}/timeseries [data] aggregation desc from interval to
""",
    "property_types": """
list_types GET v1/property_types []
""",
}
