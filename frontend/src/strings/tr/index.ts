/** Every word of the page, in Turkish. */
import type { en } from "../en";
import { batch } from "./batch";
import { comparing, views } from "./compare";
import { connect } from "./connect";
import { counted } from "./counted";
import { findings } from "./findings";
import { gridding } from "./grid";
import { help } from "./help";
import { notebook, tab } from "./notebook";
import { palette } from "./palette";
import { table } from "./table";
import { principle } from "./principle";
import { conversation, editor } from "./prompt";
import { exporting, report } from "./report";
import { reviewing } from "./review";
import { runs } from "./runs";
import { tour } from "./tour";
import { count, number } from "./words";

/** The details come from the server in English. */
const ERRORS: Readonly<Record<string, string>> = {
  InputError: "Girilen bir şey kullanılamıyor.",
  PromptError: "Bu istem kullanılamıyor.",
  TargetError: "Bu hedef sorulamıyor.",
  OptionsError: "Bir ayar uygun değil.",
  PatternError: "Bu desen okunamıyor.",
  UnknownNameError: "Bu adda bir şey yok.",
  DataError: "Bu veri okunamıyor.",
  SourceError: "Model getirilemedi.",
  OfflineError: "Ağa ulaşılamıyor.",
  NotFoundError: "Aranan bulunamadı.",
  GatedError: "Bu model izin istiyor.",
  DiskError: "Diske yazılamadı.",
  IntegrityError: "İndirilen dosya bozuk.",
  UnsupportedModelError: "Bu model desteklenmiyor.",
  EndpointError: "Sunucunun yanıtı kullanılamıyor.",
  BudgetError: "İzin verilen çağrılar bitti.",
  WorkspaceError: "Çalışma alanı kullanılamıyor.",
  ReadOnlyError: "Burası yalnızca okunabiliyor.",
  CapabilityError: "Model bunu yapamıyor.",
  MissingPackageError: "Bir paket eksik.",
  InternalError: "Beklenmeyen bir hata oldu.",
};

function close(nats: number | null): string {
  return nats === null ? "tam değer" : `token başına ${number(nats)} nat doğrulukla`;
}

