/** Words of the list of runs. */
import type { runs as english } from "../en/runs";

const DAY = 24 * 60 * 60 * 1000;

const clock = new Intl.DateTimeFormat("tr", { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("tr", { day: "numeric", month: "short" });

export const runs: typeof english = {
  title: "Çalıştırmalar",
  /** Today's by the clock, others by the day. */
  time: (at: number, now: number) =>
    (now - at < DAY && new Date(at).getDate() === new Date(now).getDate() ? clock : day).format(at),
  asked: (target: string, foil: string | null) =>
    foil === null ? `Neden “${target}”?` : `Neden “${foil}” değil de “${target}”?`,
  notAsked: "Henüz bir şey sorulmadı",
  empty: "(boş yanıt)",
  verdict: {
    holds: "sağlam",
    weak: "zayıf",
    chance: "şanstan iyi değil",
  },
  modelGone: (model: string) => `${model} şu anda burada değil: bu, saklandığı gibi gösteriliyor.`,
  notHere: "şu anda burada değil",
  pin: "Sabitle: siz silene kadar saklanır",
  unpin: "Sabitlemeyi kaldır",
  drop: "Bu çalıştırmayı sil",
  dropped: "Çalıştırma silindi.",
  undo: "Geri al",
  dismiss: "Kapat",
  gone: "O çalıştırma artık yok: başka bir sayfa onu sildi.",
  strange: "O çalıştırma gösterilemiyor: onu başka bir program veya sürüm yazmış.",
  unkept: "Tarayıcıda son çalıştırmalara yer yok: bu sayfa kapatılana kadar dururlar.",
  unsaved: (file: string) =>
    `Son çalıştırmalar dosyaya kaydedilemedi (${file}): bu sayfa kapatılana kadar dururlar.`,
  readOnly: (file: string) =>
    `Dosya yalnızca okunuyor (${file}): kendi çalıştırmalarınız bu sayfa kapatılana kadar durur.`,
  saving: "Kaydediliyor…",
  saved: "Kaydedildi",
  savedIn: (path: string) => `Şu çalışma alanına kaydedildi: ${path}`,
};
