/** Yanıt sayarak ölçülenin sözcükleri: yüzde puan olarak, hiçbir zaman nat değil. */
import type { en } from "../en";
import { number } from "./words";

export const counted: (typeof en)["counted"] = {
  label: "Ölçülen",
  measures: { log_prob: "Ne kadar olası", share: "Yanıtların payı" },
  hints: {
    log_prob: "Modelin hedefi ne kadar olası bulduğu, nat olarak",
    share:
      "Modelin yazdığı yanıtlardan kaçının hedefi söylediği: daha yavaştır, olasılık bildirmeyen modellerde de çalışır",
  },
  samples: "Yanıt sayısı",
  samplesHint:
    "Değiştirilen her istemden sonra kaç yanıt yazılacağı: arttıkça yavaşlar, kesinlik artar",
  pattern: "eşleşmesi gereken",
  patternHint:
    "Sayılması için yanıtın eşleşmesi gereken düzenli ifade. Boş bırakılırsa yanıtta hedefin sözcükleri aranır.",
  words: "hedefin sözcükleri",
  points: "yüzde puan",
  same: "böyle yanıtların payı aynı",
  lower: (points) => `böyle yanıtların payı ${points} puan daha düşük`,
  higher: (points) => `böyle yanıtların payı ${points} puan daha yüksek`,
  alone: (change) => `Bu parça olmadan ${change}`,
  together: (ranks, change, sure) =>
    `${ranks.slice(0, -1).join(", ")} ve ${ranks.at(-1)} numaralı parçalar olmadan ${change}${
      sure ? ". Birbirlerinin yerini tutuyor olabilirler." : "; şans da bunu yapabilir."
    }`,
  of: (right, of) => `${number(of)} yanıttan ${number(right)} tanesi`,
  between: (low, high) => `${low} ile ${high} arası`,
  saying: "Bunu söyleyen yanıtlar",
  matching: (pattern) => `${pattern} ile eşleşen yanıtlar`,
  score: (score, low, high) => `Puan ${score}; %95 güvenle ${low} ile ${high} arası`,
  chance: "; bu yüzden şans eseri olabilir",
  hollow: "İçi boş çubuklar şans eseri olabilir: aralıkları 0 değerini içeriyor.",
  mayBeChance: "Şans eseri olabilir: bu puanın aralığı 0 değerini içeriyor",
  counting: "Yanıtlar sayılıyor",
  before: (share) => `Her şey yerindeyken: ${share}`,
  after: (n, share) => `${n === 1 ? "Bu" : "Bunlar"} olmadan: ${share}`,
  saidWithout: (n) =>
    n === 1 ? "Bu olmadan verilen bazı yanıtlar" : "Bunlar olmadan verilen bazı yanıtlar",
  saidNothing: "(hiçbir şey)",
  difference: (low, high) => `Fark ${low} ile ${high} puan arası`,
  chart: {
    deletion: "En etkili parçalar çıkarılınca yanıtların payının kaybettiği yüzde puan",
    insertion: "Yalnızca en etkili parçalar kalınca yanıtların payının kaybettiği yüzde puan",
    tokens:
      "Çıkarılan token sayısına göre yanıtların payının kaybettiği yüzde puan: uzun parçalar burada bir şey kazanmaz",
  },
  lost: "kaybedilen puan",
  described: (map, random) =>
    `Son noktada bu haritanın kaybı ${map} yüzde puan, ortanca rastgele sıranın kaybı ${random}.`,
  comprehensivenessHint:
    "En etkili parçalar çıkarıldıkça kaybedilen ortalama yüzde puan: ne kadar çoksa o kadar iyi",
  sufficiencyHint:
    "Yalnızca en etkili parçalar kalmışken kaybedilen ortalama yüzde puan: ne kadar azsa o kadar iyi",
};
