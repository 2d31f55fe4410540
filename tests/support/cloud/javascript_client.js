// Runs the published JavaScript client, unchanged, for test_official_clients: one call per line of stdin.
const fs = require("fs");
const readline = require("readline");
const ArduinoIotClient = require("@arduino/arduino-iot-client");

async function getToken(about) {
  const answer = await fetch(about.token_url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: about.api_key_id,
      client_secret: about.api_key_secret,
      audience: "https://api2.arduino.cc/iot",
    }),
  });
  return (await answer.json()).access_token;
}

const methodName = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

// The client could check what it gets, but never does. Check it here.
function check(value) {
  const model = value && value.constructor;
  if (model && model.validateJSON) model.validateJSON(JSON.parse(JSON.stringify(value)));
}

async function call({ api, method, arguments: required, options }) {
  const bound = new ArduinoIotClient[api]();
  const named = Object.fromEntries(Object.entries(options).map(([name, value]) => [methodName(name), value]));
  try {
    const opened = required.map((each) => (each?.file ? fs.createReadStream(each.file) : each));
    const value = (await bound[methodName(method)](...opened, named)) ?? null;
    const first = Array.isArray(value) ? value[0] : value;
    (Array.isArray(value) ? value : [value]).forEach(check);
    return { value, type: first ? first.constructor.name : "NoneType" };
  } catch (error) {
    if (!error.status) throw error;
    return { status: error.status, error: error.response.text, type: error.statusText || "Error" };
  }
}

// Return the operation behind each method, from its source.
function operations() {
  const found = {};
  for (const [api, members] of Object.entries(ArduinoIotClient)) {
    if (!api.endsWith("Api")) continue;
    for (const name of Object.getOwnPropertyNames(members.prototype)) {
      const asked = members.prototype[name].toString().match(/callApi\('(.+?)', '(\w+)'/);
      if (!asked) continue;
      const snake = name.replace("WithHttpInfo", "").replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
      found[api + "." + snake] = asked[2] + " " + asked[1];
    }
  }
  return found;
}

async function login(about) {
  const client = ArduinoIotClient.ApiClient.instance;
  client.basePath = about.base;
  client.authentications["oauth2"].accessToken = about.token || (await getToken(about));
  return { type: "ready" };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const wanted = JSON.parse(line);
    const answer = wanted.operations ? operations() : wanted.login ? login(wanted.login) : call(wanted);
    console.log(JSON.stringify(await answer));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
