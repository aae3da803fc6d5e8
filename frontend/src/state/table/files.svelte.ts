/** Files that become datasets, and rows that become files. */
import type { Transport } from "../../host/transport";
import { base64 } from "../../model/encoding";
import { freeName, NO_TABLE, placeOf } from "../../model/table";
import { t } from "../../strings";
import type { Event, Requests } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Server } from "../server.svelte";
import type { Tabling } from "./tabling.svelte";

type Written = Extract<Event<"write">, { type: "written" }>;

const MOST_BYTES = 50_000_000; // of a file, as the server takes them

export class Files {
  readonly job: Job;
  /** What came of a file, in words. */
  told = $state("");

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly server: Pick<Server, "datasets" | "connect">,
    private readonly table: Pick<Tabling, "asked" | "selected" | "set">,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** The rows that are found as a file, or those that are selected; null if it could not be made. */
  async write(form: Requests["write"]["form"]): Promise<Written | null> {
    let written = null as Written | null;
    const only = [...this.table.selected.values()].map(placeOf);
    const request = {
      ...this.table.asked(),
      only: only.length > 0 ? only : null,
      form,
    };
    await this.job.run("write", request, (event) => {
      if (event.type === "written") written = event;
    });
    return written;
  }

  /** Make a dataset of a file; what came of it is told. */
  async take(file: File, called = file.name): Promise<void> {
    this.told = "";
    if (file.size > MOST_BYTES) {
      this.job.error = {
        code: "TooLarge",
        message: t.table.tooLarge(file.name, MOST_BYTES / 1_000_000),
        hint: t.table.tooLargeHint,
      };
      return;
    }
    const name = freeName(called, this.server.datasets);
    const content = base64(new Uint8Array(await file.arrayBuffer()));
    let count: number | null = null;
    await this.job.run("add", { name, file: file.name, content }, (event) => {
      if (event.type === "added") ({ count } = event);
    });
    if (count === null) return;
    await this.server.connect();
    this.table.set({ ...NO_TABLE, datasets: [name] });
    this.told = t.table.opened(name, count);
  }
}
