/** Words of the way from feedback to a principle. */
import type { principle as english } from "../en/principle";

export const principle: typeof english = {
  open: "Görüşünüzden bir ilke oluştur",
  title: "İstem için bir ilke",
  about:
    "Bu yanıt hakkında ne düşündüğünüzü yazın. Model bundan genel bir kural taslağı çıkarır; taslağı istemin en üstüne koymadan önce değiştirebilirsiniz. İsterseniz ilkeyi kendiniz de yazabilirsiniz.",
  kind: "Ne söylüyorsunuz",
  kinds: {
    critique: "Yanlış olan",
    praise: "İyi olan",
    rewrite: "Daha iyi bir yanıt",
  },
  asked: {
    critique: "Yanıtta yanlış olan ne?",
    praise: "Yanıtta iyi olan ne?",
    rewrite: "Daha iyi bir yanıt nasıl olurdu?",
  },
  draft: (model: string) => `Taslağı ${model} yazsın`,
  drafting: "Taslak yazılıyor…",
  text: "İlke",
  poor: (problem: string) =>
    `Bu, büyük olasılıkla iyi bir ilke değil. ${problem} Değiştirin veya kendiniz bir ilke yazın.`,
  insert: "İstemin en üstüne koy",
  tryIt: "Izgarada dene",
  inserted: "İlke istemin en üstüne kondu.",
};
