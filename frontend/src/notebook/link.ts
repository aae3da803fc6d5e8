/** The link to a page that the kernel serves: opened at once, where the browser allows it. */
import { t } from "../strings";

interface View {
  readonly model: { get(name: "_url" | "_host"): string };
  readonly el: HTMLElement;
}

/** Outputs of a reloaded notebook are drawn again, and should open nothing then. */
const opened = new Set<string>();

function render({ model, el }: View): void {
  const url = model.get("_url");
  const { port } = new URL(url);
  const tab = opened.has(url) ? null : window.open(url, "_blank");
  const blocked = !tab && !opened.has(url);
  opened.add(url);

  const link = document.createElement("a");
  link.href = url;
  link.target = "_blank";
  link.rel = "noreferrer";
  link.textContent = t.tab.open;
  const lines: (string | Node)[] = [link];
  if (blocked) lines.push(t.tab.blocked);
  if (isElsewhere()) lines.push(t.tab.elsewhere(model.get("_host"), port));
  el.replaceChildren(
    ...lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.append(line);
      return paragraph;
    }),
  );
}

/** The browser came to the notebook over a network, so the kernel's loopback is not its own. */
function isElsewhere(): boolean {
  const { hostname, protocol } = location;
  const here = ["localhost", "127.0.0.1", "[::1]", "::1"].includes(hostname);
  return protocol.startsWith("http") && !here && !hostname.endsWith(".localhost");
}

export default { render };
