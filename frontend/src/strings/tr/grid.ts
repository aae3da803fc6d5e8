/** Words of variants of a prompt over rows. */
import type { gridding as english } from "../en/grid";
import { expenseOf } from "./expense";
import { count, number } from "./words";

const ROLES: Readonly<Record<string, string>> = {
  system: "sistem",
  user: "kullanıcı",
  assistant: "asistan",
};

export const gridding: typeof english = {
  title: "Izgara",
  setup: "Ne deneniyor",
  about:
    "Bir istemin varyantlarını çeşitli kayıtlarda deneyin, hangi satırların işe yaradığını görün.",
  base: "olduğu gibi",
  run: "Çalıştır",
  again: "Yeniden çalıştır",
  stop: "Durdur",
  size: (variants, rows) => `${count(variants, "varyant")} × ${count(rows, "kayıt")}`,
  takes: (variants, rows, answers) =>
    `${count(variants, "varyant")} × ${count(rows, "kayıt")}: yazılacak ${count(answers, "yanıt")}.`,
  expense: (expense) => `En çok ${expenseOf(expense, "yaklaşık ")}.`,
  foreseen: (n) => `${count(n, "varyant")} denenecek`,
  making: "Varyantlar hazırlanıyor",
  phases: (done, total) => `${number(done)} / ${number(total)}`,
  stale: "Bu, önceki sorunun sonucu: o zamandan beri bir şey değişti. Yeniden çalıştırın.",
  noModel: "Sorulacak bir model yok.",
  noTemplate: "Şablon boş.",
  running: "Soruluyor",
  opening: "Yanıt açılıyor",
  stopped: (known, all) =>
    `Durduruldu. Sonucu bilinen hücreler: ${number(known)} / ${number(all)}. Sürdürmek için yeniden çalıştırın.`,
  noRows: "En az bir kayıtta değişkenlerin değerlerini yazın.",

  earlier: (n) => `Önceki ızgaralar (${number(n)})`,
  earlierAbout: (grid) => {
    const all = grid.variants * grid.rows;
    const part = grid.known < all ? ` · ${number(grid.known)} / ${number(all)}` : "";
    return `${number(grid.variants)} × ${number(grid.rows)}${part} · ${grid.model}`;
  },
  shownNow: "gösterilen",
  drop: (about) => `Izgarayı sil: ${about}`,
  reallyDrop: "Kalıcı olarak sil",
  back: "Önceki duruma dön",
  trouble: {
    gone: "O ızgara artık burada değil ya da başka bir çalışma alanında.",
    unread: "O ızgara okunamadı. Bir daha deneyin.",
  },
  keeping: {
    saving: "Kaydediliyor…",
    saved: "Kaydedildi",
    unsaved: "Kaydedilemedi: bu sayfa açık kaldıkça burada durur.",
  },
  download: "İndir",
  forms: { csv: "Bütün yanıtlar, tablo olarak (CSV)", json: "Bulunan her şey (JSON)" },

  template: "Şablon",
  templateAbout: "{ad} yerine, kaydın bu adla taşıdığı değer geçer.",
  message: (role, n) => `${n}. mesaj, ${ROLES[role] ?? role}`,
  fromPrompt: "Sayfadaki istemi al",
  noVariables:
    "Kayıttan kayda değişecek yere süslü ayraç içinde bir ad yazın, örneğin {yemek}. Bu hâliyle yalnızca bir kez denenir.",

  variants: "Varyantlar",
  principles: "En üste konacak ilkeler: her biri tek başına ve hepsi birlikte",
  principle: (n) => `${n}. ilke`,
  principleHint: "Önce istenmeyeni söyleyin.",
  addPrinciple: "İlke ekle",
  changes: "Bir sözcük ya da satır değişik, her biri tek başına",
  addWord: "Başka sözcükler",
  word: (n) => `Değiştirilecek ${n}. sözcük`,
  wordHint: "bir sözcük",
  others: (n) => `${n}. sözcük yerine başkaları`,
  othersHint: "başkaları, aralarında virgülle",
  addLine: "Başka bir satır",
  lineNumber: (n) => `${n}. değişikliğin satır numarası`,
  lineHint: "satır",
  lineText: (n) => `${n}. değişiklikte orada duran`,
  lineTextHint: "yerine ne konacağı",
  withoutEach: "Teker teker çıkar",
  without: { none: "Hiçbiri", line: "Satırlar", example: "Örnekler" },
  withoutAbout: {
    none: "Her şeyi yerinde bırak",
    line: "Her satır için, o satır olmadan bir varyant",
    example: "Boş satırlarla ayrılan her örnek için, o örnek olmadan bir varyant",
  },
  reorder: "Örnekler başka sıralarla",
  own: "Kendi varyantlarınız",
  ownName: (n) => `varyant ${n}`,
  ownText: (name) => `Metin: ${name}`,
  nameOf: (name) => `Ad: ${name}`,
  addOwn: "Varyant yaz",
  remove: (name) => `Kaldır: ${name}`,

  rows: "Kayıtlar",
  row: (n) => `kayıt ${n}`,
  valueOf: (variable, row) => `${row}: ${variable}`,
  addRow: "Kayıt ekle",
  paste: "Kayıtlar bir listeden veya hesap tablosundan yapıştırılabilir.",
  fromExamples: (rows) => `${count(rows, "örnek")} al`,
  fromExamplesAbout: "Her değişken için bir değeri olanlar",
  leftOut: (n) =>
    `${count(n, "kayıt")} dışarıda bırakıldı: sohbetler veya bir değişkenin değeri eksik olanlar.`,
  clearRows: "Tüm kayıtları kaldır",

  asked: "Ne ölçülecek",
  find: "Yanıtta şu var mı?",
  findHint: "birkaç sözcük",
  isPattern: "Düzenli ifade",
  answer: "Şu yanıt ne kadar olası?",
  answerHint: "istemden sonra geleceği biçimiyle, harfi harfine",
  samples: "Her hücredeki yanıt sayısı",
  samplesGreedy:
    "Sıcaklık 0 iken tüm yanıtlar aynı olur: sıcaklığı Bakış görünümündeki seçeneklerden ayarlayın.",
  effects: "Her satırı sırayla çıkar ve yanıtın ne kaybettiğini ölç",

  found: "Bulunanlar",
  results: "Yanıtlar",
  rowHead: "Kayıt",
  in: (right, of) => `${number(right)} / ${number(of)} yanıtta`,
  between: (low, high) => `%${low} ile %${high} arası, %95 güven düzeyiyle`,
  other: "ilk varyanttakinden farklı",
  otherMarked: (first) => `İşaretli: “${first}” yanıtından farklı`,
  has: "var",
  hasNot: "yok",
  nothing: "(boş)",
  waiting: "…",
  notAsked: "bilinmiyor",
  logProb: (text) => `${text} nat`,
  open: (variant, row) => `Yanıtı incele (${row}, ${variant})`,
  effectsOf: "Bir satır olmadan yanıt ne kaybediyor",
  ofVariant: "varyant",
  allLines: (n) => `${number(n)} satırın tümünü göster`,
  isNew: "yeni",
  nats: (value) => `${value} nat`,
  interval: (low, high) => `${low} … ${high}`,
  noInterval: "tek kayıt",
};
