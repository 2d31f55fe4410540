"""CADATA: Arduino's own root certificate as DER bytes, under the name that the official client gives it."""

with open(__file__.rsplit("/", 1)[0] + "/certs/ArduinoRoot.der", "rb") as file:
    CADATA = file.read()
