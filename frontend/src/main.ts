/** The page. */
import { mount } from "svelte";
import App from "./App.svelte";
import { HttpTransport } from "./http";
import "./styles/tokens.css";
import "./styles/base.css";

mount(App, {
  target: document.getElementById("app")!,
  props: { transport: new HttpTransport() },
});
