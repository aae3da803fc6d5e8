/** Words of what is handed on. */
import type { Report } from "../../wire";

const PARTS: Record<Report["without"][number], string> = {
  model: "the model",
  settings: "how it was asked to write",
  check: "whether the map holds up",
  prompt: "the words of the prompt",
};

/** Methods whose name would not become what the program calls them. */
const METHODS: Readonly<Record<string, string>> = {
  grad_x_input: "Grad × Input",
  integrated_gradients: "Integrated Gradients",
  lime: "LIME",
};

export const report = {
  methods: METHODS,
  /** What a setting is called, where that is not its name in programs; null if it is. */
  setting: (_name: string): string | null => null,
  made: (version: string, at: Date) =>
    `Made with Backlit ${version}, ${at.toLocaleString("en", { dateStyle: "long", timeStyle: "short" })}`,
  leftOut: (parts: Report["without"]) => `left out: ${parts.map((one) => PARTS[one]).join(", ")}`,
  unit: (signed: boolean): string =>
    signed
      ? "the method’s own, positive supports the target"
      : "the method’s own, larger mattered more",
  asMade: "As made",
  remarks: (n: number) => `All that was measured and noted (${n})`,
  how: "How this was made",
  model: "Model",
  written: "Writing",
  ended: "The answer",
  muted: "Parts taken away",
  settings: "Method settings",
  coarse: "Coarse to fine",
  pattern: "Pattern",
  rather: "Rather than",
};

export const exporting = {
  open: "Export",
  about: "Save what you see as a file, to hand it on",
  title: "Export what you see",
  form: "Form",
  forms: {
    html: {
      name: "Page",
      about:
        "One file that opens in any browser, without a network: to point at and to try units in.",
    },
    md: { name: "Text", about: "Markdown, for an issue, a wiki or a chat." },
    csv: { name: "Table", about: "The score of every part, for a spreadsheet." },
    png: { name: "Picture", about: "The coloured text and its strongest parts." },
    svg: { name: "Drawing", about: "The same as SVG, sharp at any size." },
  },
  noMap: "Ask about some words of the answer first.",
  note: "Your note",
  leaveOut: "Leave out",
  parts: {
    prompt: "The words of the prompt: blocks stand for them",
    model: "The model’s name, its versions, and whatever tells it",
    settings: "How it was asked to write, and the example’s name",
    check: "Whether the map holds up",
  },
  download: "Save the file",
  saved: (name: string) => `Saved as ${name}.`,
  tooLarge: "This is too large for a picture. Save it as SVG or as a page.",
  nothing: "There is nothing to export while an answer or a map is on its way.",
};
