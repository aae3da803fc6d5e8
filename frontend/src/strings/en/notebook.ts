/** Words of a notebook's cell. */

export const notebook = {
  waiting: "Waiting for the running cell.",
  waitingHint:
    "The kernel has not answered yet. It goes on when the cell ends; if no cell is running, run this one again.",
  olderHint: (version: number) =>
    `ipykernel ${version} answers nothing while a cell runs; it goes on when the cell ends. With ipykernel 7 or newer it need not wait.`,
  gone: "No kernel is behind this widget.",
  goneHint: "You see what was found last, to read only. Run the cell again to go on.",
};

export const tab = {
  asking:
    "Asking the kernel for the address. If this stays, the kernel is gone: run the cell again.",
  open: "Open Backlit in a new tab",
  blocked: "The browser held the tab back; the link opens it.",
  elsewhere: (host: string, port: string) =>
    `This notebook's kernel runs on another machine (${host}), so the link needs its port: forward it with ssh -L ${port}:127.0.0.1:${port} ${host}, then open the link. Or show the page here, with render().`,
};
