// Live events over a WebSocket that comes back by itself.

import { API, request } from "./api.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 3000;
const ALIVE_S = 4; // the cloud says something at least as often
const SILENT_MS = 10_000; // so long without a word: the connection is dead

/**
 * Keeps a connection. `onOpen` is awaited after each connect, while events are held back: it fetches
 * what was missed. Then `onEvent(event)` gets them. `onState(state)`: connecting, live, lost, locked.
 */
export function follow({ onOpen, onEvent, onState }) {
  let wait = FIRST_WAIT_MS;
  let again;

  function connect() {
    clearTimeout(again);
    again = undefined;
    onState(wait === FIRST_WAIT_MS ? "connecting" : "lost");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${API}/live?alive=${ALIVE_S}`);
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

  // A laptop that wakes up, or a network that is back, should not wait for the next turn.
  window.addEventListener("online", () => again !== undefined && connect());
  connect();
}
