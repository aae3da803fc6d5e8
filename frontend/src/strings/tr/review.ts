/** Words of what people think of runs. */
import type { Opinion } from "../../model/review";
import type { reviewing as english } from "../en/review";
import { count, number } from "./words";

const SAYS: Record<Opinion, string> = {
  agree: "katılıyor",
  disagree: "katılmıyor",
  unsure: "emin değil",
};

const when = new Intl.DateTimeFormat("tr", { dateStyle: "medium", timeStyle: "short" });

export const reviewing: typeof english = {
  title: "İnceleme",
  question: "Yanıta yol açan bu mu?",
  opinions: { agree: "Katılıyorum", disagree: "Katılmıyorum", unsure: "Emin değilim" },
  number: (opinion, n) => `${number(n)} kişi ${SAYS[opinion]}`,
  notes: (n) => count(n, "not"),
  /** Behind a name. */
  says: (opinion) => (opinion ? SAYS[opinion] : "not düştü"),
  somebody: "Biri",
  time: (at) => when.format(at),
  note: "Not",
  by: "Adınız",
  add: "Not veya görüş ekle",
  keep: "Sakla",
  cancel: "İptal",
  kept: "Saklandı.",
  failed: "Saklanamadı. Yazdığınız burada duruyor: yeniden deneyin.",
  drop: "Bunu sil",
  dropOf: (name) => `Görüşü sil: ${name}`,
  stays: "Silinemedi: yeniden deneyin.",
  dropped: "Silindi.",
  undo: "Geri al",
  // ---- the view ----
  welcome:
    "Bir çalıştırma açın, yanıta neyin yol açtığını okuyun ve katılıp katılmadığınızı söyleyin. Burada başka bir şey değiştirilemez.",
  none: "Henüz incelenebilecek bir bulgu yok: önce bir yanıtın bir parçasına tıklayın.",
  nothing: "Henüz incelenecek bir şey yok.",
  noneHere: "Böyle bir çalıştırma yok.",
  show: "Hangi çalıştırmalar",
  shown: {
    all: "Tümü",
    open: "Görüşsüz",
    agree: "Katılınan",
    disagree: "Katılınmayan",
    unsure: "Emin değil",
  },
  opened: "Yakından bak",
  goneRun: "Bu çalıştırma artık yok.",
  unreadRun: "Çalıştırma okunamadı.",
  unmeasured: "En güçlü parçası olmadan yanıtın ne olacağı ölçülmedi.",
  import: "İnceleme içe aktar",
  importAbout: "Birinin bir rapor sayfasında kaydettiği inceleme",
  readOnly: "Burası salt okunur: hiçbir şey saklanamaz.",
  unread: (name) => `${name} okunamadı: yeniden deneyin.`,
  empty: "İçinde hiçbir görüş yok.",
  taken: (n) => `${count(n, "inceleme")} içe aktarıldı.`,
  known: (n) => `${count(n, "inceleme")} zaten vardı.`,
  astray: (n) => `${count(n, "inceleme")} burada hazırlanmamış bir rapora ait: aşağıya bakın.`,
  lost: (n) => `${count(n, "inceleme")} kaydedilemedi: yeniden içe aktarın.`,
  elsewhere: "Burada hazırlanmamış raporlara ait",
  gone: "Artık burada olmayan çalıştırmalara ait",
  // ---- the page of a report ----
  yours: "İncelemeniz",
  yoursAbout: "Ne düşündüğünüzü söyleyin, kaydedin ve dosyayı geri gönderin.",
  save: "İncelemeyi kaydet",
  saved: (name) => `${name} olarak kaydedildi. Bu sayfayı size veren kişiye gönderin.`,
};
