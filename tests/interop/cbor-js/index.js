// `encode(records, numericKeys)` -> ArrayBuffer and `decode(ArrayBuffer)` -> records, as arduino-iot-js calls them.

const cbor = require("cbor");

// Keys of objects are text. With `numericKeys` those that are numbers become CBOR integers.
function withKeys(value, numericKeys) {
  if (Array.isArray(value)) return value.map((item) => withKeys(item, numericKeys));
  if (value === null || typeof value !== "object") return value;
  return new Map(
    Object.entries(value).map(([key, item]) => [
      numericKeys && /^-?\d+$/.test(key) ? Number(key) : key,
      withKeys(item, numericKeys),
    ])
  );
}

function toObjects(value) {
  if (Array.isArray(value)) return value.map(toObjects);
  return value instanceof Map ? Object.fromEntries(value) : value;
}

exports.encode = (records, numericKeys) => {
  const bytes = cbor.encodeOne(withKeys(records, numericKeys));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

exports.decode = (data) => toObjects(cbor.decodeFirstSync(Buffer.from(data)));
