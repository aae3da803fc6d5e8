/** Someone beside the person who follows what is seen, and sets it: the notebook's Python. */
import type { Seen } from "../wire";

export interface Mirror {
  /** What was seen last, or set meanwhile. */
  readonly seen: Seen | null;
  tell(seen: Seen): void;
  /** Call `show` when the other side wants something else to be seen. */
  listen(show: (seen: Seen) => void): void;
}
