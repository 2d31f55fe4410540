// Runs the unchanged package arduino-iot-js for test_javascript. Each line of stdin is an order.
//
//     node iot_js.js OPTIONS      OPTIONS of ArduinoIoTCloud.connect, in JSON
//
// Orders, in JSON: ["on", path...] listens, ["send", path..., value] sends. A path is a thing and a name, or a name.
// Reports: `connected`, `value NAME JSON`, `sent NAME`, `failed WHY`.

const dns = require("dns");

// The package builds the cloud's host names itself, so they must resolve to this machine.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".arduino.cc") ? "127.0.0.1" : name, ...rest);

const { ArduinoIoTCloud } = require("arduino-iot-js");

async function obey(client, [order, ...words]) {
  if (order === "on") {
    const name = words[words.length - 1];
    client.onPropertyValue(...words, (value) => console.log(`value ${name} ${JSON.stringify(value)}`));
  } else {
    await client.sendProperty(...words);
    console.log(`sent ${words[words.length - 2]}`);
  }
}

async function main() {
  const client = await ArduinoIoTCloud.connect(JSON.parse(process.argv[2]));
  console.log("connected");
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    await obey(client, JSON.parse(line));
  }
  await client.disconnect();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.log(`failed ${error.message}`);
    process.exit(1);
  }
);
