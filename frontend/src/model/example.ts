/** Prompts to start from. */
import { folded } from "./letters";
import type { ExampleInfo, Prompt } from "../wire";
import { plainText } from "./draft";

export interface Example {
  /** Unique over datasets. */
  readonly key: string;
  readonly id: string;
  readonly prompt: Prompt;
  readonly target: string | null;
  /** What it is one of, shown in the list: its kind, or where it came from. */
  readonly source: string;
  /** Added by the person, who can remove it. */
  readonly own: boolean;
  /** The example it was made from, to compare with. */
  readonly origin: string | null;
  /** When a map is checked, its question is left in unless the person says otherwise. */
  readonly keepQuestion?: boolean;
  /** Where its answer ends, unless the person says otherwise. */
  readonly stop?: readonly string[];
  /** Whatever else its row holds: what variables of a template stand for. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Examples whose name, source or text has every word of the query. */
export function search(examples: readonly Example[], query: string): Example[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  return examples.filter((example) => {
    const text = folded(`${example.id} ${example.source} ${plainText(example.prompt)}`);
    return words.every((word) => text.includes(word));
  });
}

/** An example of one of the server's datasets. */
export function fromServer(dataset: string, example: ExampleInfo): Example {
  const { kind, keep_question, stop } = example.fields;
  return {
    key: `${dataset}/${example.id}`,
    id: example.id,
    prompt: example.prompt,
    target: example.target ?? null,
    source: typeof kind === "string" && kind ? kind : (example.source ?? dataset),
    own: false,
    origin: null,
    keepQuestion: keep_question === true,
    stop: stopsOf(stop),
    fields: example.fields,
  };
}

/** A list of texts, or one. */
function stopsOf(field: unknown): string[] {
  const stops: unknown[] = Array.isArray(field) ? field : [field];
  return stops.filter((stop) => typeof stop === "string" && stop !== "") as string[];
}
