import { afterEach, describe, expect, test } from "vitest";
import { notebook } from "../../src/notebook/surroundings";

describe("the theme around it", () => {
  const body = document.body;
  afterEach(() => {
    delete body.dataset.jpThemeLight;
    delete body.dataset.vscodeThemeKind;
    document.documentElement.removeAttribute("theme");
    body.className = "";
  });

  test.each<[string, () => void, boolean]>([
    ["JupyterLab, light", () => (body.dataset.jpThemeLight = "true"), false],
    ["JupyterLab, dark", () => (body.dataset.jpThemeLight = "false"), true],
    ["VS Code", () => (body.dataset.vscodeThemeKind = "vscode-dark"), true],
    ["Colab", () => document.documentElement.setAttribute("theme", "dark"), true],
    ["marimo", () => (body.className = "dark"), true],
    ["nothing in particular", () => undefined, false],
  ])("%s", (_, dress, dark) => {
    dress();
    expect(notebook.dark).toBe(dark);
  });
});
