import { expect, test, vi } from "vitest";
import { TransportError } from "../../src/host/transport";
import { Server } from "../../src/state/server.svelte";
import { FakeTransport, READY } from "../support/fixtures";

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

test("a model that tells of itself takes its place in the list", async () => {
  const server = new Server(new FakeTransport(), vi.fn());
  server.model(READY); // before there is a list: nobody to tell
  await server.connect();
  expect(server.models[0]?.status).toBe("loading");
  await server.load("toy");
  expect(server.models).toEqual([READY]);
});

test("who refuses the page is not asked again and again", async () => {
  vi.useFakeTimers();
  const transport = new FakeTransport();
  const info = { code: "Unauthorized", message: "No key.", hint: "" };
  const state = vi
    .spyOn(transport, "state")
    .mockRejectedValue(new TransportError("unauthorized", info));
  const server = new Server(transport, vi.fn());
  await server.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state).toHaveBeenCalledOnce();
  expect(server.trouble).toEqual({ refusal: "unauthorized", info });
  vi.useRealTimers();
});

test("a model behind a URL may have to be paid, loaded or not", async () => {
  const transport = new FakeTransport();
  const server = new Server(transport, vi.fn());
  await server.connect();
  const of = (source: string) => {
    server.model({ ...READY, source, status: "waiting", metadata: {} });
    return server.remote(READY.name);
  };
  expect(of("endpoint:http://localhost:8080#a")).toBe(true);
  expect(of("name:endpoint:http://localhost:8080")).toBe(true);
  expect(of("toy")).toBe(false);
  expect(of("https://example.org/endpoint:.gguf")).toBe(false);
  expect(server.remote("gone")).toBe(false);
});
