/** Words of what is handed on. */
import type { exporting as englishExporting, report as englishReport } from "../en/report";
import type { Report } from "../../wire";
import { number } from "./words";

const PARTS: Record<Report["without"][number], string> = {
  model: "model",
  settings: "üretim ayarları",
  check: "haritanın sağlam olup olmadığı",
  prompt: "istemin sözcükleri",
};

/** Methods whose name would not become what the program calls them. */
const METHODS: Readonly<Record<string, string>> = {
  grad_x_input: "Grad × Input",
  integrated_gradients: "Integrated Gradients",
  lime: "LIME",
};

const SETTINGS: Readonly<Record<string, string>> = {
  source: "Kaynak",
  engine: "Motor",
  dtype: "Sayı türü",
  device: "Aygıt",
  seconds: "Saniye",
  max_new_tokens: "en uzun yanıt (token)",
  temperature: "sıcaklık",
  seed: "tohum",
  stop: "durdurma dizgileri",
  replacement: "yerine konan",
  n_samples: "örneklem",
  baseline: "başlangıç",
  fade: "solma oranı",
  tolerance: "hata payı",
  max_steps: "en fazla adım",
  kernel_width: "çekirdek genişliği",
};

export const report: typeof englishReport = {
  methods: METHODS,
  setting: (name) => SETTINGS[name] ?? null,
  made: (version, at) =>
    `Backlit ${version} ile hazırlandı, ${at.toLocaleString("tr", { dateStyle: "long", timeStyle: "short" })}`,
  leftOut: (parts) => `dışarıda bırakılanlar: ${parts.map((one) => PARTS[one]).join(", ")}`,
  unit: (signed) =>
    signed
      ? "yöntemin kendi birimi, artı değerler hedefi destekler"
      : "yöntemin kendi birimi, büyük değerler daha etkilidir",
  asMade: "Hazırlandığı gibi",
  remarks: (n) => `Ölçülen ve not edilen her şey (${number(n)})`,
  how: "Bu nasıl hazırlandı",
  model: "Model",
  written: "Üretim",
  ended: "Yanıt",
  muted: "Çıkarılan parça sayısı",
  settings: "Yöntem ayarları",
  coarse: "Kabadan inceye",
  pattern: "Desen",
  rather: "Karşıt",
};

export const exporting: typeof englishExporting = {
  open: "Dışa aktar",
  about: "Gördüğünüzü başkalarına iletmek için dosya olarak kaydedin",
  title: "Görüneni dışa aktar",
  form: "Biçim",
  forms: {
    html: {
      name: "Sayfa",
      about:
        "Her tarayıcıda, ağ bağlantısı olmadan açılan tek bir dosya: üzerinde gezinilebilir, birimler denenebilir.",
    },
    md: { name: "Metin", about: "Markdown: sorun kaydı, wiki veya sohbet için." },
    csv: { name: "Tablo", about: "Her parçanın puanı, hesap tablosu için." },
    png: { name: "Resim", about: "Renkli metin ve en güçlü parçaları." },
    svg: { name: "Çizim", about: "Aynısı, SVG olarak: her boyutta net." },
  },
  noMap: "Önce yanıtın birkaç sözcüğü hakkında sorun.",
  note: "Notunuz",
  leaveOut: "Dışarıda bırak",
  parts: {
    prompt: "İstemin sözcükleri: yerlerinde bloklar görünür",
    model: "Modelin adı, sürümleri ve onu ele veren her şey",
    settings: "Üretim ayarları ve örneğin adı",
    check: "Haritanın sağlam olup olmadığı",
  },
  download: "Dosyayı kaydet",
  saved: (name) => `${name} olarak kaydedildi.`,
  tooLarge: "Bu, resim için çok büyük. SVG veya sayfa olarak kaydedin.",
  nothing: "Bir yanıt veya harita hazırlanırken dışa aktarılacak bir şey yok.",
};
