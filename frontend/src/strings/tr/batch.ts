/** Words of batches that were run before. */
import type { batch as english } from "../en/batch";
import { count, number } from "./words";

export const batch: typeof english = {
  title: "Toplu iş",
  choose: "Hangi toplu iş",
  size: (rows, variants) =>
    count(rows, "kayıt") + (variants > 0 ? ` × ${count(variants, "varyant")}` : ""),
  whole: "yanıtların tümü",
  lastLine: "yanıtların son satırı",
  words: (words) => `“${words}”`,
  pattern: (pattern) => `şuna uyan: ${pattern}`,
  again: "Yeniden oku",
  againAbout: "Bu arada daha fazlası yapılmış olabilir",
  averages: "Ortalamada ne geçerli",
  averaging: "Hesaplanıyor…",
  unmapped: "Henüz haritası olan bir çalıştırma yok, bu yüzden söylenecek bir şey de yok.",
  told: "Bunun üzerine söylenenler",
  details: "Ayrıntılar",
  find: "Şunu içeren yanıtlar …",
  map: "Hangi haritalar",
  parts: "Neyin parça sayıldığı",
  byLine: "Satırlar",
  byRole: "Roller",
  copy: "Markdown olarak kopyala",
  save: "Sayfa olarak kaydet",
  plot: "Parçaların etkileri, şansın yanında; tablolar da aynısını söyler",
  status: "Nasıl bittikleri",
  all: "Tümü",
  statuses: { done: "Açıklanan", unmatched: "Eşleşmeyen", failed: "Başarısız" },
  statusAbout: {
    done: "Yanıtlandı ve açıklandı",
    unmatched: "Açıklanacak bölüm yanıtta yok",
    failed: "Nedeni kendi satırında yazıyor",
  },
  anyVariant: "Tüm varyantlar",
  anyVerdict: "Tüm sınamalar",
  search: "İstemlerde ve yanıtlarda ara",
  found: (found, total) =>
    found === total
      ? count(total, "çalıştırma")
      : `${number(found)} / ${count(total, "çalıştırma")}`,
  runs: "Çalıştırmalar",
  columns: {
    row: "kayıt",
    variant: "varyant",
    answer: "yanıt",
    target: "açıklanan",
    target_log_prob: "log-olas.",
    top: "en etkili",
    top_score: "puan",
    verdict: "sınama",
    seconds: "saniye",
  },
  none: "Arananların hepsine uyan bir çalıştırma yok.",
  empty: "Henüz çalıştırma yok. Toplu iş sürerken yeniden okuyun.",
  unread: "Hiçbir çalıştırma okunamadı.",
  damaged: (parts) =>
    `Şu dosyaların bir bölümü okunamıyor: ${parts.join(", ")}. Diskte bozulmuşlar, burada çalıştırmalar eksik olabilir.`,
  damagedHint: "Toplu işi aynı komutla yeniden çalıştırın: eksik olanlar yeniden yapılır.",
  back: "Tüm çalıştırmalar",
  before: "Önceki çalıştırma",
  after: "Sonraki çalıştırma",
  place: (n, of) => `${number(n)} / ${number(of)}`,
  failed: "Bu çalıştırma başarısız oldu.",
  unmatched: "Açıklanacak bölüm bu yanıtta yok, bu yüzden haritası da yok.",
};
