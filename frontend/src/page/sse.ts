/** Reading server-sent events from a stream of bytes. */

/** The `data` of each event, as it completes. Comments, ids and names are skipped. */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      pending += value ? decoder.decode(value, { stream: true }) : "";
      if (done) pending += decoder.decode() + "\n";
      const { lines, rest } = completeLines(pending, done);
      pending = rest;
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield data.join("\n");
          data = [];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // leaving early tells the server to stop
  }
}

/** Lines end in \n, \r\n or \r; a \r at the very end may be half of a \r\n still to come. */
function completeLines(text: string, last: boolean): { lines: string[]; rest: string } {
  const held = !last && text.endsWith("\r") ? "\r" : "";
  const parts = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/);
  const rest = (parts.pop() ?? "") + held;
  return { lines: parts, rest };
}
