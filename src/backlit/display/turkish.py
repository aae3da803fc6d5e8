"""Sentences in Turkish, by those in English.

No ending is put on a value, as its vowels would have to follow it: what differs from case to case
stands behind a colon, in brackets, or before a word of its own.
"""

from collections.abc import Mapping

from backlit.display.turkish_methods import METHODS

FIGURES: Mapping[str, str] = {
    "token": "token",
    "word": "sözcük",
    "sentence": "cümle",
    "line": "satır",
    "paragraph": "paragraf",
    "part": "parça",
    "segment": "parça",
    "message": "mesaj",
    "character": "karakter",
    "run": "çalıştırma",
    "about as likely as before": "yaklaşık aynı olasılıkta",
    "{times} times less likely": "{times} kat daha düşük olasılıklı",
    "{times} times more likely": "{times} kat daha yüksek olasılıklı",
    "at least {change}": "en az {change}",
    "at most {change}": "en çok {change}",
    "roughly {change}": "kabaca {change}",
    "no different": "aynı",
    "{points} percentage points lower": "{points} yüzde puan daha düşük",
    "{points} percentage points higher": "{points} yüzde puan daha yüksek",
    "{value} nats": "{value} nat",
    "{value} nats, {low} to {high}": "{value} nat, {low} ile {high} arası",
    "under 1%": "%1’den az",
    "against it, {size}": "karşı yönde {size}",
    " and ": " ve ",
}

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

CHECKED: Mapping[str, str] = {
    "the top {parts}": "en üstteki {parts}",
    "{what}, some of them the answer's own,": "{what} (bazıları yanıtın kendisinden)",
    "{count} random {unit}": "rastgele {count} {unit}",
    "After {count} of the prompts that were tried the server tells only a bound, so another "
    "verdict could be right.": (
        "Denenen istemlerin {count} tanesinden sonra sunucu yalnızca bir sınır bildiriyor; başka "
        "bir hüküm doğru olabilir."
    ),
    "{unit} in this order": "bu sırayla {unit} {unit}",
    "{change} against the foil": "karşıta göre {change}",
    "Taking away {what} makes {answer} {change}; {random}, {by_chance}{conclusion}": (
        "Haritada {what} çıkarılınca {answer} {change}; {random} çıkarılınca "
        "{by_chance}{conclusion}"
    ),
    ": this map holds up.": ": bu harita sağlam.",
    ": better than most random orders, but not by enough to rely on.": (
        ": çoğu rastgele sıradan iyi, ama güvenilecek kadar değil."
    ),
    ": no better than chance, don't rely on it.": ": şanstan iyi değil, buna güvenmeyin.",
    "; but the rest of the order does too little better than chance to rely on it.": (
        "; ama sıranın geri kalanı, güvenilecek kadar iyi değil."
    ),
    "Taking away {what} costs more than by chance in {beaten} of {run} tries: {guess}. Of all "
    "tries it may be {low} to {high}.": (
        "Haritada {what} çıkarılınca kayıp, {run} denemeden {beaten} tanesinde rastgele "
        "sıradakinden fazla: {guess}. Tüm denemelerde oran {low} ile {high} arası olabilir."
    ),
    "so far {guess}": "şimdilik {guess}",
    "this map holds up": "bu harita sağlam",
    "better than most, but not by enough to rely on": "çoğundan iyi, ama güvenilecek kadar değil",
    "no better than chance": "şanstan iyi değil",
}

