/** The same page in a notebook's cell, inside a shadow root so that neither styles the other. */
import { mount, unmount } from "svelte";
import App from "../App.svelte";
import { theme } from "../state/theme.svelte";
import base from "../styles/base.css?inline";
import tokens from "../styles/tokens.css?inline";
import { CommTransport } from "./comm";
import { TraitMirror } from "./mirror";
import type { Model } from "./model";
import { KernelStore } from "./store";
import { notebook } from "./surroundings";

interface View {
  readonly model: Model;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

/** The class that Jupyter's widgets carry while no kernel is behind them. */
const DISCONNECTED = "jupyter-widgets-disconnected";

theme.follow(notebook);

function render({ model, el }: View): () => void {
  const ended = new AbortController();
  const root = el.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = `${tokens}\n${base}\n:host { display: block; }`;
  root.append(style);
  // Letters typed here are not the notebook's commands.
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  const undress = theme.dress(el);

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
  const look = () => el.classList.contains(DISCONNECTED) && transport.lose();
  const observer = new MutationObserver(look);
  observer.observe(el, { attributeFilter: ["class"] });
  look();
  return () => {
    ended.abort();
    observer.disconnect();
    undress();
    void unmount(app);
  };
}

export default { render };
