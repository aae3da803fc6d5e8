/** Reports, as their file holds them. */
import type { Attribution, Report, ReportedRun } from "../../src/wire";
import { explanation, segmentations } from "./fixtures";

export function reported(...attributions: Attribution[]): ReportedRun {
  const { generation, metadata } = explanation(...attributions);
  return {
    generation,
    attributions,
    metadata: metadata ?? {},
    segmentations: segmentations(10),
    findings: attributions.map(() => null),
    remarks: attributions.map(() => []),
    example: null,
    scope: "both",
  };
}

export function report(change: Partial<Report> = {}): Report {
  return {
    id: "a report",
    runs: [reported()],
    title: "What led to “Avoid it.”",
    log_probs: null,
    at_most: [],
    sentences: [],
    note: "",
    without: [],
    made: "2026-01-02T03:04:05+00:00",
    version: "1.2.3",
    ...change,
  };
}
