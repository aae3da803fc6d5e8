/** The same page in a notebook's cell, inside a shadow root so that neither styles the other. */
import { mount, unmount } from "svelte";
import App from "../App.svelte";
import { theme } from "../state/theme.svelte";
import base from "../styles/base.css?inline";
import tokens from "../styles/tokens.css?inline";
import { CommTransport } from "./comm";
import { watchKernel } from "./kernel";
import { TraitMirror } from "./mirror";
import type { Model } from "./model";
import { KernelStore } from "./store";
import { notebook } from "./surroundings";

interface View {
  readonly model: Model;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

const FRAME = ":host { display: block; overflow: clip; border: 1px solid var(--line); border-radius: 8px; }";

theme.follow(notebook);

function render({ model, el }: View): () => void {
  const ended = new AbortController();
  const root = el.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = `${tokens}\n${base}\n${FRAME}`;
  root.append(style);
  // Letters typed here are not the notebook's commands.
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  const undress = theme.dress(el);

  const uncover = hideFallback(model.get("_id"));

  const transport = new CommTransport(model, ended.signal);
  const app = mount(App, {
    target: root,
    props: {
      transport,
      store: new KernelStore(model),
      mirror: new TraitMirror(model),
      height: `${model.get("_height")}px`,
    },
  });
  watchKernel(model, () => transport.lose(), ended.signal);
  return () => {
    ended.abort();
    undress();
    uncover();
    void unmount(app);
  };
}

/** Hide the plain map that is there for when no widget is: what is live shows more. */
function hideFallback(id: string): () => void {
  const name = `backlit-kept-${id}`;
  const style = document.createElement("style");
  style.textContent = `.${name}, .jp-OutputArea-child:has(.${name}) { display: none; }`;
  document.head.append(style);
  return () => style.remove();
}

export default { render };
