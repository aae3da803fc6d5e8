/** All that can be done by its name: what buttons do, the examples, and the runs. */
import { type Side, SIDES } from "../model/layout";
import { folded } from "../model/letters";
import { trimmed } from "../model/unseen";
import { language } from "../state/language.svelte";
import { theme } from "../state/theme.svelte";
import type { Workbench } from "../state/workbench.svelte";
import { type Language, LANGUAGES, t } from "../strings";
import { fold } from "./folding";

export interface Command {
  /** Unique among them. */
  readonly id: string;
  /** What it goes to, if it is not something to do. */
  readonly group?: keyof typeof t.palette.groups;
  readonly name: string;
  /** More that it is found by, told beside it. */
  readonly about?: string;
  /** The keys that do the same. */
  readonly keys?: string;
  readonly run: () => void;
}

const MOST = 50;

/** Those that do something now; `help` opens the help, `root` is where the page is. */
export function commands(workbench: Workbench, root: ParentNode, help: () => void): Command[] {
  return [...acts(workbench, root, help), ...choices(workbench), ...places(workbench)];
}

/** Those that have every word of what was typed, the ones that begin with it first. */
export function matching(all: readonly Command[], query: string): Command[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const found = all
    .map((command) => [command, textOf(command)] as const)
    .filter(([, text]) => words.every((word) => text.includes(word)));
  const first = words.join(" ");
  const begins = (text: string) => Number(!text.startsWith(first));
  found.sort(([, a], [, b]) => begins(a) - begins(b));
  return found.slice(0, MOST).map(([command]) => command);
}

function textOf({ about = "", group, name }: Command): string {
  return folded(`${name} ${group ? t.palette.groups[group] : ""} ${about}`);
}

function acts(workbench: Workbench, root: ParentNode, help: () => void): Command[] {
  const { answering, answers, comparing, connecting } = workbench;
  const { exporting, principling, prompting, server, session } = workbench;
  const looking = session.view === "look";
  const written = looking && answers.current?.finish != null;
  const act = (id: string, name: string, run: () => void, keys?: string): Command => ({
    id,
    name,
    run,
    ...(keys && { keys }),
  });
  const busy = answering.writing.running;
  return [
    ...(looking
      ? [
          busy
            ? act("stop", t.palette.stop, () => answering.stop(), "Ctrl/⌘ Enter")
            : act("generate", t.generate.start, () => workbench.generateDraft(), "Ctrl/⌘ Enter"),
          act("edit", t.palette.edit, () => prompting.edit(root), "E"),
        ]
      : []),
    ...(written
      ? [
          act("try", t.comparing.try, () => workbench.tryChange(root)),
          act("principle", t.principle.open, () => principling.ask()),
        ]
      : []),
    ...((looking && workbench.selection.target) || (!looking && comparing.result)
      ? [act("export", t.exporting.title, () => exporting.ask())]
      : []),
    ...(connecting.offered ? [act("connect", t.connect.open, () => connecting.ask())] : []),
    act("new", t.palette.new, () => prompting.open(null)),
    ...server.views
      .filter((view) => view !== session.view)
      .map((view) =>
        act(`view ${view}`, t.palette.view(t.views.names[view]), () => session.setView(view)),
      ),
    ...SIDES.filter((side) => hasRail(root, side)).map((side) => {
      const pane = side === "library" ? t.app.libraryPane : t.app.findingsPane;
      const { folded } = session.layout[side];
      const name = folded ? t.layout.unfold(pane) : t.layout.fold(pane);
      return act(`fold ${side}`, name, () => fold(workbench, side, !folded));
    }),
    act("theme", theme.current === "dark" ? t.theme.toLight : t.theme.toDark, () => theme.toggle()),
    ...(Object.keys(LANGUAGES) as Language[])
      .filter((one) => one !== language.current)
      .map((one) =>
        act(`language ${one}`, t.language.to(LANGUAGES[one]), () => void language.choose(one)),
      ),
    act("help", t.help.title, help, "?"),
  ];
}

/** Where there is no room beside the text, a pane is not folded. */
function hasRail(root: ParentNode, side: Side): boolean {
  const rail = root.querySelector(`[data-rail="${side}"]`);
  return rail !== null && getComputedStyle(rail).display !== "none";
}

function choices(workbench: Workbench): Command[] {
  const { choices: chosen, server, session } = workbench;
  if (session.view !== "look") return [];
  const { granularities = [] } = server.state ?? {};
  return [
    ...granularities.map((one, i): Command => ({
      id: `granularity ${one}`,
      name: t.palette.granularity(t.toolbar.granularities[one] ?? one),
      keys: String(i + 1),
      run: () => workbench.setGranularity(one),
    })),
    ...server.models
      .filter(({ name }) => name !== chosen.model?.name)
      .map(({ name }): Command => ({
        id: `model ${name}`,
        name: t.palette.model(name),
        run: () => workbench.setModel(name),
      })),
  ];
}

function places(workbench: Workbench): Command[] {
  const { prompting, runs } = workbench;
  return [
    ...prompting.library.examples.map((example): Command => ({
      id: `example ${example.key}`,
      group: "example",
      name: example.id,
      about: example.source,
      run: () => prompting.open(example),
    })),
    ...runs.all.map((run): Command => ({
      id: `run ${run.id}`,
      group: "run",
      name: trimmed(run.target === null ? run.words : t.runs.asked(run.target, run.foil)),
      about: run.model,
      run: () => void workbench.lookAt(run.id),
    })),
  ];
}
