/**
 * The prompt's editor: CodeMirror 6, which draws only the lines in sight and carries the tints of
 * a map along as the text changes.
 */
import {
  defaultKeymap,
  history,
  historyField,
  historyKeymap,
  isolateHistory,
} from "@codemirror/commands";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import {
  Annotation,
  EditorState,
  type EditorStateConfig,
  type Range,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
} from "@codemirror/view";
import type { Editor, EditorOptions, Tint } from "../host/editor";

/** A change that the page made: it knows the text already. */
const ours = Annotation.define<boolean>();
/** Undone alone, not with what was typed just before. */
const OURS = [ours.of(true), isolateHistory.of("full")];
const paint = StateEffect.define<readonly Tint[]>();

const tints = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    let set = before.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(paint)) set = decorated(effect.value, transaction.newDoc.length);
    }
    return set;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorated(list: readonly Tint[], length: number): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const { from, to, style } of list) {
    const end = Math.min(to, length);
    if (from >= end) continue;
    ranges.push(Decoration.mark({ class: "cm-tint", attributes: { style } }).range(from, end));
  }
  return Decoration.set(ranges, true);
}

/** Sizes and colours are the page's own; what is set here CodeMirror would set otherwise. */
const theme = EditorView.theme({
  "&": { background: "none", color: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", overflow: "visible" },
  ".cm-content": { padding: "0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "1.5px" },
  ".cm-placeholder": { color: "var(--dim)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { background: "color-mix(in oklab, var(--focus) 26%, transparent)" },
  ".cm-specialChar": { color: "var(--sign)" },
  ".cm-searchMatch": { background: "none", outline: "1.5px solid var(--line-strong)" },
  ".cm-searchMatch-selected": { outline: "2px solid var(--focus)" },
  ".cm-selectionMatch": { background: "none", outline: "1px solid var(--line)" },
  ".cm-panels": {
    background: "var(--sunken)",
    color: "inherit",
    borderColor: "var(--line)",
    zIndex: "2",
  },
  ".cm-panel.cm-search": { padding: "6px 30px 6px 8px", font: "var(--base) / 1.5 var(--sans)" },
  ".cm-panel.cm-search label": { fontSize: "var(--small)" },
  ".cm-textfield": {
    fontSize: "inherit",
    background: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "5px",
  },
  ".cm-button": {
    fontSize: "inherit",
    backgroundImage: "none",
    height: "26px",
    background: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "5px",
  },
});

export function createEditor(options: EditorOptions): Editor {
  const { onchange, onpaste, onrefused, isTooLong } = options;
  const config: EditorStateConfig = {
    extensions: [
      history(),
      tints,
      drawSelection(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      search({ top: true }),
      EditorView.lineWrapping,
      EditorState.lineSeparator.of("\n"), // a carriage return is a character that the model reads
      EditorState.tabSize.of(4),
      EditorView.contentAttributes.of({ spellcheck: "false", ...options.attributes }),
      EditorState.phrases.of(options.phrases),
      placeholder(options.placeholder),
      keymap.of([...searchKeymap, ...historyKeymap, ...ownKeys()]),
      theme,
      EditorState.transactionFilter.of((transaction) => {
        if (!transaction.docChanged || transaction.annotation(ours)) return transaction;
        const { newDoc, startState } = transaction;
        if (newDoc.length <= startState.doc.length) return transaction; // it gets shorter
        if (!isTooLong(newDoc.length, () => newDoc.toString())) return transaction;
        queueMicrotask(onrefused);
        return [];
      }),
      EditorView.updateListener.of((update) => {
        const known = update.transactions.every((one) => !one.docChanged || one.annotation(ours));
        if (update.docChanged && !known) onchange(update.state.doc.toString());
      }),
      EditorView.domEventHandlers({
        paste: (event) => void onpaste(event.clipboardData?.getData("text/plain") ?? ""),
      }),
    ],
  };
  const root = options.parent.getRootNode() as Document | ShadowRoot;
  const state = stateOf(options, config);
  const view = new EditorView({ parent: options.parent, root, state });

  return {
    replace(text) {
      const before = view.state.doc.toString();
      if (text === before) return;
      view.dispatch({ changes: changeBetween(before, text), annotations: OURS });
    },
    tint: (list) => view.dispatch({ effects: paint.of(list) }),
    focus(from, to = from) {
      view.focus();
      if (from === undefined || to === undefined) return;
      const { length } = view.state.doc;
      const selection = { anchor: Math.min(from, length), head: Math.min(to, length) };
      view.dispatch({
        selection,
        effects: EditorView.scrollIntoView(selection.anchor, { y: "center" }),
      });
    },
    moveIntoSight(pane) {
      const { doc, selection } = view.state;
      if (!doc.eq(state.doc) || !selection.eq(state.selection)) return;
      const top = pane ? pane.getBoundingClientRect().top - view.documentTop : 0;
      const line = view.lineBlockAtHeight(Math.max(0, top) + view.defaultLineHeight);
      view.dispatch({ selection: { anchor: line.from } });
    },
    destroy() {
      const memory: unknown = view.state.toJSON({ history: historyField });
      view.destroy();
      return memory;
    },
  };
}

/** Ctrl-Enter and Escape are the page's. */
function ownKeys() {
  return defaultKeymap.filter(({ key }) => key !== "Mod-Enter" && key !== "Escape");
}

function stateOf({ text, memory }: EditorOptions, config: EditorStateConfig): EditorState {
  if (memory) {
    const kept = EditorState.fromJSON(memory, config, { history: historyField });
    if (kept.doc.toString() === text) return kept; // of another text, it would undo to that
  }
  return EditorState.create({ ...config, doc: text });
}

/** The one stretch in which two texts differ. */
function changeBetween(before: string, after: string) {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let end = 0;
  while (end < most - from && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}
