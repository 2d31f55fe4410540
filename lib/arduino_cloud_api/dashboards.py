"""The operations on dashboards: see `operations`. `dashboards` has version 2 of the API, `dashboards_v3` version 3."""

OPERATIONS = {
    "dashboards": """
list GET v2/dashboards [] name thing_id user_id
create POST v2/dashboards body,once
show GET v2/dashboards/{id}
update PUT v2/dashboards/{id} body
patch PATCH v2/dashboards/{id} body
delete DELETE v2/dashboards/{id} - force
clone PUT v2/dashboards/{id}/clone body,once
template GET v2/dashboards/{id}/template
link PUT v2/dashboards/{id}/widgets/{widget_id}/variables body
list_shares GET v2/dashboards/{id}/shares []
share PUT v2/dashboards/{id}/shares body
delete_share DELETE v2/dashboards/{id}/shares/{user_id}
request_access PUT v2/dashboards/{id}/share_request body,once
""",
    "dashboards_v3": """
list GET v3/dashboards [] name thing_id user_id
create POST v3/dashboards body,once
show GET v3/dashboards/{id}
update PUT v3/dashboards/{id} body
patch PATCH v3/dashboards/{id} body
clone PUT v3/dashboards/{id}/clone body,once
template GET v3/dashboards/{id}/template
""",
}
