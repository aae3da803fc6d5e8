/** What becomes of the panes beside the text, by their edges or by name. */
import type { Side, SidePane } from "../model/layout";
import type { Workbench } from "../state/workbench.svelte";

type Folding = Pick<Workbench, "prompting" | "session">;

export function setPane({ prompting, session }: Folding, side: Side, pane: SidePane): void {
  if (side === "library") prompting.browse(false); // it is open or folded for itself now
  session.setPane(side, pane);
}

export function fold(workbench: Folding, side: Side, folded: boolean): void {
  setPane(workbench, side, { ...workbench.session.layout[side], folded });
}
