"""What methods say of themselves, in Turkish: see `backlit.display.turkish`."""

from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "nats": "nat",
    "nats, to first order": "nat, birinci dereceden",
    "nats per unit of embedding": "gömme birimi başına nat",
    "relevance, not nats": "ilgi payı, nat değil",
    "Follows the answer back through the model's attention to the tokens that it was read from. "
    "Quick and signed; the scores rank, they don't sum to anything.": (
        "Yanıtı, modelin dikkati boyunca, okunduğu tokenlere kadar geri izler. Hızlı ve "
        "işaretlidir; puanlar yalnızca sıralamak içindir, toplamlarının anlamı yoktur."
    ),
    "Follows the answer back to the tokens that it was read from, through all that they were "
    "multiplied with. Quick and signed; the scores rank, they don't sum to anything.": (
        "Yanıtı, çarpıldığı her şey boyunca, okunduğu tokenlere kadar geri izler. Hızlı ve "
        "işaretlidir; puanlar yalnızca sıralamak içindir, toplamlarının anlamı yoktur."
    ),
    "What the answer would lose if later tokens paid each token less attention, all from one "
    "backward pass. Quick and signed; an estimate of knockout.": (
        "Sonraki tokenler her tokene daha az dikkat verse yanıtın ne kaybedeceği, tek bir geri "
        "geçişle. Hızlı ve işaretlidir; Knockout için bir tahmin."
    ),
    "How strongly the answer reacts to a small nudge of each token. Quick, but it does not say in "
    "which direction.": (
        "Her tokenin küçük bir itilişine yanıtın ne kadar güçlü tepki verdiği. Hızlıdır, ama hangi "
        "yönde olduğunu söylemez."
    ),
    "A straight-line guess of what each token adds to the answer's log-probability. Quick and "
    "signed, but rough where the model bends.": (
        "Her tokenin yanıtın log-olasılığına kattığının doğrusal tahmini. Hızlı ve işaretlidir, "
        "ama modelin büküldüğü yerde kabadır."
    ),
    "Adds up what each token contributes while the prompt fades in. The scores sum to the answer's "
    "gain over the faded prompt, and it says by how much they miss.": (
        "İstem yavaş yavaş belirirken her tokenin katkısını toplar. Puanlar, soluk isteme göre "
        "yanıtın kazancını verir; ne kadar saptıkları da belirtilir."
    ),
    "Takes each segment away in turn and measures how much log-probability the target loses. "
    "Slower; it measures, where gradients estimate.": (
        "Her parçayı sırayla çıkarır ve hedefin ne kadar log-olasılık kaybettiğini ölçer. Daha "
        "yavaştır; gradyanlar tahmin eder, bu ölçer."
    ),
    "Hides each segment in turn from everything behind it and measures what the answer loses. Like "
    "occlusion, but all else stays in its place.": (
        "Her parçayı sırayla, arkasındaki her şeyden gizler ve yanıtın ne kaybettiğini ölçer. "
        "Occlusion gibidir, ama geri kalan her şey yerinde durur."
    ),
    "Takes half of the segments away at random, many times, and looks for the few that explain "
    "what happens. Says how well they do on ablations it did not learn from.": (
        "Parçaların rastgele yarısını birçok kez çıkarır ve olanı açıklayan birkaçını arar. "
        "Öğrenmede kullanılmayan çıkarmalarda ne kadar başarılı olduklarını da söyler."
    ),
    "Takes random sets of segments away and fits a straight line to what happens, small changes "
    "counting most.": (
        "Rastgele parça kümelerini çıkarır ve olana bir doğru uydurur; küçük değişiklikler en çok "
        "sayılır."
    ),
    "Shares out, fairly, what the whole prompt adds to the answer's log-probability. The scores "
    "sum to it. Slow; it sees segments that stand in for each other.": (
        "Bütün istemin yanıtın log-olasılığına kattığını adilce paylaştırır; puanların toplamı "
        "budur. Yavaştır; birbirinin yerini tutan parçaları görür."
    ),
    "This project; shares of a product as Sundararajan et al. 2017, arXiv:1703.01365, has them; "
    "compare GIM (Edin et al. 2025, arXiv:2505.17630) and AttnLRP (Achtibat et al. 2024, "
    "arXiv:2402.05602)": (
        "Bu proje; bir çarpımın payları Sundararajan vd. 2017, arXiv:1703.01365 gibi; "
        "karşılaştırın: GIM (Edin vd. 2025, arXiv:2505.17630), AttnLRP (Achtibat vd. 2024, "
        "arXiv:2402.05602)"
    ),
    "This project; compare attention knockout (Geva et al. 2023, arXiv:2304.14767), AtMan "
    "(Deiseroth et al. 2023, arXiv:2301.08110) and attribution patching (Syed et al. 2023, "
    "arXiv:2310.10348)": (
        "Bu proje; karşılaştırın: attention knockout (Geva vd. 2023, arXiv:2304.14767), AtMan "
        "(Deiseroth vd. 2023, arXiv:2301.08110), attribution patching (Syed vd. 2023, "
        "arXiv:2310.10348)"
    ),
    "Baseline": "Başlangıç",
    "Where the path begins: the prompt's own embeddings, faded; zero; the vocabulary's mean; or a "
    "token of your choice.": (
        "Yolun başladığı yer: istemin kendi gömmeleri, soluk (faded); sıfır (zero); sözlüğün "
        "ortalaması (mean); ya da seçtiğiniz bir token."
    ),
    "Faded to": "Solma oranı",
    "For the faded baseline: the share of each embedding that is left. Below about 0.03 "
    "normalization layers make the path singular.": (
        "Soluk başlangıç için: her gömmeden kalan pay. Yaklaşık 0,03’ün altında normalleştirme "
        "katmanları yolu tekil kılar."
    ),
    "Baseline token": "Başlangıç tokeni",
    "For the token baseline: the text of one token.": "Token başlangıcı için: bir tokenin metni.",
    "Tolerance": "Hata payı",
    "Stop when the scores miss the true difference by less than this share of it.": (
        "Puanların gerçek farktan sapması bu payın altına inince durulur."
    ),
    "Most steps": "En fazla adım",
    "Gradients computed at most.": "Hesaplanacak gradyan sayısının üst sınırı.",
    "Replacement": "Yerine konan",
    "Text to put in a segment's place; empty takes it away.": (
        "Parçanın yerine konacak metin; boşsa parça çıkarılır."
    ),
    "Samples": "Örneklem",
    "How many altered prompts are run: more is slower and surer.": (
        "Kaç değiştirilmiş istem çalıştırılacağı: sayı arttıkça daha yavaş, ama daha kesin olur."
    ),
    "Seed": "Tohum",
    "Another seed runs other altered prompts.": (
        "Başka bir tohum, başka değiştirilmiş istemler çalıştırır."
    ),
    "Kernel width": "Çekirdek genişliği",
    "How far an ablation may be from the whole prompt and still count.": (
        "Bir denemenin bütün istemden ne kadar uzak olup yine de sayılabileceği."
    ),
    "In {missed} of {all} layers, what takes the place of attention can't be reached: there the "
    "gradient is the plain one.": (
        "{all} katmanın {missed} tanesinde dikkatin yerini tutan şeye ulaşılamıyor: orada gradyan "
        "düz gradyandır."
    ),
    "Integrated Gradients did not converge: after {steps} steps the pieces of the path miss "
    "{missed} nats of a change of {total}. Don't rely on small differences; raise the steps, or "
    "use the faded baseline.": (
        "Integrated Gradients yakınsamadı: {steps} adımdan sonra yolun parçaları, {total} natlık "
        "değişimin {missed} kadarını kaçırıyor. Küçük farklara güvenmeyin; adımları artırın ya da "
        "soluk (faded) başlangıcı kullanın."
    ),
    "There are {segments} segments but only {samples} samples: the scores are guesses. Raise the "
    "samples, or use larger segments.": (
        "{segments} parçaya karşı yalnızca {samples} örneklem var: puanlar birer tahmin. "
        "Örneklemleri artırın ya da daha büyük parçalar kullanın."
    ),
    "There are {segments} segments to share {samples} samples: look at the standard errors, raise "
    "the samples, or use larger segments.": (
        "{samples} örneklemi paylaşan {segments} parça var: standart hatalara bakın, örneklemleri "
        "artırın ya da daha büyük parçalar kullanın."
    ),
    "the target": "hedef",
    "the target or the foil": "hedef ya da karşıt",
    "After {bounded} of {altered} altered prompts, {who} was not among the likeliest tokens that "
    "the server tells.": (
        "{altered} değiştirilmiş istemin {bounded} tanesinden sonra {who}, sunucunun bildirdiği en "
        "olası token’lar arasında değildi."
    ),
    "A bound was taken, so the scores are rough.": "Yerine bir sınır alındı; puanlar kaba.",
    "A bound was taken, which the sign before a score tells.": (
        "Yerine bir sınır alındı; puanın önündeki işaret bunu gösteriyor."
    ),
    "Its bound was taken, so those parts may support it more than is shown.": (
        "Yerine sınırı alındı; o parçalar hedefi gösterilenden daha çok destekliyor olabilir."
    ),
    "The errors may hold only a part of the noise of each share.": (
        "Hatalar, payların kendi rastlantısının yalnızca bir bölümünü içeriyor olabilir."
    ),
    "On ablations it did not learn from, the model explains {share} of what happens.": (
        "Öğrenmede kullanılmayan çıkarmalarda modelin olandan açıkladığı pay: {share}."
    ),
    "On ablations it did not learn from, the model explains only {share} of what happens, so the "
    "scores are rough. More samples may help.": (
        "Öğrenmede kullanılmayan çıkarmalarda modelin olandan açıkladığı pay yalnızca {share}; "
        "puanlar bu yüzden kaba. Daha çok örneklem işe yarayabilir."
    ),
}
