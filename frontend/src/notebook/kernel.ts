/** Whether a kernel is behind a widget, as far as the notebook tells. */
import type { Model } from "./model";

/**
 * Call `gone` once there is none: in a saved notebook that was opened again, or after a restart.
 * Jupyter's own models know it; anywidget shows only part of them, so they are asked for by id.
 * Where nobody knows, a request that is not answered tells as much.
 */
export function watchKernel(model: Model, gone: () => void, ended: AbortSignal): void {
  const look = async () => {
    const jupyterModel = await model.widget_manager
      ?.get_model?.(model.get("_id"))
      .catch(() => null);
    if (jupyterModel?.comm_live === false && !ended.aborted) gone();
  };
  const looking = () => void look();
  model.on("comm_live_update", looking);
  ended.addEventListener("abort", () => model.off("comm_live_update", looking));
  looking();
}
