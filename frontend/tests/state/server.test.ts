import { expect, test, vi } from "vitest";
import { Server } from "../../src/state/server.svelte";
import { FakeTransport } from "../support/fixtures";

test("tries again, after longer and longer, while nobody answers", async () => {
  vi.useFakeTimers();
  const transport = new FakeTransport();
  transport.away = true;
  const arrived = vi.fn();
  const server = new Server(transport, arrived);
  await server.connect();
  expect(server.trouble?.info.message).toBe("Nobody there.");
  expect(server.countdown).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.countdown).toBe(2);
  transport.away = false;
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.trouble).toBeNull();
  expect(arrived).toHaveBeenCalledOnce();
  vi.useRealTimers();
});
