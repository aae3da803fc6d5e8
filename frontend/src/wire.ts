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
export type Seen = Schemas["Seen"];
export type Faithfulness = Schemas["Faithfulness"];
export type Curve = Schemas["Curve"];
export type Cost = Schemas["Cost"];
export type SequenceRef = Schemas["SequenceRef"];
export type Segmentations = Schemas["SequenceEvent"]["segmentations"];

export type Granularity = State["granularities"][number];
export type Aggregate = NonNullable<Attribution["aggregate"]>;
export type ParameterValue = ParameterInfo["default"];
export type Prompt = ExampleInfo["prompt"];
export type MethodKind = MethodInfo["kind"];
export type Verdict = Faithfulness["verdict"];
export type FinishReason = Generation["finish_reason"];

/** Each request and its body. The route is `/api/` and the kind. */
export interface Requests {
  load: Schemas["LoadRequest"];
  generate: Schemas["GenerateRequest"];
  respond: Schemas["RespondRequest"];
  explain: Schemas["ExplainRequest"];
  estimate: Schemas["EstimateRequest"];
  check: Schemas["CheckRequest"];
  mute: Schemas["MuteRequest"];
  segment: Schemas["SegmentRequest"];
}

export type Kind = keyof Requests;

export type Event =
  | Schemas["QueuedEvent"]
  | Schemas["ModelEvent"]
  | Schemas["PhaseEvent"]
  | Schemas["SequenceEvent"]
  | Schemas["TokensEvent"]
  | Schemas["GenerationEvent"]
  | Schemas["ProgressEvent"]
  | Schemas["AttributionEvent"]
  | Schemas["EstimateEvent"]
  | Schemas["CheckEvent"]
  | Schemas["MuteEvent"]
  | Schemas["SegmentsEvent"]
  | Schemas["ErrorEvent"];

/** The most characters a prompt may have; the server refuses more. */
export const MAX_PROMPT_CHARACTERS = 2_000_000;
