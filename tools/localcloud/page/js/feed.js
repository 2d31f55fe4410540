// Live events over a WebSocket that reconnects by itself.

import { API, request, sessionKey } from "./api.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 3000;
const ALIVE_S = 4; // the cloud sends something at least this often
const SILENT_MS = 10_000; // after this long without a message the connection is dead

/**
 * Keep a connection. After each connect `onOpen` is awaited to fetch what was missed; events are held
 * back meanwhile. Then `onEvent(event)` gets them. `onState` gets "connecting", "live", "lost" or "locked".
 */
export function follow({ onOpen, onEvent, onState }) {
  let wait = FIRST_WAIT_MS;
  let again;

  function connect() {
    clearTimeout(again);
    again = undefined;
    onState(wait === FIRST_WAIT_MS ? "connecting" : "lost");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${API}/live?alive=${ALIVE_S}`, ["local-cloud", `page-key.${sessionKey() ?? "none"}`]);
    let held = [];
    let silence;
    let closed = false;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(lose, SILENT_MS);
    };
    heard();

    socket.onopen = async () => {
      try {
        await onOpen();
        if (closed) return;
        wait = FIRST_WAIT_MS;
        onState("live");
        for (const event of held) onEvent(event);
        held = null;
      } catch {
        lose();
      }
    };
    socket.onmessage = (message) => {
      heard();
      const event = JSON.parse(message.data);
      if (event.event === "alive") return;
      if (held) held.push(event);
      else onEvent(event);
    };
    socket.onclose = lose;

    async function lose() {
      if (closed) return;
      closed = true;
      clearTimeout(silence);
      socket.close();
      onState("lost");
      const locked = await request("GET", "/status").then(() => false, (error) => error.status === 401);
      if (locked) onState("locked");
      again = setTimeout(connect, locked ? LONGEST_WAIT_MS : wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  // When a laptop wakes up or the network is back, do not wait for the next attempt.
  window.addEventListener("online", () => again !== undefined && connect());
  connect();
}
