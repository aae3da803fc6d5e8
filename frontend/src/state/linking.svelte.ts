/** The address says what is shown, and what it says is shown: links can be kept and handed on. */
import { untrack } from "svelte";
import type { Address } from "../host/address";
import { setupOf } from "../model/batch";
import { linkTo, placeOf } from "../model/place";
import { MOST } from "./comparing.svelte";
import type { Workbench } from "./workbench.svelte";

type Shown = Pick<
  Workbench,
  "comparing" | "gridding" | "muting" | "prompting" | "runs" | "server" | "session" | "showRun"
>;

/** Follow the address both ways, until what is returned is called. */
export function followAddress(address: Address, workbench: Shown): () => void {
  const { server, session } = workbench;
  let going = $state.raw<Promise<void> | null>(null);
  let begun = $state(false);
  const follow = () => {
    const link = address.read();
    const before = going ?? Promise.resolve();
    const now = before.then(() => (link === address.read() ? go(link, workbench) : undefined));
    going = now;
    void now.finally(() => going === now && (going = null));
  };
  const stop = address.watch(() => {
    if (begun && address.read() !== session.link) follow();
  });
  const stopFollowing = $effect.root(() => {
    $effect(() => {
      if (begun || !server.state) return; // where runs are is not known yet
      begun = true;
      // Who comes back goes on with what was typed and chosen since.
      untrack(() => {
        const link = address.read();
        if (!server.views.includes(session.view)) session.setView("look");
        if (link === "" && !address.returns && server.batches.length > 0) {
          session.setView("batch"); // it was started for them
        } else if (!address.returns || link !== session.link) follow();
        else workbench.muting.set(placeOf(link)?.mutes ?? []);
      });
    });
    $effect(() => {
      const link = linkOf(workbench);
      const settled = begun && !going;
      untrack(() => {
        if (link === null || !settled) return;
        if (link !== session.link) session.set({ link });
        if (link !== address.read()) address.write(link);
      });
    });
  });
  return () => {
    stop();
    stopFollowing();
  };
}

/** Null while what is shown is on its way. */
function linkOf({ comparing, muting, runs, server, session }: Shown): string | null {
  const { batch, compared, trying, view } = session;
  const { current } = runs;
  if (view === "look") {
    return current ? linkTo({ view, runs: [current], mutes: muting.spans }) : null;
  }

  if (view === "grid") return linkTo({ view, runs: session.shownGrid ? [session.shownGrid] : [] });
  if (view === "batch") {
    const { name, run } = setupOf(batch, server.batches);
    return linkTo({ view, runs: run ? [name, run] : [name] });
  }
  if (view !== "compare") return linkTo({ view, runs: [] });
  if (!trying) return linkTo({ view, runs: compared });
  return comparing.tried ? linkTo({ view, runs: [...compared, current] }) : null;
}

async function go(link: string, workbench: Shown): Promise<void> {
  const { gridding, muting, prompting, runs, server, session } = workbench;
  const place = placeOf(link);
  if (!place || !server.views.includes(place.view)) return;
  session.set({ link });
  if (place.view === "compare") {
    session.set({ view: "compare", compared: place.runs.slice(0, MOST), trying: false });
    return;
  }
  if (place.view !== "look") {
    session.setView(place.view);
    const [name, run = ""] = place.view === "batch" ? place.runs : [];
    if (name) session.set({ batch: { ...setupOf(session.batch, [name]), run } });
    const [grid] = place.view === "grid" ? place.runs : [];
    if (grid) await gridding.show(grid);
    return;
  }
  session.set({ view: "look" });
  if (place.runs[0] !== runs.current) await workbench.showRun(place.runs[0]!);
  if (runs.trouble)
    prompting.browse(true); // what is wrong is told there
  else muting.set(place.mutes ?? []);
}
