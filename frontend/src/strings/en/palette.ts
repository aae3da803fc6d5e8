/** Words of the command palette. */

export const palette = {
  title: "What do you want to do?",
  hint: "Type a few letters of it, or of an example or a run",
  found: "What there is to do",
  none: (query: string) => `Nothing here is called “${query}”.`,
  groups: { example: "Example", run: "Run" },
  view: (name: string) => `Go to ${name}`,
  granularity: (name: string) => `By ${name.toLowerCase()}`,
  model: (name: string) => `Model: ${name}`,
  edit: "Edit the prompt",
  new: "Begin a new prompt",
  stop: "Stop generating",
};
