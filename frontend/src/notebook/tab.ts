/** The link to a page that the kernel serves: opened at once, where the browser allows it. */
import { preferred } from "../strings/preferred";
import { tab as english } from "../strings/en/notebook";
import { tab as turkish } from "../strings/tr/notebook";

interface Reply {
  readonly address?: string;
  /** The machine of the kernel. */
  readonly host?: string;
}

interface View {
  readonly model: {
    send(content: unknown): void;
    on(name: "msg:custom", hear: (reply: Reply) => void): void;
  };
  readonly el: HTMLElement;
}

/** All that is said here: the rest of the words need not be in a notebook. */
const t = { tab: preferred(navigator.languages) === "tr" ? turkish : english };

const OPENED = "backlit.opened";

/** The address lets in, so it is asked for rather than saved with the notebook. */
function render({ model, el }: View): void {
  say(el, t.tab.asking);
  model.on("msg:custom", ({ address, host = "" }) => {
    if (address) draw(el, address, host);
  });
  model.send({ ask: "address" });
}

function draw(el: HTMLElement, address: string, host: string): void {
  const lines: (string | Node)[] = [];
  const link = document.createElement("a");
  link.href = address;
  link.target = "_blank";
  link.rel = "noreferrer";
  link.textContent = t.tab.open;
  lines.push(link);
  // Outputs of a reloaded notebook are drawn again, and should open nothing then.
  if (!opened(address) && !window.open(address, "_blank")) lines.push(t.tab.blocked);
  if (isElsewhere()) lines.push(t.tab.elsewhere(host, new URL(address).port));
  say(el, ...lines);
}

function say(el: HTMLElement, ...lines: (string | Node)[]): void {
  el.replaceChildren(
    ...lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.append(line);
      return paragraph;
    }),
  );
}

/** Whether this browser tab opened the address before; it has by the next time. */
function opened(address: string): boolean {
  const { port } = new URL(address);
  try {
    const before = sessionStorage.getItem(OPENED) === port;
    sessionStorage.setItem(OPENED, port);
    return before;
  } catch {
    return false; // storage is off
  }
}

/** The browser came to the notebook over a network, so the kernel's loopback is not its own. */
function isElsewhere(): boolean {
  const { hostname, protocol } = location;
  const here = ["localhost", "127.0.0.1", "[::1]", "::1"].includes(hostname);
  return protocol.startsWith("http") && !here && !hostname.endsWith(".localhost");
}

export default { render };
