"""Sentences in Turkish about what was found: see `turkish`."""

from collections.abc import Mapping

FOUND: Mapping[str, str] = {
    "this answer": "bu yanıt",
    "this answer rather than “{foil}”": "“{foil}” karşısında bu yanıt",
    "{target} is {change}": "{target} {change}",
    "{effect}, but the model still says the same.": "{effect}; ama model yine aynısını söylüyor.",
    "{effect}, and the model still says the same.": "{effect}; model yine aynısını söylüyor.",
    "{effect}, and the model says {said} instead.": "{effect}; model bunun yerine {said} diyor.",
    "{effect}, and the model says nothing instead.": (
        "{effect}; model bunun yerine hiçbir şey demiyor."
    ),
    "{effect}, and the model says something else in {share} of samples.": (
        "{effect}; modelin başka bir şey söylediği örneklemlerin oranı {share}."
    ),
    "line {number}, {words}": "{number}. satır, {words}",
    "the {unit} {words}": "{words} ({unit})",
    "the answer’s own {unit} {words}": "{words} (yanıtın kendisinden, {unit})",
    "Mostly {needed}": "Büyük ölçüde {needed}",
    "Above all {needed}": "Her şeyden önce {needed}",
    "It needs {needed} most.": "En çok {needed} gerekiyor.",
    "It was read first of all from {read}, and needs {needed} most.": (
        "Yanıtın okunduğu başlıca yer {read}; en çok {needed} gerekiyor."
    ),
    "Without it, {effect}": "O olmadan {effect}",
    "Nothing stands out. Without the first part, {effect}": (
        "Öne çıkan bir şey yok. İlk parça olmadan {effect}"
    ),
    "No part alone, but {names} and {last}: each may cover for the other. Without them, {effect}": (
        "Tek bir parça değil, birlikte {names} ve {last}: biri ötekinin yerini tutabilir. Onlar "
        "olmadan {effect}"
    ),
    "Together {names} and {last}: what each does alone is known as a bound only. Without them, "
    "{effect}": (
        "Birlikte {names} ve {last}: her birinin tek başına ne yaptığı yalnızca sınır olarak "
        "biliniyor. Onlar olmadan {effect}"
    ),
    "Nothing stands out for sure: without some of the first {parts}, the server tells only a "
    "bound.": (
        "Kesin olarak öne çıkan bir şey yok: ilk {parts} arasından bazıları olmadan sunucu "
        "yalnızca bir sınır bildiriyor."
    ),
    "Nothing stands out: none of the first {parts}, taken away alone, makes {target} even 2 times "
    "less likely.": (
        "Öne çıkan bir şey yok: ilk {parts} tek tek çıkarıldığında {target} için olasılık yarıya "
        "bile inmiyor."
    ),
    "Nothing stands out: none of the first {parts}, taken away alone or together, makes {target} "
    "even 2 times less likely.": (
        "Öne çıkan bir şey yok: ilk {parts} tek tek ya da birlikte çıkarıldığında {target} için "
        "olasılık yarıya bile inmiyor."
    ),
    "Nothing stands out: none of the first {parts}, {how}, lowers {target} by more than "
    "chance may.": (
        "Öne çıkan bir şey yok: ilk {parts} {how} {target}, şansın yapabileceğinden fazla düşmüyor."
    ),
    "taken away alone": "tek tek çıkarıldığında",
    "taken away alone or together": "tek tek ya da birlikte çıkarıldığında",
    "{effect} ({low} to {high}).": "{effect} ({low} ile {high} arası).",
    "the share of answers with these words": "bu sözcükleri içeren yanıtların payı",
    "the share of such answers": "böyle yanıtların payı",
    "the share of answers that match": "eşleşen yanıtların payı",
    "Without {parts}, the share of such answers is {change} ({low} to {high}).": (
        "{parts} olmadan böyle yanıtların payı {change} ({low} ile {high} arası)."
    ),
    "Of the prompt, {found}": "İstem içinde {found}",
    "Of the answer so far, {found}": "Yanıtın buraya kadarki kısmında {found}",
    "Checked against random orders, the map holds up.": (
        "Rastgele sıralarla sınandığında harita sağlam çıkıyor."
    ),
    "Checked against random orders, the map is weak.": (
        "Rastgele sıralarla sınandığında harita zayıf kalıyor."
    ),
    "Checked against random orders, the map is no better than chance.": (
        "Rastgele sıralarla sınandığında harita şanstan iyi değil."
    ),
    "Without {parts}, the target is {change}": "{parts} olmadan hedef {change}",
    "Without {parts} together, the target is {change}": "{parts} birlikte yokken hedef {change}",
    "Once it writes what stands before the target anew, the target is {change}": (
        "Model hedeften öncesini yeniden yazınca hedef {change}"
    ),
    "Some of the scores are bounds, so the shares are rough.": (
        "Bazı puanlar yalnızca sınır olduğundan paylar kabadır."
    ),
    "Through the answer's own sentences came {share} of it.": (
        "Yanıtın kendi cümlelerinden gelen pay: {share}."
    ),
    "“{words}” -> the target ({direct}; through the answer {through})": (
        "“{words}” -> hedef ({direct}; yanıt üzerinden {through})"
    ),
    "{way} -> the target ({share})": "{way} -> hedef ({share})",
    "a character": "bir karakter",
    "Segment {rank} of the list holds {what} that can't be seen.": (
        "Listenin {rank}. parçasında görünmeyen {what} var."
    ),
    "They spell {reads}.": "Okunuşu: {reads}.",
    "{method} by coarse to fine": "{method}, kabadan inceye",
    "{method} by {unit}": "{method}, birim: {unit}",
    "custom": "özel",
    "larger mattered more": "büyük puanlar daha etkilidir",
    "positive supports the target": "artı puanlar hedefi destekler",
    "positive supports the target over the foil": "artı puanlar hedefi karşıta göre destekler",
    "{method}, share of answers": "{method}, yanıtların payı",
    "{sign}. {share}": "{sign}. {share}",
    "{share} of {samples} answers have these words": (
        "{samples} yanıtın {share} kadarında bu sözcükler var"
    ),
    "{share} of {samples} answers match {pattern}": (
        "{samples} yanıtın {share} kadarı {pattern} ile eşleşiyor"
    ),
    "Scores are percentage points of the share of answers: {said} with everything there "
    "({low} to {high})": (
        "Puanlar, yanıtların payından yüzde puandır: her şey yerindeyken {said} "
        "({low} ile {high} arası)"
    ),
    "With everything there, none of {samples} answers counts, so nothing can be lost: "
    "choose words that it says more often.": (
        "Her şey yerindeyken {samples} yanıttan hiçbiri sayılmıyor, yani kaybedilecek bir şey "
        "yok: modelin daha sık söylediği sözcükleri seçin."
    ),
    "In {cut} of {all} answers the model used up its {tokens} tokens before it answered; "
    "allow more: max_new_tokens, the longest answer.": (
        "{all} yanıttan {cut} tanesinde model, yanıtlamaya başlamadan {tokens} tokenlik sınırını "
        "doldurdu; daha fazlasına izin verin: max_new_tokens, en uzun yanıt."
    ),
    "The model takes no temperature: answers are drawn at its own.": (
        "Model sıcaklık kabul etmiyor: yanıtlar kendi sıcaklığıyla yazılıyor."
    ),
    "The model takes no seed, so draws do not repeat: made again, this map may differ by chance.": (
        "Model tohum kabul etmiyor, bu yüzden yanıtlar yinelenmiyor: yeniden yapılınca bu harita "
        "rastlantıyla farklı çıkabilir."
    ),
    "{sign}. log p(target) = {nats} nats": "{sign}. log p(hedef) = {nats} nat",
    ", log p(foil “{foil}”) = {nats} nats": ", log p(karşıt “{foil}”) = {nats} nat",
}
