/** Letters as they are searched for, whatever the language of who typed them. */

/** Small, with one i for all of them: "İstem" and "ISTEM" are found by "istem". */
export const folded = (text: string) =>
  text.toLowerCase().replaceAll("ı", "i").replaceAll("\u0307", "");
