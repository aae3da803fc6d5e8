import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import Legend from "../../src/ui/Legend.svelte";

const props = { unit: "nats", signed: true, contrasted: false, theme: "light" as const };

test("signed scores support or oppose, and against a foil they support one of two", async () => {
  const { rerender } = render(Legend, props);
  const legend = screen.getByTestId("legend");
  expect(legend).toHaveTextContent(`${t.legend.opposes} ${t.legend.supports}`);
  await rerender({ contrasted: true });
  expect(legend).toHaveTextContent(`${t.legend.supportsFoil} ${t.legend.overFoil}`);
  expect(legend).toHaveAttribute("title", t.legend.unit("nats", true));
});

test("unsigned scores only matter more or less", () => {
  render(Legend, { ...props, signed: false });
  expect(screen.getByTestId("legend")).toHaveTextContent(`${t.legend.less} ${t.legend.more}`);
});
