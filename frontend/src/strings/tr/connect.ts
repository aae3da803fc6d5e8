/** Words of connecting to a server's model. */
import type { connect as english } from "../en/connect";

export const connect: typeof english = {
  open: "Uç noktaya bağlan…",
  title: "Uç noktaya bağlan",
  about:
    "Bir sunucunun çalıştırdığı model: vLLM, SGLang, llama.cpp veya sohbet eden başka bir sunucu. Ona bu tarayıcı değil Backlit sorar; bu yüzden localhost, Backlit’in çalıştığı makinedir.",
  only: (origins: readonly string[]) =>
    `Şu sunucunun başka bir modeli: ${origins.join(" veya ")}. Başka sunucular için Backlit’i --allow-endpoints ile başlatın.`,
  url: "Adres",
  example: "Örneğin http://127.0.0.1:8080",
  model: "Model",
  modelHint: "Sunucuda tek model varsa boş bırakın.",
  keys: "Anahtar buraya yazılmaz: Backlit’i --api-key-env AD@URL ile başlatın.",
  start: "Bağlan",
  running: "Sunucunun neler yapabildiği deneniyor…",
};
