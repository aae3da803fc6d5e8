/** A report: a file that is opened from a disk, with all that it shows inside. */
import { mount } from "svelte";
import type { SharedStore } from "../host/store";
import { system } from "../page/surroundings";
import { language } from "../state/language.svelte";
import { theme } from "../state/theme.svelte";
import { tr } from "../strings/tr";
import type { Report as Data } from "../wire";
import Spoken from "./Spoken.svelte";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/shared.css";

/** Nothing is kept: the file is as it was written. */
const nowhere: SharedStore = {
  read: () => null,
  write: () => false,
  forget: () => undefined,
  watch: () => undefined,
};

theme.follow(system, nowhere);
theme.dress(document.documentElement);
language.dress(document.documentElement);
const target = document.getElementById("report")!;
const data = JSON.parse(document.getElementById("data")!.textContent) as Data;
target.replaceChildren(); // what stood there for who runs no scripts
void language
  .follow(navigator.languages, nowhere, () => Promise.resolve(tr))
  .then(() => mount(Spoken, { target, props: { data } }));
