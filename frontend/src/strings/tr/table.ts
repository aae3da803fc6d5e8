/** Words of datasets as tables. */
import type { table as english } from "../en/table";
import { count, number } from "./words";

const ROLES: Readonly<Record<string, string>> = {
  system: "sistem",
  user: "kullanıcı",
  assistant: "asistan",
};

export const table: typeof english = {
  title: "Tablo",
  rows: "Kayıtlar",
  dataset: "veri kümesi",
  all: "Tüm veri kümeleri",
  rowsOf: (name, n) => `${name} (${number(n)})`,
  found: (found, total) =>
    found === total ? count(total, "kayıt") : `${number(found)} / ${count(total, "kayıt")}`,
  /** As a field has it, with a point: so it is searched and edited, too. */
  number: (n) =>
    n.toLocaleString("en", {
      useGrouping: false,
      maximumSignificantDigits: Number.isInteger(n) ? 21 : 4,
    }),
  search: "Tüm sütunlarda ara",
  searchIn: (column) => `Şu sütunda ara: ${column}`,
  isPattern: "Düzenli ifade",
  noneFound: "Arananların hepsine uyan bir kayıt yok.",
  clear: "Aramayı temizle",
  noRows: "Burada kayıt yok. Bir kayıt ekleyin, kayıt yapıştırın veya bir dosya açın.",
  sort: (column) => `Şuna göre sırala: ${column}`,
  columns: { id: "kimlik", prompt: "istem", target: "hedef", source: "kaynak" },
  select: (id) => `Seç: ${id}`,
  selectAll: "Bulunan tüm kayıtları seç",
  selected: (n) => `${count(n, "kayıt")} seçildi`,
  toGrid: "Izgarada dene",
  mostInGrid: (n) => `Izgara en fazla ${count(n, "kayıt")} alır.`,
  measureMenu: "Ölç",
  measuredBy: "Ölçen model",
  measures: {
    tokens: "Token sayısı",
    log_prob: "Hedefin log-olasılığı",
    perplexity: "Hedefin şaşkınlığı (perplexity)",
    exact_match: "Tam eşleşme",
    rouge_l: "ROUGE-L",
    bleu: "BLEU",
  },
  measureAbout: {
    tokens: "istemin uzunluğu",
    log_prob: "hedefin istemden sonra ne kadar olası olduğu, nat olarak; 0 kesin demektir",
    perplexity: "aynısı, token başına; 1 kesin demektir, büyüdükçe olasılık azalır",
    exact_match: "yanıt hedefin aynısıysa 1; baştaki ve sondaki boşluklar sayılmaz",
    rouge_l: "yanıtta ve hedefte aynı sırayla geçen sözcükler; 1 hepsi demektir",
    bleu: "ikisinde de geçen kısa sözcük dizileri; 100 hepsi demektir",
  },
  silent: (model) =>
    `${model} log olasılık bildirmiyor, bu yüzden hedeflerin ne kadar olası olduğu ölçülemiyor: yanıtlarının ne kadar yaklaştığını ölçün veya ızgarada yanıtları sayın.`,
  measure: (n) => `${number(n)} kaydı ölç`,
  measuring: (n) => `${count(n, "kayıt")} ölçülüyor…`,
  measured: (n, all) =>
    n === all
      ? `${count(n, "kayıt")} ölçüldü. Sonuçlar kendi sütunlarında.`
      : `Ölçülen: ${number(n)} / ${count(all, "kayıt")}.`,
  problems: (n) => `${count(n, "kayıt")} neden ölçülemedi`,
  stop: "Durdur",
  unselect: "Seçimi kaldır",
  loading: "…",
  addRow: "Kayıt ekle",
  newId: "kayıt",
  open: "Dosya aç",
  openAbout:
    "JSONL, JSON, CSV, metin veya Parquet; dosyayı buraya bırakabilir veya kayıt yapıştırabilirsiniz",
  opened: (name, n) => `${name} açıldı: ${count(n, "kayıt")}.`,
  tooLarge: (file, most) => `${file} çok büyük: en fazla ${number(most)} MB olabilir.`,
  tooLargeHint: "Programı başlatırken yükleyin: backlit serve --data",
  pasted: "yapıştırılan",
  drop: "Açmak için dosyayı bırakın",
  remove: (n) => (n === 1 ? "Kaydı sil" : `${number(n)} kaydı sil`),
  undo: (what) => `Geri al: ${what}`,
  did: {
    changed: (id) => `değişiklik (${id})`,
    added: "kayıt ekleme",
    copied: "kayıt çoğaltma",
    removed: (n) => `silme (${count(n, "kayıt")})`,
  },
  row: (id) => `Kayıt: ${id}`,
  look: "Bu kayıt hakkında sor",
  duplicate: "Çoğalt",
  saved: "Kaydedildi",
  savedHere: "Backlit durana kadar saklanır: çalışma alanı yok",
  notJson: "Bu, geçerli bir JSON değil.",
  message: (role, n) => `${n}. mesaj, ${ROLES[role] ?? role}`,
  addField: "Alan ekle",
  fieldName: "Alanın adı",
  download: "İndir",
  forms: { jsonl: "JSONL", csv: "CSV", parquet: "Parquet" },
  allFound: "bulunan tüm kayıtlar",
  written: (file, n, leftOut) =>
    leftOut === 0
      ? `${file} olarak kaydedildi: ${count(n, "kayıt")}.`
      : `${file} olarak kaydedildi: ${count(n, "kayıt")}; istemi olmayan ${count(leftOut, "kayıt")} dışarıda bırakıldı.`,
  onlyRead: "Çalışma alanı salt okunur",
  noneInGrid:
    "Hiçbiri ızgaraya uymuyor: sohbetler ve bir değişkenin değeri eksik olan kayıtlar alınmaz.",
  moreColumns: (n) => `${count(n, "sütun daha")} var; her kaydın kendisinde gösteriliyor.`,
  removeDataset: (name) => `Kaldır: ${name}`,
  reallyRemove: "Tümüyle kaldırılsın mı?",
};
