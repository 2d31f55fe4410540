"""The operations on historical data: see `operations`."""

OPERATIONS = {
    "series": """
batch_query POST v2/series/batch_query body,[series]
batch_query_raw POST v2/series/batch_query_raw body,[series]
batch_query_raw_last_value POST v2/series/batch_query_raw/lastvalue body,[series]
batch_query_sampling POST v2/series/batch_query_sampling body,[series]
historic_data POST v2/series/historic_data body,once
""",
}
