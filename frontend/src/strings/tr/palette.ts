/** Words of the command palette. */
import type { palette as english } from "../en/palette";

export const palette: typeof english = {
  title: "Ne yapmak istiyorsunuz?",
  hint: "Bir işin, bir örneğin veya bir çalıştırmanın birkaç harfini yazın",
  found: "Yapılabilecekler",
  none: (query: string) => `Burada “${query}” adında bir şey yok.`,
  groups: { example: "Örnek", run: "Çalıştırma" },
  view: (name: string) => `${name} görünümüne geç`,
  granularity: (name: string) => `Ayrıntı düzeyi: ${name.toLocaleLowerCase("tr")}`,
  model: (name: string) => `Model: ${name}`,
  edit: "İstemi düzenle",
  new: "Yeni bir istem başlat",
  stop: "Üretmeyi durdur",
};
