import { describe, expect, test, vi } from "vitest";
import link from "../../src/notebook/tab";
import { t } from "../../src/strings";

describe("the link to a tab", () => {
  const view = (address: string) => {
    const el = document.createElement("div");
    let hear: (reply: { address?: string; host?: string }) => void = () => undefined;
    const model = {
      send: vi.fn(),
      on: (_: string, callback: typeof hear) => void (hear = callback),
    };
    link.render({ model, el });
    expect(el).toHaveTextContent(t.tab.asking);
    expect(model.send).toHaveBeenCalledWith({ ask: "address" });
    hear({ address, host: "machine-7" });
    return el;
  };

  test("opens it once", () => {
    const open = vi.spyOn(window, "open").mockReturnValue(window);
    const el = view("http://127.0.0.1:8401/?code=a");
    expect(el.querySelector("a")).toHaveAttribute("href", "http://127.0.0.1:8401/?code=a");
    view("http://127.0.0.1:8401/?code=a");
    expect(open).toHaveBeenCalledOnce();
    expect(el).not.toHaveTextContent(t.tab.blocked);
  });

  test("says when the browser held it back", () => {
    vi.spyOn(window, "open").mockReturnValue(null);
    expect(view("http://127.0.0.1:8402/?code=b")).toHaveTextContent(t.tab.blocked);
  });

  test("says what to do where the kernel is elsewhere", () => {
    vi.spyOn(window, "open").mockReturnValue(window);
    vi.stubGlobal("location", new URL("https://hub.example.org/lab"));
    expect(view("http://127.0.0.1:8403/?code=c")).toHaveTextContent(
      "ssh -L 8403:127.0.0.1:8403 machine-7",
    );
    vi.unstubAllGlobals();
  });
});
