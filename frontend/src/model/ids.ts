/** Names for what is kept: by chance, so that no two are alike, whoever makes them. */

export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
}
