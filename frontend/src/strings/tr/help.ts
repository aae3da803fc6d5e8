/** Words of the help: how it is done, and which keys do what. */
import type { help as english } from "../en/help";

export const help: typeof english = {
  open: "Yardım",
  title: "Yardım",
  rows: [
    ["Ctrl/⌘ Enter", "Üret veya durdur"],
    ["1 – 6", "Ayrıntı düzeyi: token, sözcük, cümle, satır, paragraf, özel"],
    ["Tıklama", "Yanıtın bir parçasını hedef yap"],
    ["Shift + tıklama, sürükleme", "Hedefi genişlet"],
    ["← →", "Metinde parça parça ilerle"],
    ["Shift ← →", "Seçimi genişlet"],
    ["Home, End", "Yanıtın ilk ve son parçasına git"],
    ["Enter", "Seçimi hedef yap"],
    ["[ ]", "En güçlüsünden başlayarak etkileri dolaş"],
    ["M", "Parçayı sustur veya sesini aç"],
    ["E", "İstemi düzenle; Esc okumaya döndürür"],
    ["Ctrl/⌘ F", "Düzenlerken bul ve değiştir"],
    ["Ctrl/⌘ K", "Adını yazarak bir iş yap, bir örneğe veya çalıştırmaya git"],
    ["Esc", "Hedefi temizle"],
    ["?", "Bu yardım"],
  ],
  flow: "Yanıtın sizi şaşırtan parçasına tıklayın. Ona yol açanlar renklenir. Mavi onu destekler, turuncu ona karşı çıkar; bir parçanın gerçekte ne kadar önemli olduğunu görmek için onu susturun.",
};
