/** Words of the tour. */
export const tour = {
  title: "Tour",
  place: (n: number, of: number) => `${n} of ${of}`,
  steps: {
    generate: "Press Generate: the model answers the prompt.",
    click: "Click the part of the answer that surprises you: what led to it lights up.",
    mute: "Mute a part, by its speaker in the list, and see how much it really mattered.",
  },
  next: "Next",
  done: "Done",
  skip: "Skip the tour",
  take: "Take the tour",
};
