/** Small sequences, and a transport that plays what a test tells it to. */
import { type Transport, TransportError } from "../../src/host/transport";
import type {
  Attribution,
  Event,
  Events,
  Explanation,
  Faithfulness,
  Kind,
  Proof,
  MethodInfo,
  ModelInfo,
  Requests,
  Segmentations,
  Span,
  State,
  Token,
  Trace,
  TokenSequence,
  View,
} from "../../src/wire";

export function token(text: string, start: number, stop: number, role = "prompt"): Token {
  const scored = role === "response";
  return {
    id: start + 100,
    text,
    start,
    stop,
    special: false,
    role,
    log_prob: scored ? -0.5 : null,
    alternatives: scored
      ? [
          { id: start + 100, text, log_prob: -0.5 },
          { id: 7, text: "else", log_prob: -2 },
        ]
      : [],
  };
}

export function tokens(words: readonly string[], offset: number, role: string): Token[] {
  let at = offset;
  return words.map((word) => token(word, at, (at += word.length), role));
}

export const PROMPT = ["Good ", "line.\n", "Bad ", "line.\n", "Answer:"];
export const ANSWER = [" It", " is", " bad.", "\nAvoid", " it."];
export const PROMPT_TEXT = PROMPT.join("");

export function sequence(prompt = PROMPT, answer: readonly string[] = ANSWER): TokenSequence {
  const first = tokens(prompt, 0, "prompt");
  const text = prompt.join("");
  return {
    text: text + answer.join(""),
    tokens: [...first, ...tokens(answer, text.length, "response")],
    prompt_length: prompt.length,
  };
}

/** Prompt lines [0,2) [2,4) [4,5); answer lines [5,8) [8,10). */
export function segmentations(length: number): Segmentations {
  const each: Span[] = Array.from({ length }, (_, i) => [i, i + 1]);
  const lines = (
    [
      [0, 2],
      [2, 4],
      [4, 5],
      [5, 8],
      [8, 10],
    ] as Span[]
  )
    .filter(([start]) => start < length)
    .map(([start, stop]): Span => [start, Math.min(stop, length)]);
  return {
    token: each,
    word: each,
    sentence: lines,
    line: lines,
    paragraph: lines,
  };
}

export const READY: ModelInfo = {
  name: "toy",
  source: "toy",
  status: "ready",
  chat: true,
  context_length: 512,
  unavailable_methods: { attention: "It has none." },
  untaken: [],
  unavailable_for_shares: { attention: "It needs gates.", gradient: "It needs gradients." },
  metadata: {},
};

function method(name: string, scoresTokens: boolean, signed = true): MethodInfo {
  return {
    name,
    label: name,
    description: `About ${name}.`,
    unit: "nats",
    reference: `The paper on ${name}.`,
    kind: scoresTokens ? "gradient" : "perturbation",
    signed,
    needs: [scoresTokens ? "gradient" : "score"],
    complete: false,
    exact_cost: false,
    scores_tokens: scoresTokens,
    parameters: [],
  };
}

export const STATE: State = {
  version: "0.1.0",
  batches: [],
  models: [{ ...READY, status: "loading", progress: { phase: "download", done: 5e6, total: 1e7 } }],
  methods: [method("occlusion", false), method("gradient", true), method("attention", true)],
  datasets: [
    {
      name: "samples",
      count: 3,
      added: false,
      examples: [
        { id: "first", prompt: PROMPT_TEXT, target: " Try it.", source: "menu", fields: {} },
        {
          id: "second",
          prompt: "Another prompt",
          target: null,
          source: "other",
          fields: { keep_question: true },
        },
        { id: "chat", prompt: [{ role: "user", content: "Hello" }], source: null, fields: {} },
      ],
    },
  ],
  granularities: ["token", "word", "sentence", "line", "paragraph", "custom"],
  units: {
    token: "token",
    word: "word",
    sentence: "sentence",
    line: "line",
    paragraph: "paragraph",
    custom: "part",
  },
  aggregates: ["sum", "mean", "max"],
  limits: { prompt_characters: 2_000_000, foil_characters: 10_000, budget: 20_000 },
  review: false,
  options: { max_new_tokens: 128, temperature: 0, top_p: 1, seed: null, stop: [] },
};

