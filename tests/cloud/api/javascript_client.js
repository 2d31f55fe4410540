// Runs the published JavaScript client, unchanged, for test_official_clients: one call per line of stdin.
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

// The client never checks what it gets, though it could: so it is checked here.
function check(value) {
  const model = value && value.constructor;
  if (model && model.validateJSON) model.validateJSON(JSON.parse(JSON.stringify(value)));
}

async function call({ api, method, arguments: required, options }) {
  const bound = new ArduinoIotClient[api]();
  const named = Object.fromEntries(Object.entries(options).map(([name, value]) => [methodName(name), value]));
  try {
    const value = (await bound[methodName(method)](...required, named)) ?? null;
    const first = Array.isArray(value) ? value[0] : value;
    (Array.isArray(value) ? value : [value]).forEach(check);
    return { value, type: first ? first.constructor.name : "NoneType" };
  } catch (error) {
    if (!error.status) throw error;
    return { status: error.status, error: error.response.text, type: error.statusText || "Error" };
  }
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
    console.log(JSON.stringify(await (wanted.login ? login(wanted.login) : call(wanted))));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
