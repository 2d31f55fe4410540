"""Every published vector, decoded as a cloud decodes it."""

import json
from pathlib import Path

import cbor2
import pytest
from localcloud.protocol import commands, senml
from localcloud.protocol.cbor import MalformedPayload

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "device_vectors.json").read_text())
NOW = 1_800_000_000.0


def named(kind):
    return [pytest.param(vector, id=vector["name"]) for vector in VECTORS[kind]]


def plain(value):
    """Return the value with the vectors' notation for byte strings and simple values resolved."""
    if isinstance(value, dict) and set(value) == {"bytes"}:
        return bytes.fromhex(value["bytes"])
    if isinstance(value, dict) and set(value) == {"simple"}:
        return value["simple"]
    return value


def properties(payload):
    return [(update.name, update.value) for update in senml.decode(payload, NOW).updates]


@pytest.mark.parametrize("vector", named("property_decode"))
def test_property_payloads_give_the_stated_values(vector):
    joined = "".join(record.get("bn", "") for record in vector["records"])
    expected = [(joined + effect["property"], effect["value"]) for effect in vector["effect"]]
    assert properties(bytes.fromhex(vector["hex"])) == expected


@pytest.mark.parametrize("vector", [v for v in named("property_encode") if v.values[0]["hex"]])
def test_property_payloads_of_devices_are_understood(vector):
    decoded = properties(bytes.fromhex(vector["hex"]))
    values = [value for _, value in decoded]
    flat = [scalar for value in values for scalar in (value.values() if isinstance(value, dict) else [value])]
    stated = [
        next(record[key] for key in ("v", "vs", "vb") if key in record)
        for record in vector["records"]
        if record.get("n") != "r:m"
    ]
    assert flat == pytest.approx(stated) if all(isinstance(v, float) for v in stated) else flat == stated


@pytest.mark.parametrize("vector", named("command_encode") + named("command_decode"))
def test_commands_give_the_stated_parameters(vector):
    if vector["message"] == "Custom":
        with pytest.raises(MalformedPayload):
            commands.decode(bytes.fromhex(vector["hex"]))
        return
    command = commands.decode(bytes.fromhex(vector["hex"]))
    assert command.tag == vector["tag"]
    assert command.name == vector["message"]
    for name, value in vector["params"].items():
        assert command.parameters[name] == plain(value), name


@pytest.mark.parametrize("vector", [v for v in named("malformed") if v.values[0]["role"] == "any"])
def test_malformed_payloads_are_refused(vector):
    decode = commands.decode if vector["kind"] == "command" else lambda data: senml.decode(data, NOW)
    with pytest.raises(MalformedPayload):
        decode(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize(
    "vector",
    [v for v in named("malformed") if v.values[0]["role"] == "device" and v.values[0]["kind"] == "command"],
)
def test_commands_for_the_cloud_are_accepted(vector):
    assert commands.decode(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize(
    "vector",
    [v for v in named("malformed") if v.values[0]["role"] == "device" and v.values[0]["kind"] == "property"],
)
def test_property_payloads_that_devices_refuse_are_refused_unless_only_their_keys_are_text(vector):
    payload = bytes.fromhex(vector["hex"])
    if vector["name"] == "text keys":
        assert properties(payload) == [("test", 7)]
        return
    with pytest.raises(MalformedPayload):
        senml.decode(payload, NOW)


def test_down_commands_are_encoded_as_the_devices_decode_them():
    known = {vector["name"]: bytes.fromhex(vector["hex"]) for vector in VECTORS["command_decode"]}
    for vector in VECTORS["command_decode"]:
        parameters = [plain(value) for value in vector["params"].values()]
        encoded = commands.encode(vector["tag"], *parameters)
        assert cbor2.loads(encoded).value == cbor2.loads(known[vector["name"]]).value
        assert encoded[:5] == known[vector["name"]][:5]
