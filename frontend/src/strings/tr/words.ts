/** Türkçede sayıdan sonra gelen ad çoğul eki almaz. */

export const number = (n: number) => n.toLocaleString("tr");

export const count = (n: number, what: string) => `${number(n)} ${what}`;
