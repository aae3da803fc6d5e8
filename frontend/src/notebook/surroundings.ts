/** Whether a notebook is dark. Each program says so in its own way; the system has the last word. */
import type { Surroundings } from "../host/surroundings";
import { system } from "../page/surroundings";

export const notebook: Surroundings = {
  get forced() {
    return system.forced;
  },
  get dark() {
    if (system.forced) return system.dark;
    const [html, body] = [document.documentElement, document.body];
    const { jpThemeLight, vscodeThemeKind, theme } = body.dataset;
    if (jpThemeLight) return jpThemeLight === "false"; // JupyterLab, Notebook
    if (vscodeThemeKind) return vscodeThemeKind.includes("dark"); // VS Code
    const said = html.getAttribute("theme") ?? html.dataset.theme ?? theme; // Colab, marimo
    if (said === "dark" || said === "light") return said === "dark";
    const classes = `${html.className} ${body.className}`.split(" ");
    if (classes.includes("dark")) return true;
    return classes.includes("light") ? false : system.dark;
  },
  watch(changed) {
    const observer = new MutationObserver(changed);
    const attributes = {
      attributeFilter: [
        "class",
        "theme",
        "data-theme",
        "data-jp-theme-light",
        "data-vscode-theme-kind",
      ],
    };
    observer.observe(document.documentElement, attributes);
    observer.observe(document.body, attributes);
    system.watch(changed);
  },
};
