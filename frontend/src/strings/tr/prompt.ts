/** Words of the prompt, where it is written. */
import type { conversation as englishConversation, editor as englishEditor } from "../en/prompt";
import { count, number } from "./words";

export const editor: typeof englishEditor = {
  title: "İstem",
  text: "Metin",
  chat: "Sohbet",
  mode: "İstemin türü",
  placeholder: "Bir istem yazın veya yapıştırın. Model onu olduğu gibi alıp sürdürür.",
  messagePlaceholder: "Bu mesajda ne söyleniyor",
  message: (n: number) => `${n}. mesaj`,
  role: (n: number) => `${n}. mesajın rolü`,
  addMessage: "Mesaj ekle",
  removeMessage: (n: number) => `${n}. mesajı kaldır`,
  moveUp: (n: number) => `${n}. mesajı yukarı taşı`,
  moveDown: (n: number) => `${n}. mesajı aşağı taşı`,
  removed: (n: number) => `${n}. mesaj kaldırıldı.`,
  reverted: "Değişiklikleriniz eski hâline döndürüldü.",
  restored: "Değişikliklerinizin yerini o çalıştırmanın istemi aldı.",
  phrases: () => ({
    Find: "Bul",
    Replace: "Yerine",
    next: "sonraki",
    previous: "önceki",
    all: "hepsi",
    "match case": "büyük/küçük harf",
    regexp: "düzenli ifade",
    "by word": "tam sözcük",
    replace: "değiştir",
    "replace all": "hepsini değiştir",
    close: "kapat",
    "current match": "geçerli eşleşme",
    "on line": "satır",
    "replaced match on line $": "$. satırdaki eşleşme değiştirildi",
    "replaced $ matches": "$ eşleşme değiştirildi",
  }),
  undo: "Geri al",
  edit: "Düzenle",
  editAbout: "İstemi değiştir (E tuşu veya içine çift tıklama)",
  done: "Bitti",
  tokens: (n: number, most: number | null) =>
    most === null ? count(n, "token") : `${number(n)} / ${count(most, "token")}`,
  roles: { system: "Sistem", user: "Kullanıcı", assistant: "Asistan" },
  edited: "Düzenlendi",
  revert: "Eski hâline döndür",
  add: "Sakla",
  addAbout: "Düzenlenen istemi kendi örneğiniz olarak sakla",
  compare: "Değişiklikler",
  addedName: (id: string, n: number) => `${id}, düzenlenmiş${n > 1 ? ` ${n}` : ""}`,
  blankName: (n: number) => `istem ${n}`,
  noChat: (model: string) => `${model} için sohbet şablonu yok; bunun yerine metin kullanın.`,
  tooLong: (limit: number) =>
    `Bu çok uzun: bir istem en fazla ${count(limit, "karakter")} olabilir. Hiçbir şey değiştirilmedi.`,
};

export const conversation: typeof englishConversation = {
  open: "Konuşma yapıştır",
  about: "Başka bir yerde verilmiş bir yanıtı incele",
  title: "Konuşma yapıştır",
  hint: "Bir isteği veya isteğiyle birlikte bir yanıtı JSON olarak yapıştırın: mesajlar sohbet olur, asistanın son söylediği de yanıt olur.",
  placeholder:
    '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}',
  take: "Sohbet olarak göster",
  name: (n: number) => `konuşma ${n}`,
  none: "Burada bir konuşma yok. Her birinde “role” ve “content” bulunan mesajlar bekleniyor.",
  problems: {
    noQuestion: () =>
      "Burada bir yanıt var, ama ne sorulduğu yok. İsteğin mesajlarını da yapıştırın.",
    noMessage: (n) => `${n}. öğe bir mesaj değil: “role” ve “content” bulunmalı.`,
    notText: (n) =>
      `${n}. mesajda metinden başka şeyler de var (resim veya araç çağrısı gibi), bu yüzden incelenemiyor.`,
  },
  found: (messages: number, answered: boolean) =>
    `${count(messages, "mesaj")}${answered ? " ve bir yanıt" : ", henüz yanıtlanmamış"}.`,
  pasted: "Bir konuşma yapıştırdınız.",
};
