/** What follows by itself, outside of any component, until what is returned is called. */
export const rooted = (follow: () => void): (() => void) => $effect.root(follow);
