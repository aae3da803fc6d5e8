/** Words of the tour. */
import type { tour as english } from "../en/tour";

export const tour: typeof english = {
  title: "Tanıtım turu",
  place: (n: number, of: number) => `${n} / ${of}`,
  steps: {
    generate: "“Üret” düğmesine basın: model isteme yanıt verir.",
    click: "Yanıtın sizi şaşırtan parçasına tıklayın: ona yol açanlar renklenir.",
    mute: "Listede yanındaki hoparlörle bir parçayı susturun ve gerçekte ne kadar önemli olduğunu görün.",
  },
  next: "İleri",
  done: "Bitir",
  skip: "Turu atla",
  take: "Tura başla",
};
