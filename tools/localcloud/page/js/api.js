// Requests to the local API (/local/v1). The browser sends the session's cookie itself, to every port of this host;
// the session's key stays in this server's storage. Only both together are of use.

export const API = "/local/v1";
const ANSWER_MS = 10_000;
const KEY = "local-cloud session";

/** Return the key of this browser's session, or null. */
export const sessionKey = () => localStorage.getItem(KEY);

/** Exchange the code in the page's address for a session. Returns why that failed, or "". */
export async function enter() {
  const address = new URL(location.href);
  const code = address.searchParams.get("code");
  if (code === null) return "";
  address.searchParams.delete("code");
  history.replaceState(null, "", address);
  try {
    const { key } = await request("POST", "/session", { code });
    localStorage.setItem(KEY, key);
    return "";
  } catch (error) {
    return error.message;
  }
}

/** End this browser's session. */
export async function leave() {
  await request("DELETE", "/session");
  localStorage.removeItem(KEY);
}

/** The cloud refused a request, or could not be reached (`status` 0). `message` says why. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function request(method, path, body) {
  let answer;
  const key = sessionKey();
  const headers = { ...(key === null ? {} : { "X-Page-Key": key }) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    answer = await fetch(API + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    throw new Refused(0, "the local cloud does not answer");
  }
  if (!answer.ok) throw new Refused(answer.status, await reasonOf(answer));
  try {
    return await answer.json();
  } catch {
    throw new Refused(0, "the connection was lost");
  }
}

async function reasonOf(answer) {
  const { detail } = await answer.json().catch(() => ({}));
  if (typeof detail === "string") return detail;
  return Array.isArray(detail) && typeof detail[0]?.msg === "string" ? detail[0].msg : `status ${answer.status}`;
}