export function attribution(change: Partial<Attribution> = {}): Attribution {
  return {
    method: "occlusion",
    params: {},
    target: { start: 8, stop: 10 },
    granularity: "line",
    segments: [
      { start: 0, stop: 2, text: "Good line.\n", role: "prompt", score: -0.5 },
      { start: 2, stop: 4, text: "Bad line.\n", role: "prompt", score: 4 },
      { start: 4, stop: 5, text: "Answer:", role: "prompt", score: 0.1 },
      { start: 5, stop: 8, text: " It is bad.", role: "response", score: 1 },
    ],
    signed: true,
    target_log_prob: -1,
    measure: "log_prob",
    token_scores: null,
    notes: [],
    proofs: [],
    ...change,
  };
}

/** The answer to the first example, with maps or without. */
export function explanation(...attributions: Attribution[]): Explanation {
  const generation = {
    prompt: PROMPT_TEXT,
    sequence: sequence(),
    finish_reason: "stop" as const,
    model: "toy",
    options: null,
    muted: [],
  };
  const metadata = attributions.length > 0 ? { model: "toy", seconds: 0.5 } : {};
  return { generation, attributions, metadata, schema_version: 3 };
}

/** The last event of explaining. */
export function found(change: Partial<Attribution> = {}): Events["explain"] {
  return { type: "explanation", explanation: explanation(attribution(change)), cached: false };
}

export function progress(
  done: number,
  total: number | null,
  scores: [number, number, number][] = [],
  phase: (Event & { type: "progress" })["phase"] = "explain",
): Event & { type: "progress" } {
  return { type: "progress", phase, done, total, scores };
}

/** What is seen of the first example's answer, explained. */
export const VIEW: View = {
  explanation: explanation(attribution()),
  segmentations: segmentations(10),
  target: { start: 8, stop: 10 },
};

/** The same answer with another target, or none, and no map. */
export function unexplained(target: View["target"]): View {
  return { ...VIEW, explanation: explanation(), target };
}

export const NOTHING: View = { explanation: null, segmentations: {}, target: null };

/** A map that beats random orders. */
export const FAITHFUL: Faithfulness = {
  steps: [1, 2, 3],
  order: [
    [2, 4],
    [5, 8],
    [4, 5],
    [0, 2],
  ],
  map_order: { deletion: [4, 5, 6], insertion: [2, 1, 0], tokens: [2, 5, 6] },
  leave_one_out: { deletion: [4, 5.5, 6], insertion: [2, 1, 0], tokens: [2, 3, 6] },
  random_orders: [1, 2, 3].map((n) => ({
    deletion: [0, n, n],
    insertion: [6, 5, 4],
    tokens: [1, 3, 6],
  })),
  comprehensiveness: 5,
  sufficiency: 1,
  percentile: 97.5,
  percentile_per_token: 90,
  kept: [],
  verdict: "holds",
  sentence:
    "Taking away the top 3 lines makes this answer 40 times less likely: this map holds up.",
};

/** The second line led to the answer's first one, and that to the target; the first line is against it. */
export const TRACE: Trace = {
  segments: attribution().segments.map(({ start, stop, text, role }) => ({
    start,
    stop,
    text,
    role,
    direct: role === "response" ? 0.72 : 0.1,
    supports: 0.2,
    opposes: 0.1,
  })),
  links: [],
  paths: [
    {
      spans: [
        [2, 4],
        [5, 8],
      ],
      share: 0.62,
    },
    {
      spans: [
        [0, 2],
        [5, 8],
      ],
      share: -0.1,
    },
  ],
  explained: 1,
  untraced: 0.04,
  rough: false,
};

/** Without the first part the model says something else; two others do nothing. */
export function proofsOf(
  segments: readonly { start: number; stop: number; score: number }[],
): Proof[] {
  const order = segments.toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score)).slice(0, 3);
  return order.map(({ start, stop }, i) => ({
    spans: [[start, stop]],
    lost: i === 0 ? Math.log(163) : 0,
    change: i === 0 ? "163 times less likely" : "about as likely as before",
    said: i === 0 ? " It is\ngood." : " Try it.",
    changed: i === 0,
    measure: "log_prob",
  }));
}

/** What the server makes of that. */
export const FINDING =
  "Mostly line 2, “Bad line.” Without it, this answer is 163 times less likely.";

type Script = {
  [K in Kind]?: (request: Requests[K], signal: AbortSignal) => AsyncIterable<Event> | Event[];
};

/** A transport whose answers are written by the test; it remembers what was asked. */
export class FakeTransport implements Transport {
  readonly asked: { kind: Kind; request: unknown; signal: AbortSignal }[] = [];
  away = false;
  /** Requests that are not answered whole yet. */
  pending = 0;

