"""Keys and certificates put into a TLS context as `trust` has it done."""

from arduino_iot_cloud import keys
from arduino_iot_cloud.trust import is_uri, load_cert_chain


def load(context, params):
    """What `trust.context` does for `ssl_params` with a URI in them."""
    keys.load(context, params, is_uri, load_cert_chain)
