/** One more model: of a server that the person names. */
import type { Transport } from "../host/transport";
import { t } from "../strings";
import type { ModelInfo, State } from "../wire";
import { Job } from "./job.svelte";
import type { Server } from "./server.svelte";

export class Connecting {
  readonly job: Job;
  /** The person is asked which server. */
  open = $state(false);
  url = $state("");
  /** Which of its models; "" if the address says it, or there is one. */
  model = $state("");

  constructor(
    transport: Transport,
    private readonly server: Server,
    /** The person wants this model. */
    private readonly choose: (name: string) => void,
  ) {
    this.job = new Job(transport, server);
  }

  /** Which servers may be named; null if none. */
  get offered(): NonNullable<State["connectable"]> | null {
    return this.server.state?.connectable ?? null;
  }

  get possible(): boolean {
    return this.url.trim() !== "" && !this.job.running;
  }

  /** What was typed before is there still. */
  ask(): void {
    const { offered } = this;
    if (!offered) return;
    if (this.url === "" && !offered.anywhere) this.url = offered.origins?.[0] ?? "";
    this.job.clear();
    this.open = true;
  }

  close(): void {
    this.job.clear();
    this.open = false;
  }

  /** Have it among the models, and choose it; false if it is not to be, which the job tells. */
  async connect(): Promise<boolean> {
    if (!this.possible) return false;
    let found = null as ModelInfo | null;
    const request = { url: this.url.trim(), model: this.model.trim() || null };
    const outcome = await this.job.run("connect", request, (event) => {
      if (event.type === "connected") found = event.model;
    });
    if (found) {
      this.server.add(found);
      this.choose(found.name);
      this.url = this.model = "";
    } else if (outcome === "done") {
      const info = { code: "BrokenOff", message: t.errors.brokeOff, hint: t.errors.brokeOffHint };
      this.job.error = info;
    }
    return found !== null;
  }
}