COMPARED: Mapping[str, str] = {
    "Given the same prompt": "Aynı istemle",
    "Given the same prompt again": "Aynı istemle yeniden",
    "With another prompt": "Başka bir istemle",
    "With the prompt as a chat": "İstem sohbet olunca",
    "With the chat as text": "Sohbet düz metin olunca",
    "With all its parts": "Bütün parçalarıyla",
    "Without {parts}": "{parts} olmadan",
    "By {method} rather than {other}": "{other} yerine {method} ile",
    "With {messages} added": "{messages} eklenince",
    "With {messages} removed": "{messages} çıkarılınca",
    "With {messages} changed": "{messages} değişince",
    "With message {number} changed to {words}": "{number}. mesaj {words} olunca",
    "With {count} changes to the prompt": "İstemdeki {count} değişiklikle",
    "With other blanks at the ends of lines": "Satır sonlarındaki boşluklar değişince",
    "Without line {number}, {words}": "{number}. satır ({words}) olmadan",
    "Without {lines}": "{lines} olmadan",
    "With {lines} added": "{lines} eklenince",
    "With {words} added as line {number}": "{number}. satır olarak {words} eklenince",
    "With line {number} changed to {words}": "{number}. satır {words} olunca",
    "With line {number} changed": "{number}. satır değişince",
    "With lines {first} to {last} changed": "{first}-{last}. satırlar değişince",
    "a blank line": "boş satır",
    "the model": "model",
    "model {number}": "{number}. model",
    "a model": "bir model",
    "{who} says nothing": "{who} hiçbir şey demiyor",
    "{who} still says nothing": "{who} yine hiçbir şey demiyor",
    "{who} says {words}": "{who} {words} diyor",
    "{who} still says {words}": "{who} yine {words} diyor",
    "that is {change}": "bu {change}",
    "its old answer is {change}": "eski yanıtı {change}",
    "{name}{comma} still matters most": "{name}{comma} hâlâ en önemlisi",
    "{name}{comma} now matters most": "{name}{comma} artık en önemlisi",
    "{runs} compared: {about}": "{runs} karşılaştırıldı: {about}",
    "What led to {about}": "Buna ne yol açtı: {about}",
    "An answer: {about}": "Bir yanıt: {about}",
    "prompt {number}": "{number}. istem",
    "answer {number}": "{number}. yanıt",
    "log p, nats": "log p, nat",
    "unknown": "bilinmiyor",
    "score": "puan",
    "Left out: {parts}.": "Dışarıda bırakılanlar: {parts}.",
    "the words of the prompt": "istemin sözcükleri",
    "how it was asked to write": "üretim ayarları",
    "whether the maps hold up": "haritanın sağlam olup olmadığı",
}

TRIED: Mapping[str, str] = {
    "line {number}": "{number}. satır",
    "message {message}, line {number}": "{message}. mesaj, {number}. satır",
    "no line {number}": "{number}. satırsız",
    "without line {number}, {words}": "{number}. satır olmadan, {words}",
    "no example {number}": "{number}. örneksiz",
    "without example {number}, {words}": "{number}. örnek olmadan, {words}",
    "order {order}": "sıra {order}",
    "examples in the order {order}": "örnekler şu sırayla: {order}",
    "{new} for {old}": "{old} yerine {new}",
    "line {number}: {words}": "{number}. satır: {words}",
    "line {number} changed to {words}": "{number}. satır şu oldu: {words}",
    "principle {number}": "{number}. ilke",
    "with the principle {words}": "şu ilkeyle: {words}",
    "all principles": "bütün ilkeler",
    "with all principles": "bütün ilkelerle",
    "nothing was measured": "hiçbir şey ölçülmedi",
    "all answers are those of {first}": "bütün yanıtlar “{first}” yanıtlarıyla aynı",
    "1 of {of} answers is other than those of {first}": (
        "{of} yanıttan 1 tanesi “{first}” yanıtından farklı"
    ),
    "{count} of {of} answers are other than those of {first}": (
        "{of} yanıttan {count} tanesi “{first}” yanıtlarından farklı"
    ),
    "{find} is in {count} of {of} answers ({low} to {high} %)": (
        "{find}: {of} yanıttan {count} tanesinde var (%{low} ile %{high} arası)"
    ),
    "the fixed answer is {change} ({nats})": "sabit yanıt {change} ({nats})",
    "A score whose interval holds 0 may be chance.": (
        "Aralığı 0 değerini içeren bir puan şans eseri olabilir."
    ),
    "{told}, which may be chance": "{told}; bu şans eseri olabilir",
    "without it the answer is {change} ({nats})": "o olmadan yanıt {change} ({nats})",
    "{name} does the most: {loses}": "en çok iş gören {name}: {loses}",
    "of what is new, {name} does the most: {loses}": ("yenilerden en çok iş gören {name}: {loses}"),
    "of its new lines, none clearly makes the answer likelier": (
        "yeni satırlarından hiçbiri yanıtın olasılığını belirgin biçimde artırmıyor"
    ),
    "The model wrote next to nothing.": "Model neredeyse hiçbir şey yazmadı.",
    "It is no single short sentence.": "Tek bir kısa cümle değil.",
    "It says the same over and over.": "Aynı şeyi yineleyip duruyor.",
    "It is a question.": "Bir soru.",
    "It repeats {what}, where a rule for other questions is wanted.": (
        "Başka sorulara da uyan bir kural beklenirken şunu yineliyor: {what}."
    ),
    "It repeats an example that the model was shown.": "Modele gösterilen bir örneği yineliyor.",
    "the prompt": "istem",
    "the answer": "yanıt",
    "the feedback": "geri bildirim",
}

TURKISH: Mapping[str, str] = {**FIGURES, **FOUND, **CHECKED, **COMPARED, **TRIED, **METHODS}
