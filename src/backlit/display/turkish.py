"""Sentences in Turkish, by those in English.

No ending is put on a value, as its vowels would have to follow it: what differs from case to case
stands behind a colon, in brackets, or before a word of its own.
"""

from collections.abc import Mapping

from backlit.display.turkish_averages import AVERAGES
from backlit.display.turkish_found import FOUND
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

TURKISH: Mapping[str, str] = {
    **FIGURES,
    **FOUND,
    **CHECKED,
    **COMPARED,
    **TRIED,
    **METHODS,
    **AVERAGES,
}