  constructor(
    readonly script: Script = {},
    readonly given: State = STATE,
  ) {}

  async state(): Promise<State> {
    if (this.away) {
      throw new TransportError("unreachable", {
        code: "Unreachable",
        message: "Nobody there.",
        hint: "",
      });
    }
    return this.given;
  }

  async *call<K extends Kind>(
    kind: K,
    request: Requests[K],
    signal: AbortSignal,
  ): AsyncGenerator<Events[K]> {
    this.asked.push({ kind, request, signal });
    const play = this.script[kind] ?? USUAL[kind];
    this.pending++;
    try {
      const events = (play?.(request, signal) ?? []) as AsyncIterable<Events[K]>;
      for await (const event of events) {
        await Promise.resolve();
        yield event;
      }
    } finally {
      this.pending--;
    }
  }

  /** The bodies of requests of one kind, in order. */
  requests<K extends Kind>(kind: K): Requests[K][] {
    return this.asked.filter((one) => one.kind === kind).map((one) => one.request as Requests[K]);
  }
}

/** What a server would say to each request, if a test does not say otherwise. */
export const USUAL: Script = {
  load: () => [{ type: "model", model: READY }],
  compare: ({ explanations }) => [
    {
      type: "comparison",
      log_probs: explanations.map((_, i) => explanations.map((_, j) => (i === j ? -0.5 : -7))),
      at_most: [],
      sentences: explanations.slice(1).map((_, i) => `Run ${i + 2} is other.`),
      cached: false,
    },
  ],
  generate: ({ options, reference }) => {
    const answer = reference.muted.length > 0 ? [" Try", " it."] : ANSWER;
    const whole = sequence(PROMPT, answer);
    const prompt = { ...whole, tokens: whole.tokens.slice(0, PROMPT.length), text: PROMPT_TEXT };
    const generation = {
      prompt: reference.prompt,
      sequence: whole,
      finish_reason: "stop" as const,
      model: "toy",
      options,
      muted: reference.muted,
    };
    return [
      { type: "sequence", sequence: prompt, segmentations: segmentations(PROMPT.length) },
      ...whole.tokens
        .slice(PROMPT.length)
        .map((one) => ({ type: "tokens" as const, tokens: [one] })),
      { type: "generation", generation, segmentations: segmentations(whole.tokens.length) },
    ];
  },
  respond: ({ reference, response }) => {
    const given = typeof response === "string";
    const whole = given
      ? sequence(PROMPT, [" Try", " it."])
      : sequence(PROMPT, ANSWER.slice(0, response.length));
    const generation = {
      prompt: reference.prompt,
      sequence: whole,
      finish_reason: given ? ("given" as const) : ("cancelled" as const),
      model: "toy",
      options: reference.options ?? null,
      muted: [],
    };
    return [{ type: "generation", generation, segmentations: segmentations(whole.tokens.length) }];
  },
  explain: ({ method: name, target: [start, stop], granularity, pattern }) => [
    progress(1, 4, [[0, 2, -0.5]]),
    found({
      method: name,
      target: { start, stop },
      granularity: granularity ?? "line",
      ...(pattern && { pattern }),
      token_scores: name === "gradient" ? [1, 2, 3, -4, 0, 0, 0, 0].slice(0, start) : null,
    }),
  ],
  estimate: () => [
    {
      type: "estimate",
      costs: { occlusion: { runs: 240, seconds: 12 }, gradient: { runs: 3, seconds: 0.15 } },
      check: { runs: 60, seconds: 30 },
    },
  ],
  check: () => [{ type: "check", faithfulness: FAITHFUL, cached: false }],
  trace: () => [{ type: "trace", trace: TRACE, cached: false }],
  prove: ({ attribution: { segments } }) => [
    { type: "proofs", proofs: proofsOf(segments), finding: FINDING, cached: false },
  ],
  mute: () => [
    {
      type: "mute",
      log_prob: -1,
      muted_log_prob: -1 - Math.log(163),
      rethinkable: false,
      change: "163 times less likely",
      cached: false,
    },
  ],
  agree: ({ maps }) => [
    {
      type: "agree",
      correlations: maps.map((_, i) => maps.map((_, j) => (i === j ? 1 : -0.95))),
    },
  ],
  segment: () => [
    {
      type: "segments",
      spans: [
        [0, 4],
        [4, 10],
      ],
    },
  ],
};
