/** Someone beside the person who follows what is seen, and sets it: the notebook's Python. */
import type { View } from "../wire";

export interface Mirror {
  /** What was seen last, or set meanwhile. */
  readonly view: View | null;
  tell(view: View): void;
  /** Call `show` when the other side wants something else to be seen. */
  listen(show: (view: View) => void): void;
}
