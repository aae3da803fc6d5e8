/** The address of the browser's window. */
import type { Address } from "../host/address";

const [came] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];

export const browserAddress: Address = {
  returns: came?.type === "reload" || came?.type === "back_forward",
  read: () => location.hash,
  write(link) {
    const here = new URL(location.href);
    here.hash = link;
    history.replaceState(history.state, "", here);
  },
  watch(changed) {
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  },
};
