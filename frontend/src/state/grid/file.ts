/** A grid as a file. */
import type { Asked } from "../../model/grid";
import type { Cell, Event, Requests } from "../../wire";
import type { Job } from "../job.svelte";

export type GridFile = Extract<Event<"write_grid">, { type: "grid_written" }>;

/** Null if it could not be made, which the job tells. */
export async function fileOf(
  job: Job,
  asked: Asked,
  cells: readonly (Cell | null)[],
  form: Requests["write_grid"]["form"],
): Promise<GridFile | null> {
  const { answer, find, is_pattern, model, options, rows, variants } = asked;
  const known = cells.flatMap((cell) => cell ?? []);
  const request = { model, options, find, is_pattern, answer, cells: known, form };
  let written = null as GridFile | null;
  await job.run(
    "write_grid",
    { ...request, variants: [...variants], rows: rows.map(({ id }) => id) },
    (event) => {
      if (event.type === "grid_written") written = event;
    },
  );
  return written;
}
