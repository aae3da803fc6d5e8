/** Words of the help: how it is done, and which keys do what. */

export const help = {
  open: "Help",
  title: "Help",
  rows: [
    ["Ctrl/⌘ Enter", "Generate, or stop"],
    ["1 – 6", "Granularity: token, word, sentence, line, paragraph, custom"],
    ["Click", "Make a part of the answer the target"],
    ["Shift click, drag", "Extend the target"],
    ["← →", "Move through the text, segment by segment"],
    ["Shift ← →", "Extend the selection"],
    ["Home, End", "First and last segment of the answer"],
    ["Enter", "Make the selection the target"],
    ["[ ]", "Walk through the influences, the strongest first"],
    ["M", "Mute or unmute the segment"],
    ["E", "Edit the prompt; Esc reads on"],
    ["Ctrl/⌘ F", "Find and replace, while editing"],
    ["Ctrl/⌘ K", "Do anything by typing its name, or go to an example or a run"],
    ["Esc", "Clear the target"],
    ["?", "This help"],
  ] as readonly (readonly [string, string])[],
  flow: "Click the part of the answer that surprises you. What led to it lights up. Blue supports it, orange opposes it; mute a part to see how much it really mattered.",
};
