"""Load keys and certificates into a TLS context in the same way as `trust`."""

from arduino_iot_cloud import keys
from arduino_iot_cloud.trust import is_uri, load_cert_chain


def load(context, params):
    """Do what `trust.context` does for `ssl_params` that contain a URI."""
    keys.load(context, params, is_uri, load_cert_chain)
