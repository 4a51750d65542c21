// Parsing text/event-stream as the HTML standard defines it (section 9.2.6). EventSource would do this, but it cannot
// send a key in a header, and a key in a URL ends up in logs.

/** @typedef {{event: string, data: string, id: string}} ServerEvent */

/** Feed it decoded text in pieces of any size; it returns the events that are complete. */
export class EventStreamParser {
  #rest = "";
  #started = false;
  #data = [];
  #event = "";
  /** The last id seen, to be sent as Last-Event-ID. */
  lastId = "";
  /** Reconnection time in ms as the server asked, or null. */
  retryMs = null;

  /** @param {string} text @returns {ServerEvent[]} */
  push(text) {
    let buffer = this.#rest + text;
    if (!this.#started && buffer) {
      this.#started = true;
      if (buffer.startsWith("\ufeff")) buffer = buffer.slice(1);
    }
    const events = [];
    const lineEnd = /\r\n|\n|\r/g;
    let start = 0;
    for (let match = lineEnd.exec(buffer); match; match = lineEnd.exec(buffer)) {
      // A carriage return at the very end may be half of a pair: wait for the next piece.
      if (match[0] === "\r" && lineEnd.lastIndex === buffer.length) break;
      this.#line(buffer.slice(start, match.index), events);
      start = lineEnd.lastIndex;
    }
    this.#rest = buffer.slice(start);
    return events;
  }

  #line(line, events) {
    if (line === "") {
      if (this.#data.length) {
        events.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.lastId });
      }
      this.#data = [];
      this.#event = "";
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.lastId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}
