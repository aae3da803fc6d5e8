/** The page. */
import { mount } from "svelte";
import Spoken from "../app/Spoken.svelte";
import { language } from "../state/language.svelte";
import { followAddress } from "../state/linking.svelte";
import { theme } from "../state/theme.svelte";
import { Workbench } from "../state/workbench.svelte";
import { browserAddress } from "./address";
import { HttpTransport } from "./http";
import { loadCatalogue } from "./languages";
import { browserKept } from "./records";
import { browserStore, TabStorage } from "./storage";
import { system } from "./surroundings";
import { inWorkspace } from "./workspace";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/shared.css";

// The server has set its cookie by now: the address is fit for bookmarks and screenshots.
const here = new URL(location.href);
if (here.searchParams.has("code") || here.searchParams.has("token")) {
  here.searchParams.delete("code");
  here.searchParams.delete("token");
  history.replaceState(null, "", here);
}

theme.follow(system, browserStore);
theme.dress(document.documentElement);
language.dress(document.documentElement);
const transport = new HttpTransport();
const kept = inWorkspace(transport, browserKept);
const workbench = new Workbench(transport, new TabStorage(kept));
followAddress(browserAddress, workbench);
void language.follow(navigator.languages, browserStore, loadCatalogue).then(() => {
  void workbench.start();
  mount(Spoken, {
    target: document.getElementById("app")!,
    props: {
      workbench,
      loadBatch: () => import("../views/batch/Batch.svelte"),
      loadEditor: async () => (await import("../editing/codemirror")).createEditor,
    },
  });
});
