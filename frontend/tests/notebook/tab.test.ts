import { describe, expect, test, vi } from "vitest";
import link from "../../src/notebook/tab";
import { t } from "../../src/strings";

describe("the link to a tab", () => {
  const view = (address: string) => {
    const el = document.createElement("div");
    let hear: (reply: { address?: string }) => void = () => undefined;
    const model = {
      get: () => "machine-7",
      send: vi.fn(),
      on: (_: string, callback: typeof hear) => void (hear = callback),
    };
    link.render({ model, el });
    expect(el).toHaveTextContent(t.tab.asking);
    expect(model.send).toHaveBeenCalledWith({ ask: "address" });
    hear({ address });
    return el;
  };

  test("opens it once", () => {
    const open = vi.spyOn(window, "open").mockReturnValue(window);
    const el = view("http://127.0.0.1:8401/?token=a");
    expect(el.querySelector("a")).toHaveAttribute("href", "http://127.0.0.1:8401/?token=a");
    view("http://127.0.0.1:8401/?token=a");
    expect(open).toHaveBeenCalledOnce();
    expect(el).not.toHaveTextContent(t.tab.blocked);
  });

  test("says when the browser held it back", () => {
    vi.spyOn(window, "open").mockReturnValue(null);
    expect(view("http://127.0.0.1:8402/?token=b")).toHaveTextContent(t.tab.blocked);
  });

  test("says what to do where the kernel is elsewhere", () => {
    vi.spyOn(window, "open").mockReturnValue(window);
    vi.stubGlobal("location", new URL("https://hub.example.org/lab"));
    expect(view("http://127.0.0.1:8403/?token=c")).toHaveTextContent(
      "ssh -L 8403:127.0.0.1:8403 machine-7",
    );
    vi.unstubAllGlobals();
  });
});
