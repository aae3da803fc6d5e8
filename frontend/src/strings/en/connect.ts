/** Words of connecting to a server's model. */

export const connect = {
  open: "Connect an endpoint…",
  title: "Connect an endpoint",
  about:
    "A model that a server runs: vLLM’s, SGLang’s, llama.cpp’s, or another that chats. Backlit asks it, not this browser, so localhost is the machine that Backlit runs on.",
  only: (origins: readonly string[]) =>
    `Another model of ${origins.join(" or ")}. For other servers, start Backlit with --allow-endpoints.`,
  url: "Address",
  example: "Such as http://127.0.0.1:8080",
  model: "Model",
  modelHint: "Leave it empty where the server has only one.",
  keys: "A key is never typed here: start Backlit with --api-key-env NAME@URL.",
  start: "Connect",
  running: "Finding out what the server can…",
};
