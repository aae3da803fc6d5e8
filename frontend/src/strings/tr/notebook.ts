/** Words of a notebook's cell. */
import type { notebook as englishNotebook, tab as englishTab } from "../en/notebook";

export const notebook: typeof englishNotebook = {
  waiting: "Çalışan hücrenin bitmesi bekleniyor.",
  waitingHint:
    "Çekirdek henüz yanıt vermedi. Hücre bitince devam eder; çalışan bir hücre yoksa bu hücreyi yeniden çalıştırın.",
  olderHint: (version: number) =>
    `ipykernel ${version}, bir hücre çalışırken yanıt vermez; hücre bitince devam eder. ipykernel 7 veya daha yenisi ile beklemek gerekmez.`,
  gone: "Bu aracın arkasında bir çekirdek yok.",
  goneHint:
    "Son bulunanlar görünüyor, ama yalnızca okuyabilirsiniz. Devam etmek için hücreyi yeniden çalıştırın.",
};

export const tab: typeof englishTab = {
  asking:
    "Adres çekirdeğe soruluyor. Bu yazı kaybolmazsa çekirdek artık yok demektir: hücreyi yeniden çalıştırın.",
  open: "Backlit’i yeni bir sekmede aç",
  blocked: "Tarayıcı sekmeyi engelledi; bağlantıya tıklayınca açılır.",
  elsewhere: (host: string, port: string) =>
    `Bu not defterinin çekirdeği başka bir makinede çalışıyor (${host}); bağlantının açılması için portunu yönlendirmek gerekir. Önce ssh -L ${port}:127.0.0.1:${port} ${host} komutunu çalıştırın, sonra bağlantıyı açın. Ya da render() ile sayfayı burada gösterin.`,
};
