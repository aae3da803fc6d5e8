/** Words of the findings: what led to the answer, and whether to believe it. */
import type { findings as english } from "../en/findings";
import { ended } from "../words";
import { expenseOf, shortExpense } from "./expense";
import { count, number } from "./words";

/** Fewer are not worth telling beside the time they take. */
const FEW_RUNS = 10;
const timeOf = (seconds: number) =>
  seconds < 100 ? `yaklaşık ${Math.round(seconds)} sn` : `yaklaşık ${Math.round(seconds / 60)} dk`;

/** A longer one is cut: the signs in the text have the whole. */
const MAX_READ = 200;

/** What Unicode calls those that are met most, by their code point. */
const NAMES: Readonly<Record<number, string>> = {
  0xad: "yumuşak tire",
  0x61c: "Arapça harf imi",
  0x200b: "sıfır genişlikli boşluk",
  0x200c: "sıfır genişlikli ayırıcı",
  0x200d: "sıfır genişlikli birleştirici",
  0x200e: "soldan sağa imi",
  0x200f: "sağdan sola imi",
  0x202a: "soldan sağa gömme",
  0x202b: "sağdan sola gömme",
  0x202c: "yönlü biçimlendirme sonu",
  0x202d: "soldan sağa zorlama",
  0x202e: "sağdan sola zorlama",
  0x2060: "sözcük birleştirici",
  0x2066: "soldan sağa yalıtma",
  0x2067: "sağdan sola yalıtma",
  0x2068: "ilk güçlü yöne göre yalıtma",
  0x2069: "yönlü yalıtma sonu",
  0xfeff: "sıfır genişlikli bölünmez boşluk",
};

/** A signed share, in words. */
const share = (signed: number) => {
  const percent = Math.round(Math.abs(signed) * 100);
  const size = percent === 0 && signed !== 0 ? "%1’den az" : `%${percent}`;
  return signed < 0 ? `${size}, karşı yönde` : size;
};

const hidden = (n: number) => count(n, "görünmeyen karakter");
const spelling = (reads: string, what = "Gizli metin") => {
  if (!reads) return "";
  const cut = reads.length > MAX_READ ? `${reads.slice(0, MAX_READ)}…` : reads;
  return ` ${what}: “${cut}”.`;
};
/** As ordinals: "1., 3. ve 4." */
const listed = (numbers: readonly number[]) =>
  `${numbers
    .slice(0, -1)
    .map((n) => `${n}.`)
    .join(", ")} ve ${numbers.at(-1)}.`;

/** What the model says without something: other words, the same, or nothing as it writes none. */
interface Said {
  readonly words: string;
  readonly changed: boolean | null;
}

const saying = ({ words, changed }: Said) => {
  if (changed === null) return "";
  if (!changed) return "; model aynı şeyi söylüyor";
  return words.trim() === ""
    ? "; model orada hiçbir şey söylemiyor"
    : `; model şunu söylüyor: “${words}”`;
};

