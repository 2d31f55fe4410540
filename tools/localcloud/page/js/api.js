// Requests to the local API (/local/v1). The browser sends the cookie itself.

export const API = "/local/v1";
const ANSWER_MS = 10_000;

/** The cloud refused a request, or could not be reached (`status` 0). `message` says why. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function request(method, path, body) {
  let answer;
  try {
    answer = await fetch(API + path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
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
