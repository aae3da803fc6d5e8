/** Readable names for the generated types: what travels between the page and the service. */
import type { components } from "./wire.gen";

type Schemas = components["schemas"];

export type Span = [number, number];

export type State = Schemas["State"];
export type ErrorInfo = Schemas["ErrorInfo"];
export type ModelInfo = Schemas["ModelInfo"];
export type MethodInfo = Schemas["MethodInfo"];
export type ParameterInfo = Schemas["ParameterInfo"];
export type ExampleInfo = Schemas["ExampleInfo"];
export type DatasetInfo = Schemas["DatasetInfo"];
export type GenerationOptions = Schemas["GenerationOptions"];
export type Message = Schemas["Message"];
export type Token = Schemas["Token"];
export type TokenSequence = Schemas["TokenSequence"];
export type Generation = Schemas["Generation"];
export type Attribution = Schemas["Attribution"];
export type ScoredSegment = Schemas["ScoredSegment"];
export type Alternative = Schemas["Alternative"];
export type Explanation = Schemas["Explanation"];
export type View = Schemas["View"];
export type Report = Schemas["Report"];
export type ReportedRun = Schemas["ReportedRun"];
export type Faithfulness = Schemas["Faithfulness"];
export type Curve = Schemas["Curve"];
export type Share = Schemas["Share"];
export type Proof = Schemas["Proof"];
export type Rethought = Schemas["Rethought"];
export type Trace = Schemas["Trace"];
export type Provisional = Schemas["Provisional"];
export type Cost = Schemas["Cost"];
export type Expense = Schemas["Expense"];
export type Variant = Schemas["VariantInfo"];
export type VariantFound = Schemas["VariantFound"];
export type LineEffect = Schemas["LineEffect"];
export type Estimate = Schemas["Estimate"];
export type Cell = Schemas["Cell"];
export type Sample = Schemas["Sample"];
export type SequenceRef = Schemas["SequenceRef"];
export type Target = Schemas["Target"];
export type Segmentations = Schemas["SequenceEvent"]["segmentations"];

export type Granularity = State["granularities"][number];
export type Aggregate = State["aggregates"][number];
export type ParameterValue = ParameterInfo["default"];
export type Prompt = ExampleInfo["prompt"];
export type MethodKind = MethodInfo["kind"];
/** What a map is of: how likely its target is, or how many answers say it. */
export type Measure = Attribution["measure"];
/** What a figure tells that is not exact. */
export type Bound = NonNullable<ScoredSegment["bound"]>;
export type Verdict = Faithfulness["verdict"];
export type FinishReason = Generation["finish_reason"];

/** Each kind of request and its body. The route is `/api/` and the kind. */
export type Requests = Schemas["Requests"];
/** What each kind of request may be told. */
export type Events = Schemas["Events"];
export type Kind = keyof Requests;
/** Which of the segments before a target: the prompt's, the answer's own, or both. */
export type Scope = Requests["prove"]["scope"];
export type Event<K extends Kind = Kind> = Events[K];