export const findings: typeof english = {
  legend: {
    label: "Renklerin anlamı",
    supports: "destekliyor",
    opposes: "karşı çıkıyor",
    less: "az etkili",
    more: "çok etkili",
    supportsFoil: "karşıtı destekliyor",
    overFoil: "hedefi destekliyor",
    unit: (unit, contrasted) =>
      contrasted ? `Birim: ${unit} (karşıta kıyasla hedef için)` : `Birim: ${unit}`,
    unsure: "soluk: şans eseri olabilir",
    unsureAbout:
      ". Soluk parçalar şans eseri olabilir: puanlarının %95 aralığı 0 değerini içeriyor.",
  },
  target: {
    title: "Hedef",
    none: "Neden orada olduğunu sormak için yanıtın bir parçasına tıklayın.",
    noAnswer: "Neyi sorduğunuz burada görünecek.",
    clear: "Hedefi temizle",
    logProb: "Log-olasılık",
    probability: "Olasılık",
    tokens: (n) => count(n, "token"),
    nats: "nat",
  },
  influences: {
    title: "Etkiler",
    scope: "Hangi etkiler",
    ofPrompt: (of) => `İstem %${Math.round(of * 100)}`,
    ofAnswer: (of) => `Hedefe dek yanıt %${Math.round(of * 100)}`,
    ofBoth: "İkisi",
    none: "Hedeften önce bir şey yok.",
    waiting: "Hedefe yol açanlar burada sıralanacak.",
    stopped: "Bitmeden durduruldu.",
    again: "Yeniden hesapla",
    mute: (text) => `Sustur: ${text}`,
    muteThis: (expense) =>
      `Sustur: hedefi bu parça olmadan ölç${expense ? `, en çok ${expenseOf(expense)}` : ""}`,
    unmuteThis: "Sesini aç",
    blank: "(boş)",
    showTemplate: (n) => `${number(n)} şablon parçasını göster`,
    hideTemplate: "Şablonu gizle",
    more: (n) => `${number(n)} tane daha göster`,
    between: (n) => `Arada bundan daha etkili ${number(n)} parça daha var:`,
    convergence: (delta) => `Tamlık açığı: ${delta}`,
    inAnswer: "yanıtta",
    inReasoning: "akıl yürütmede",
    plusMinus: (error) => `± ${error}`,
    scoreOf: (score, error) =>
      error === null ? `Puan: ${score}` : `Puan: ${score}, artı eksi ${error} (standart hata)`,
    bounds: {
      at_least: "En az bu kadar: sunucu yalnızca en olası token’ların olasılığını bildiriyor",
      at_most: "En çok bu kadar: sunucu yalnızca en olası token’ların olasılığını bildiriyor",
      about: "Kabaca bu kadar: sunucu yalnızca en olası token’ların olasılığını bildiriyor",
    },
    estimated: (what, seconds) => `${what}, toplam ${timeOf(seconds)}`,
  },
  finding: {
    title: "Buna ne yol açtı",
    looking: "Buna neyin yol açtığı aranıyor",
    measuring: "İlk parçalar olmadan ne olduğu ölçülüyor",
    failed: (why) => `İlk parçalar olmadan ne olduğu ölçülemedi: ${why}`,
    believed: {
      holds: "Rastgele sıralarla karşılaştırılarak sınandı: harita sağlam.",
      weak: "Rastgele sıralarla karşılaştırılarak sınandı: harita zayıf.",
      chance: "Rastgele sıralarla karşılaştırılarak sınandı: harita şanstan iyi değil.",
    },
    copy: "Bu bulguyu kopyala",
    copied: "Kopyalandı",
  },
  proofs: {
    alone: (change, said) => `Bu parça olmadan hedef ${change}${saying(said)}`,
    together: (ranks, change, said) =>
      `${ended(`${listed(ranks)} parça olmadan hedef ${change}${saying(said)}`)} Birbirlerinin yerini tutuyor olabilirler.`,
  },
  paths: {
    title: "Yanıt üzerinden",
    direct: "Doğrudan",
    ask: "Yanıt üzerinden izle",
    about:
      "Modelin hedefe varana dek yazdığı cümleleri de açıklar ve istemin hangi parçalarının bu cümleler üzerinden hedefe yol açtığını gösterir.",
    following: "Yanıt geriye doğru izleniyor",
    through: (part) =>
      part < 0.005
        ? "Yanıtın kendi cümleleri üzerinden hiçbir şey gelmedi."
        : `Etkinin %${Math.max(1, Math.round(part * 100))} kadarı yanıtın kendi cümleleri üzerinden geldi.`,
    share,
    besides: (through) => `· yanıt üzerinden ${share(through)}`,
    rest: (untraced, rough) =>
      `Hedefteki tahminî paylar, en büyüğü başta. İzlenmeyen pay: %${Math.round(untraced * 100)}.${rough ? " Bazı puanlar yalnızca sınır olduğundan paylar kabadır." : ""}`,
  },
  unseen: {
    parts: (parts) => {
      if (parts.length === 1) {
        const [{ rank, count: n, reads }] = parts as [(typeof parts)[0]];
        return `Listedeki ${rank}. parçada ${hidden(n)} var.${spelling(reads)}`;
      }
      const holding = `Listedeki ${listed(parts.map(({ rank }) => rank))} parçada görünmeyen karakterler var.`;
      const read = parts.map(({ rank, reads }) =>
        spelling(reads, `${rank}. parçadaki gizli metin`),
      );
      return holding + read.join("");
    },
    sign: ({ text, sign }) => {
      const name = NAMES[text.codePointAt(0) ?? 0];
      return name ? `${sign}, ${name}` : (sign ?? text);
    },
    prompt: ({ count: n, reads }) => `Bu istemde ${hidden(n)} var.${spelling(reads)}`,
  },
  mute: {
    title: (n) => `${count(n, "parça")} susturuldu`,
    scoring: "Ölçülüyor",
    change: (n, unit, change) =>
      n === 1 ? `Bu ${unit} olmadan hedef ${change}.` : `Bu ${n} ${unit} olmadan hedef ${change}.`,
    counted: (n, unit, change) =>
      n === 1 ? `Bu ${unit} olmadan ${change}.` : `Bu ${n} ${unit} olmadan ${change}.`,
    kept: "Yanıtın hedeften önceki bölümü aynı bırakıldı.",
    thinkAgain: "Yeniden düşünsün",
    thinkAgainHint:
      "Yanıtın hedeften önceki bölümünü de susturulmuş parçalar olmadan yeniden yazar. Bölüm aynı kalırsa yalnızca o parçalardan doğrudan gelen etki yok olur; yeniden yazılırsa bu bölüm üzerinden gelen etki de yok olur.",
    thinking: "Yeniden yazılıyor",
    again: (change, said, changed) =>
      ended(`Yeniden düşününce hedef ${change}${saying({ words: said, changed })}`),
    control: (change) =>
      `Bu, hiçbir şey susturulmadan yeniden yazmanın etkisine ek bir değişimdir: yalnızca yeniden yazınca hedef ${change}.`,
    wrote: "Bunun yerine ne yazdı",
    wroteNothing: "Hedeften önce hiçbir şey yazmadı.",
    fromTo: (before, after) => `${before} → ${after}`,
    generate: "Bu olmadan üret",
    generateMany: "Bunlar olmadan üret",
    unmuteAll: "Hepsinin sesini aç",
    responseOnly:
      "Yanıtın parçaları yalnızca ölçmek için susturulabilir; yeni bir yanıt üretilirken istemin parçaları dışarıda bırakılır.",
  },
  cost: {
    about: ({ answers, expense, runs, seconds }) => {
      if (expense) return `en çok ${expenseOf(expense)}`;
      if (answers != null) return count(answers, "yanıt");
      const times = count(Math.ceil(runs), "çalıştırma");
      if (seconds == null) return times;
      if (seconds < 1) return "1 sn’den az";
      return runs < FEW_RUNS ? timeOf(seconds) : `${timeOf(seconds)}, ${times}`;
    },
    method: (label, cost) => `${label} · ${cost}`,
    short: shortExpense,
    takes: (expense) => `Gereken: en çok ${expenseOf(expense)}.`,
    muting: (expense) => `Susturmak için gereken: en çok ${expenseOf(expense)}.`,
    described: (description, expense) => `${description} En çok ${expenseOf(expense)}.`,
  },
  coarse: {
    label: "Kabadan inceye",
    hint: (budget) =>
      `Önce büyük parçalara bakar, yalnızca etkili olanları böler: en fazla ${count(budget, "parça")} ölçülür`,
    custom: "Özel parçalar için başlanacak daha kaba bir düzey yok.",
    tokens: (method) =>
      `${method} her token için puanı tek seferde verir, bu yüzden kabadan inceye gitmek bir şey kazandırmaz.`,
  },
  compareMethods: {
    label: "Şununla karşılaştır",
    on: "Karşılaştırılıyor",
    choose: "Yok",
    leave: "Karşılaştırmayı bitir",
    text: (method) => `İstem ve yanıt, yöntem: ${method}`,
  },
  contrast: {
    title: "Neden başka bir şey değil?",
    offer: (word) => `Neden “${word}” değil?`,
    offerInstead: (word, instead) => `Neden “${word}” değil de “${instead}”?`,
    field: "Başka bir yanıt",
    placeholder: "Başka bir yanıt yazın",
    apply: "Sor",
    remove: "Karşıt olmadan sor",
    question: "Açıklanan: neden hedef, neden şu değil:",
    probabilities: "İkisinin ayrı ayrı ne kadar olası olduğu",
    target: "Hedef",
    foil: "Karşıt",
    logProb: (logProb) => `${logProb} nat`,
  },
  trust: {
    title: "Bu haritaya güvenebilir misiniz?",
    check: "Bu haritayı sına",
    again: "Bu haritayı da sına",
    about:
      "Parçaları hem haritanın sırasıyla hem rastgele sıralarla çıkarıp sonuçları karşılaştırır.",
    cost: (cost) => `Gereken: ${cost}.`,
    checking: "Sınanıyor",
    changed: "Bu sınamadan sonra sınanacak olan değişti.",
    keep: "Soruyu yerinde bırak",
    keepHint:
      "İstemin son paragrafını hiçbir zaman çıkarmaz: soru olmadan yanıtlanacak bir şey kalmaz.",
    kept: "Soru yerinde bırakıldı.",
    verdicts: {
      holds: "Sağlam",
      weak: "Zayıf",
      chance: "Şanstan iyi değil",
    },
    evidence: "Kanıtlar",
    curves: "Eğriler",
    deletion: "Çıkarılınca",
    insertion: "Yalnız bırakılınca",
    tokens: "Token sayısına göre",
    chart: {
      deletion: "En etkili parçalar çıkarılınca hedefin kaybettiği nat",
      insertion: "Yalnızca en etkili parçalar kalınca hedefin kaybettiği nat",
      tokens:
        "Çıkarılan token sayısına göre hedefin kaybettiği nat: uzun parçalar burada bir şey kazanmaz",
    },
    lost: "kaybedilen nat",
    parts: { deletion: "çıkarılan parça", insertion: "kalan parça", tokens: "çıkarılan token" },
    lines: { map: "Bu harita", exact: "Tek tek", random: "Rastgele" },
    described: (map, random) =>
      `Son noktada bu haritanın kaybı ${map} nat, ortanca rastgele sıranın kaybı ${random} nat.`,
    figures: "Bu haritanın ve rastgele sıraların değerleri",
    map: "Bu harita",
    random: "Rastgele",
    comprehensiveness: "Kapsayıcılık",
    comprehensivenessHint:
      "En etkili parçalar çıkarıldıkça kaybedilen ortalama nat: ne kadar çoksa o kadar iyi",
    sufficiency: "Yeterlilik",
    sufficiencyHint:
      "Yalnızca en etkili parçalar kalmışken kaybedilen ortalama nat: ne kadar azsa o kadar iyi",
    percentile: (percent, byToken) =>
      `Geride bıraktığı rastgele sıraların oranı: ${percent}${byToken === null ? "" : `; çıkarılan token sayısına göre: ${byToken}`}.`,
  },
  agreement: {
    title: "Yöntemler uyuşuyor mu?",
    caption: "Sıra korelasyonu (Spearman): 1 aynı sıra, 0 hiçbir ortaklık yok demektir",
  },
};
