/** Words of runs beside each other. */
import type { comparing as englishComparing, views as englishViews } from "../en/compare";

export const views: typeof englishViews = {
  label: "Görünüm",
  names: {
    look: "Bakış",
    compare: "Karşılaştırma",
    grid: "Izgara",
    table: "Tablo",
    review: "İnceleme",
  },
  about: {
    look: "Tek bir yanıt ve ona yol açanlar",
    compare: "Yan yana çalıştırmalar: ne değişti ve bunun sonucu ne oldu",
    grid: "Bir istemin varyantları çeşitli kayıtlarda: hangi satırlar işe yaradı",
    table: "Veri kümelerinin tüm kayıtları: arayın, sıralayın, değiştirin",
    review: "Her çalıştırmada ne bulundu ve insanlar bu konuda ne düşünüyor",
  },
  loading: "Açılıyor…",
  failed: "Bu görünüm yüklenemedi.",
  failedHint: "Sunucunun hâlâ çalıştığından emin olun ve yeniden deneyin.",
};

export const comparing: typeof englishComparing = {
  title: "Karşılaştırma",
  none: "Listede, her birinin yanındaki simgeyle iki çalıştırma seçin; veya bir yanıta bakarken “Değişiklik dene” düğmesine basın.",
  one: "Bunun yanına koymak için listede başka bir çalıştırma seçin veya baktığınız çalıştırmada bir değişiklik deneyin.",
  add: "Baktığınızın yanına koy",
  addHere: "Ötekilerin yanına koy",
  take: "Buradan çıkar",
  not: (foil) => `karşıt: “${foil}”`,
  unread: "Bir çalıştırma",
  number: (n) => `${n}. çalıştırma`,
  putFirst: "Ötekileri bununla karşılaştır",
  look: "Bu çalıştırmayı incele",
  gone: "Bu çalıştırma artık burada değil veya başka bir çalışma alanında.",
  reading: "Çalıştırma okunuyor…",
  try: "Değişiklik dene",
  tryAbout: "Bu istemin bir kopyasını değiştirin, sonucunu bu yanıtın yanında görün",
  tryAnother: "Bunu sakla, başka bir tane dene",
  stop: "Denemeyi bitir",
  stopAbout: "Denemenin sonucu ötekilerin yanında kalır",
  yours: "Değişikliğiniz",
  hint: "Bu taraftaki istemi değiştirip “Üret” düğmesine basın: sonuç kendiliğinden karşılaştırılır.",
  measuring: "Her yanıtın her istemden sonra ne kadar olası olduğu ölçülüyor",
  measure: "Her yanıtın ne kadar olası olduğunu ölç",
  silent: (models) =>
    `${models} log olasılık bildirmiyor, bu yüzden yanıtların ne kadar olası olduğu ölçülemiyor: haritalardaki yanıt paylarını karşılaştırın veya ızgarada yanıtları sayın.`,
  modelsGone:
    "Bu yanıtları yazan modellerden hiçbiri şu anda burada değil, bu yüzden ne kadar olası oldukları ölçülemiyor.",
  matrix: "Her yanıtın her istemden sonra ne kadar olası olduğu",
  prompt: (n) => `${n}. istemden sonra`,
  answer: (n) => `${n}. yanıt`,
  nats: (text) => `${text} nat`,
  unknown: "Bilinmiyor: bunu başka bir modelin söylemesi gerekirdi veya metin sığmıyor",
  text: (side, run) => `${side}, ${run}`,
  top: "En etkili olanlar",
  noMap: "Bu yanıt hakkında bir şey sorulmadığı için haritası yok: yanıtın tümü karşılaştırılıyor.",
  shared: "Hepsi için tek ölçek",
  own: "Her birinin kendi ölçeği var: farklı yöntemlerle veya farklı birimlerle hazırlandılar",
  columns: "Yan yana çalıştırmalar",
};
