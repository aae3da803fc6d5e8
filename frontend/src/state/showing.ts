/** Showing what was made elsewhere or before: an answer, and its map; and what to keep of it. */
import { lacksSegments, sameAnswer } from "../model/answer";
import { countingOf, type Foil, questionOf } from "../model/question";
import type { Seen } from "../model/run";
import type { Event, Explanation, Generation, Segmentations, Span, View } from "../wire";
import type { Answering } from "./answer/answering.svelte";
import type { Answers } from "./answer/answers.svelte";
import type { Cutting } from "./answer/cutting.svelte";
import type { Comparing } from "./comparing.svelte";
import type { Handed } from "./exporting.svelte";
import type { Findings } from "./findings/findings.svelte";
import type { Inquiry } from "./findings/inquiry.svelte";
import type { Prompting } from "./prompt/prompting.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Server } from "./server.svelte";

/** An answer as the server tells it. */
export type Written = Extract<Event<"respond">, { type: "generation" }>;

/** The parts of the page's state that change with what is seen. */
interface Shown {
  readonly answering: Answering;
  readonly answers: Answers;
  readonly cutting: Cutting;
  readonly findings: Findings;
  readonly inquiry: Inquiry;
  readonly prompting: Prompting;
  readonly server: Server;
  readonly session: Session;
  leave(): void;
  setTarget(span: Span | null, foil?: Foil | null): void;
}

export function showView(workbench: Shown, { explanation, segmentations, target }: View): void {
  if (!explanation) return workbench.setTarget(null);
  showGeneration(workbench, explanation.generation, segmentations);
  const foil = target?.foil ? { value: target.foil.ids, text: target.foil.text } : null;
  if (target) adopt(workbench, explanation, foil);
  workbench.setTarget(target && [target.start, target.stop], foil);
}

/** Look into an answer that was made elsewhere, and ask what led to all of it. */
export function showWritten(workbench: Shown, { generation, segmentations }: Written): void {
  const { answering, answers, prompting, server, session } = workbench;
  const known = server.models.some(({ name }) => name === generation.model);
  session.set({ view: "look", ...(known && { model: generation.model }) });
  if (answering.writing.running) answering.stop();
  prompting.restore(null, generation.prompt);
  answers.take(generation, segmentations);
  workbench.leave();
  const { prompt_length: start, tokens } = generation.sequence;
  workbench.setTarget([start, tokens.length]);
}

/** Show an answer that was made elsewhere, and the prompt it is to. */
function showGeneration(
  workbench: Shown,
  generation: Generation,
  segmentations: Segmentations,
): void {
  const { answering, answers, prompting, server, session } = workbench;
  if (answers.current && sameAnswer(answers.current, generation)) return;
  if (answering.writing.running) answering.stop();
  const known = server.models.some(({ name }) => name === generation.model);
  if (known) session.set({ model: generation.model });
  prompting.show(generation.prompt);
  answers.take(generation, segmentations);
  workbench.leave();
}

/** Go on with a run that is seen elsewhere, where it can be changed and asked about. */
export function lookInto(workbench: Shown, run: Seen): void {
  workbench.session.set({ view: "look" });
  showRun(workbench, run);
}

/** Show a run as it was left, and compute nothing of it again. */
export function showRun(workbench: Shown, run: Seen): void {
  const { answering, answers, cutting, findings, prompting, server, session } = workbench;
  if (answering.writing.running) answering.stop();
  const { answer, target, foil, explanation, cut, scope, proofs, finding } = run;
  if (server.models.some(({ name }) => name === answer.model)) session.set({ model: answer.model });
  prompting.restore(prompting.library.find(run.example?.key ?? null), answer.prompt);
  answers.restore(answer);
  workbench.leave();
  if (!target) return;
  if (target[0] > answer.promptLength) session.setScope(scope);
  if (explanation) adopt(workbench, explanation, foil);
  const attribution = explanation?.attributions[0];
  if (attribution?.pattern && cut && answers.current) {
    cutting.remember({ answer: answers.current, pattern: attribution.pattern }, cut);
  }
  if (attribution && answers.current && proofs.length > 0) {
    const subject = { answer: answers.current, target, foil };
    findings.proving.remember({ subject, attribution, scope }, { proofs, finding });
  }
  workbench.setTarget(target, foil);
}

/** What is worth keeping of what is seen; null while an answer or a map is on its way. */
export function seenNow(workbench: Shown): Seen | null {
  const answered = answeredNow(workbench);
  const { scope, segments, subject } = workbench.inquiry;
  const { proving, shown } = workbench.findings;
  if (!answered || (subject && !(shown && segments))) return null;
  return {
    ...answered,
    target: subject?.target ?? null,
    foil: subject?.foil ?? null,
    explanation: subject && shown,
    cut: shown?.attributions[0]?.pattern ? segments : null,
    scope,
    ...proving.measured,
  };
}

/** What is seen as it is handed on: the runs beside each other, or the one that is looked at. */
export function handedNow(workbench: Shown & { readonly comparing: Comparing }): Handed | null {
  const { comparing, findings, inquiry, session } = workbench;
  if (session.view === "compare") {
    const { maps, result, runs } = comparing;
    const compared = { logProbs: result?.log_probs ?? null, atMost: result?.at_most ?? [] };
    return runs.length > 0 ? { runs, maps, others: [], ...compared } : null;
  }
  const seen = seenNow(workbench);
  if (!seen) return null;
  const { subject } = inquiry;
  const others = subject ? findings.maps.of(subject) : [];
  return {
    runs: [seen],
    maps: [seen.explanation?.attributions[0] ?? null],
    others,
    logProbs: null,
    atMost: [],
  };
}

/** The answer that is seen, as if nothing had been asked about it; null while it is written. */
export function answeredNow({ answers, prompting }: Shown): Seen | null {
  const answer = answers.current;
  if (!answer?.finish || lacksSegments(answer)) return null;
  const { example } = prompting;
  return {
    answer,
    target: null,
    foil: null,
    explanation: null,
    scope: "both",
    proofs: [],
    finding: null,
    example: example && { key: example.key, id: example.id },
  };
}

/** Take over a map of the present answer that was made elsewhere, with the choices it shows. */
function adopt(workbench: Shown, explanation: Explanation, foil: Foil | null): void {
  const { answers, findings, server, session } = workbench;
  const answer = answers.current;
  const map = explanation.attributions[0];
  const method = server.state?.methods.find(({ name }) => name === map?.method);
  if (!answer || !map || !method) return;
  const { granularity, pattern, aggregate, params } = map;
  const counting = countingOf(map);
  const coarse = map.segments.some((segment) => segment.level != null);
  session.set({
    method: method.name,
    granularity,
    pattern: pattern ?? session.pattern,
    aggregate: aggregate ?? session.aggregate,
    measure: counting ? "share" : "log_prob",
    samples: counting?.samples ?? session.samples,
    matching: counting?.matching ?? "",
    coarse: method.scores_tokens ? session.coarse : coarse,
  });
  session.setParams(method.name, params);
  const target: Span = [map.target.start, map.target.stop];
  findings.maps.remember(
    questionOf({ answer, target, foil }, method, session, counting),
    explanation,
  );
}