export const tr: typeof en = {
  layout: {
    edge: (pane: string) => `Bölmenin genişliği: ${pane}`,
    edgeHint:
      "Genişletmek ya da daraltmak için sürükleyin veya ok tuşlarını kullanın; Enter bölmeyi gizler ya da geri getirir, Home veya çift tıklama her zamanki genişliğine döndürür",
    fold: (pane: string) => `Gizle: ${pane}`,
    unfold: (pane: string) => `Yeniden göster: ${pane}`,
  },
  app: {
    name: "Backlit",
    libraryPane: "Örnekler ve çalıştırmalar",
    textPane: "Metin",
    findingsPane: "Bulgular",
    close: "Kapat",
    cancel: "İptal",
    retry: "Yeniden dene",
    dismiss: "Kapat",
  },
  language: {
    label: "Dil",
    to: (name: string) => `Dili değiştir: ${name}`,
    failed: "Bu dil yüklenemedi. Sunucunun hâlâ çalıştığından emin olun ve yeniden seçin.",
  },
  figures: {
    oneIn: (text: string) => `1/${text}`,
    same: "yaklaşık aynı olasılıkta",
    less: (times: string) => `${times} kat daha düşük olasılıklı`,
    more: (times: string) => `${times} kat daha yüksek olasılıklı`,
    atLeast: (change: string) => `en az ${change}`,
    atMost: (change: string) => `en çok ${change}`,
    roughly: (change: string) => `kabaca ${change}`,
  },
  theme: {
    toDark: "Koyu temaya geç",
    toLight: "Açık temaya geç",
  },
  errors: {
    unreachable: "Backlit sunucusu yanıt vermiyor.",
    unreachableHint: "Terminalde hâlâ çalıştığından emin olun. Yazdıklarınız duruyor.",
    unauthorized: "Bu sayfada sunucunun anahtarı yok.",
    unauthorizedHint: "Terminalde görünen en yeni bağlantıyı açın.",
    refused: (status: number) => `Sunucu isteği reddetti (${status}).`,
    refusedHint: "Ayrıntılar terminalde.",
    reconnecting: (seconds: number) =>
      seconds > 0 ? `${count(seconds, "saniye")} sonra yeniden denenecek.` : "Yeniden deneniyor.",
    notKept: "Bu tarayıcıda taslağınızı saklayacak yer yok; sayfa yenilenirse taslak kaybolur.",
    brokeOff: "Yanıt tamamlanmadan kesildi.",
    brokeOffHint: "Yeniden deneyin. Ayrıntılar günlük kaydında.",
    about: (code) => ERRORS[code] ?? null,
    broken: "Sayfa bu yanıtı işlerken bir hatayla karşılaştı.",
    brokenHint: "Sayfayı yenileyin; yazdıklarınız duruyor.",
  },
  model: {
    label: "Model",
    waiting: "Yüklenmedi",
    loading: "Yükleniyor",
    phases: {
      start: "Başlatılıyor",
      wait: "Başka bir işlem bekleniyor",
      check: "Denetleniyor",
      download: "İndiriliyor",
      unpack: "Paket açılıyor",
      convert: "Dönüştürülüyor",
      save: "Kaydediliyor",
    },
    ready: "Hazır",
    failed: "Yüklenemedi",
    progress: (done: string, total: string) => `${done} / ${total}`,
    context: (n: number) => `${count(n, "token")} okur`,
    none: "Sunulan bir model yok. Başlatmak için: backlit serve MODEL",
    usable: "Bu arada yazabilirsiniz.",
    exact: (nats: number | null) =>
      `${close(nats)}, değiştirilen her istem için 1 çağrı, gradyan yok`,
    stepped: (nats: number | null) =>
      `${close(nats)}, değiştirilen her istem için hedefin her tokenına 1 çağrı, gradyan yok`,
    likeliest: (n: number, nats: number | null) =>
      `hedef en olası ${number(n)} token arasında oldukça ${close(nats)}, değiştirilen her istem için hedefin her tokenına 1 çağrı, gradyan yok`,
    words: ", token yerine sözcük",
    writes: "yalnızca yazıyor: güvenilir log olasılık bildirmiyor",
  },
  examples: {
    title: "Örnekler",
    search: "Örneklerde ara",
    blank: "Yeni istem",
    blankDetail: "Boş bir sayfadan başla",
    none: (query: string) => `“${query}” ile eşleşen bir şey yok.`,
    clearSearch: "Aramayı temizle",
    yours: "Sizin",
    remove: (id: string) => `Kaldır: ${id}`,
    edited: "düzenlendi",
    inTable: (n: number) => `Tablodaki ${number(n)} kaydın tümü`,
    findInTable: "Tabloda, tüm kayıtlar arasında bul",
    more: (n: number) => `${number(n)} tane daha göster`,
  },
  compare: {
    title: "Neler değişti",
    from: (id: string) => `Karşılaştırılan: ${id}`,
    removed: "Çıkarılan",
    added: "Eklenen",
    same: "Hiçbir fark yok.",
    tooDifferent: "İkisi, sözcük sözcük karşılaştırılamayacak kadar farklı.",
  },
  options: {
    title: "Seçenekler",
    maxNewTokens: "En uzun yanıt (token)",
    temperature: "Sıcaklık",
    greedy: "0 olunca hep en olası token seçilir",
    topP: "Top-p",
    seed: "Tohum",
    seedAny: "rastgele",
    own: "modelinki",
    stop: "Durdurma dizgileri",
    stopHint: "Her satıra bir tane; \\n satır sonudur",
    summary: (tokens: number, temperature: number | null) =>
      `${count(tokens, "token")}, ${temperature === 0 ? "hep en olası" : temperature === null ? "kendi sıcaklığı" : `sıcaklık ${number(temperature)}`}`,
    reset: "Sıfırla",
  },
  generate: {
    start: "Üret",
    stop: "Durdur",
    keys: "Ctrl/⌘ Enter",
    emptyPrompt: "Önce bir istem yazın veya bir örnek seçin.",
    writing: (n: number) => `Yazılıyor, ${count(n, "token")}`,
    reading: "İstem okunuyor",
  },
  wait: {
    queued: (ahead: number) => `Sırada önünüzde ${count(ahead, "istek")} var`,
    model: "Modelin yüklenmesi bekleniyor",
    compiling: "Derleniyor, her uzunluk için bir kez",
    computing: "Hesaplanıyor",
    progress: (done: number, total: number) => `${done} / ${total}`,
  },
  text: {
    label: "İstem ve yanıt",
    instructions:
      "Sol ve sağ oklar parça parça ilerletir, Shift seçimi genişletir, Enter seçimi hedef yapar, M susturur, Esc temizler.",
    prompt: "İstem",
    answer: "Yanıt",
    answers: "Yanıtlar",
    model: "Modelin yanıtı",
    dataset: "Veri kümesinin yanıtı",
    numbered: (label: string, n: number) => (n > 1 ? `${label} ${n}` : label),
    without: (n: number) => `${count(n, "parça")} olmadan`,
    withoutTitle: (n: number) => `${count(n, "susturulmuş parça")} olmadan yanıt`,
    withEverything: "İstemin tamamıyla yanıt",
    backToFull: "İstemin tamamına dön",
    changed: "İstemi değiştirdiniz. Yanıt ve renkler önceki metne ait.",
    edge: "Yanıtın metindeki payı",
    edgeHint:
      "Yanıta daha çok ya da daha az yer vermek için sürükleyin veya ok tuşlarını kullanın; çift tıklama, Home veya Enter ona gerektiği kadar yer verir",
    copy: "Yanıtı kopyala",
    copied: "Kopyalandı",
    finish: {
      stop: "Model burada bitirdi.",
      length: "İzin verilen en fazla yeni token sayısında kesildi.",
      context: "Modelin bağlamı doldu.",
      given: "Hazır verildi, üretilmedi.",
      cancelled: "Burada durdurdunuz.",
    },
    inReasoning: "Akıl yürütme",
    reasoning: (tokens: number) => `Akıl yürütme, ${count(tokens, "token")}`,
    reasoningOpen: "hiç kapatılmadı",
    reasoningHolds: (share: number) => `Haritadaki payı: %${Math.round(share * 100)}`,
    empty: "Model boş yanıt verdi.",
    target: "Hedef",
    muted: "Susturulmuş",
    describe: (text: string, where: string, notes: string) => `${where}: ${text}${notes}`,
    start:
      "Yukarıya bir istem yazın veya bir örnek seçin, “Üret” düğmesine basın, sonra yanıtın sizi şaşırtan parçasına tıklayın.",
    ready:
      "Modelin ne dediğini görmek için “Üret” düğmesine basın, sonra sizi şaşırtan parçaya tıklayın.",
    showDataset: "Veri kümesinin yanıtını göster",
    pickHint: "Yanıtın sizi şaşırtan parçasına tıklayın.",
  },
  token: {
    ids: () => "kimlik",
    logProb: "log-olasılık",
    probability: "olasılık",
    alternatives: "Bunun yerine ne diyebilirdi",
    score: "parçanın puanı",
    notScored: "İstem hazır verildiği için olasılığı yok.",
    from: (n: number) => `Bu tek karakteri ${count(n, "token")} oluşturuyor`,
  },
  toolbar: {
    label: "Nasıl açıklanacağı",
    method: "Yöntem",
    more: "Yöntemin ayrıntıları ve haritanın çizimi",
    parameters: "Parametreler",
    kinds: {
      gradient: "Gradyan: geriye tek bir bakışla",
      perturbation: "Pertürbasyon: parçaları çıkararak",
    },
    reference: (paper: string) => `Kaynak: ${paper}`,
    defaults: "Varsayılanlar",
    granularity: "Ayrıntı düzeyi",
    granularities: {
      token: "Token",
      word: "Sözcük",
      sentence: "Cümle",
      line: "Satır",
      paragraph: "Paragraf",
      custom: "Özel",
    },
    key: (name: string, n: number) => `${name} (${n} tuşu)`,
    pattern: "Desen",
    patternPlaceholder: "Düzenli ifade; metin her eşleşmeden sonra bölünür",
    aggregate: "Birleştirme",
    aggregates: { sum: "Toplam", mean: "Ortalama", max: "En çok" },
    aggregateOff: (method: string) =>
      `${method}: parçaların bütününe puan verilir, bu yüzden birleştirilecek bir şey yok.`,
    intensity: "Yoğunluk",
    paint: "Çizim",
    tint: "Renk",
    underline: "Alt çizgi",
    density: "Aralık",
    comfortable: "Rahat",
    compact: "Sıkı",
  },
  ...findings,
  batch,
  comparing,
  connect,
  counted,
  conversation,
  editor,
  exporting,
  help,
  notebook,
  tab,
  palette,
  table,
  report,
  runs,
  tour,
  views,
  gridding,
  principle,
  reviewing,
};
