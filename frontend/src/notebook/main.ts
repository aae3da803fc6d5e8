/** The same page in a notebook's cell, inside a shadow root so that neither styles the other. */
import { mount, unmount } from "svelte";
import Spoken from "../app/Spoken.svelte";
import type { CreateEditor, LoadEditor } from "../host/editor";
import { browserKept } from "../page/records";
import { browserStore } from "../page/storage";
import { inWorkspace } from "../page/workspace";
import { language } from "../state/language.svelte";
import { theme } from "../state/theme.svelte";
import { Workbench } from "../state/workbench.svelte";
import base from "../styles/base.css?inline";
import shared from "../styles/shared.css?inline";
import tokens from "../styles/tokens.css?inline";
import type { Catalogue } from "../strings";
import type { State } from "../wire";
import { CommTransport } from "./comm";
import { watchKernel } from "./kernel";
import { TraitMirror } from "./mirror";
import type { Model } from "./model";
import { KernelStore } from "./store";
import { notebook } from "./surroundings";

const FRAME =
  ":host { display: block; overflow: clip; border: 1px solid var(--line); border-radius: 8px; }";

interface Begun {
  readonly workbench: Workbench;
  readonly loadEditor: LoadEditor;
  readonly end: () => void;
}

theme.follow(notebook, browserStore);

/** The editor is not in every notebook: the kernel hands it to those that type. */
let editor: Promise<CreateEditor> | undefined;

async function importEditor(transport: CommTransport): Promise<CreateEditor> {
  return (await importModule<{ createEditor: CreateEditor }>(transport, "editor")).createEditor;
}

/** What the kernel hands over. */
async function importModule<T>(transport: CommTransport, name: string): Promise<T> {
  const source = new Blob([await transport.module(name)], { type: "text/javascript" });
  const url = URL.createObjectURL(source);
  try {
    return (await import(/* @vite-ignore */ url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** What a widget does, whether it is shown in no cell, one or several: they show the same. */
function begin(model: Model): Begun {
  const ended = new AbortController();
  const transport = new CommTransport(model, ended.signal);
  const { workspace } = model.get("_state") as Partial<State>;
  const kept = workspace ? inWorkspace(transport, browserKept) : browserKept;
  const workbench = new Workbench(transport, new KernelStore(model, kept), new TraitMirror(model));
  watchKernel(model, () => transport.lose(), ended.signal);
  void workbench.start();
  const load = async () => (await importModule<{ tr: Catalogue }>(transport, "tr")).tr;
  void language.follow(navigator.languages, browserStore, load);
  return {
    workbench,
    loadEditor: () => {
      editor ??= importEditor(transport);
      editor.catch(() => (editor = undefined)); // another cell may have a kernel
      return editor;
    },
    end() {
      workbench.stop();
      ended.abort();
    },
  };
}

function show({ workbench, loadEditor }: Begun, model: Model, el: HTMLElement): () => void {
  const root = el.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = `${tokens}\n${base}\n${shared}\n${FRAME}`;
  root.append(style);
  // Letters typed here are not the notebook's commands.
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  const undress = [theme.dress(el), language.dress(el)];
  const uncover = hideFallback(model.get("_id"));
  const app = mount(Spoken, {
    target: root,
    props: { workbench, loadEditor, height: `${model.get("_height")}px`, embedded: true },
  });
  return () => {
    for (const one of undress) one();
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

/** anywidget asks once for each widget: `initialize` belongs to it, `render` to each cell. */
export default () => {
  let widget: Begun | undefined;
  return {
    initialize({ model }: { model: Model }): () => void {
      widget = begin(model);
      return widget.end;
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      return show(widget!, model, el);
    },
  };
};
