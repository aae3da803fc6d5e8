"""Sentences of what holds on average, in Turkish; see `turkish`."""

from collections.abc import Mapping

AVERAGES: Mapping[str, str] = {
    "What holds on average: {data}, {model}": "Ortalamada ne geçerli: {data}, {model}",
    "An effect is a mean over rows ({unit}), with the interval in which 95% of means lie when "
    "rows are drawn anew {draws} times.": (
        "Etki, kayıtlar üzerinden ortalamadır ({unit}); aralık, kayıtlar {draws} kez yeniden "
        "çekildiğinde ortalamaların %95’inin düştüğü yerdir."
    ),
    "Chance is where 95% of means lie if each row's scores are dealt out at random among its "
    "parts.": (
        "Şans, her kaydın puanları kendi parçalarına rastgele dağıtıldığında ortalamaların "
        "%95’inin düştüğü yerdir."
    ),
    "{parts} were looked at together, so p-values are corrected (Holm): a part stands out if "
    "its corrected p-value is under {level} and its interval does not hold 0.": (
        "{parts} birlikte incelendi, bu yüzden p değerleri düzeltildi (Holm): bir parça, "
        "düzeltilmiş p değeri {level} altındaysa ve aralığı 0 değerini içermiyorsa öne çıkar."
    ),
    "The method has no sign: larger mattered more, for the target or against it.": (
        "Yöntemin işareti yok: büyük olan, hedef yönünde ya da karşı yönde, daha etkilidir."
    ),
    "Of fewer than {few} rows, intervals are too narrow.": (
        "Kayıt sayısı {few} değerinden azsa aralıklar fazla dardır."
    ),
    "Some scores are bounds, as the server tells no more, and so are the means that have "
    "a sign before them: their intervals are those of the bounds.": (
        "Sunucu daha fazlasını bildirmediği için bazı puanlar yalnızca sınırdır; önünde işaret "
        "olan ortalamalar da öyle: aralıkları bu sınırların aralıklarıdır."
    ),
    "What a part scores is the sum of what its pieces score; together they may do more or less.": (
        "Bir parçanın puanı, içindekilerin puanlarının toplamıdır; birlikte etkileri daha çok ya "
        "da daha az olabilir."
    ),
    "What has several lines counts as the line that it begins in.": (
        "Birden çok satır tutan bir parça, başladığı satırdan sayılır."
    ),
    "What an answer says before the target is left out.": (
        "Yanıtın hedeften önce söyledikleri dışarıda bırakıldı."
    ),
    "The template's last line asks; sentences do not name it.": (
        "Şablonun son satırı sorudur; cümlelerde anılmaz."
    ),
    "one row alone has a map, which tells nothing of others": (
        "yalnızca bir kaydın haritası var; bu, başkaları için bir şey söylemez"
    ),
    "without it the target is {change} ({nats}; {rows})": (
        "o olmadan hedef {change} ({nats}; {rows})"
    ),
    "its mean is {value} ({interval}; {unit}; {rows})": (
        "ortalaması {value} ({interval}; {unit}; {rows})"
    ),
    "{told}, but the other way round in {rows} ({names})": (
        "{told}, ama {rows} için tersi ({names})"
    ),
    "none of its parts speaks for the target more than by chance; {name} speaks against it: "
    "{loses}": (
        "parçalarından hiçbiri hedefi şanstan daha çok desteklemiyor; hedefe karşı olan {name}: "
        "{loses}"
    ),
    "none of {parts} stands out from a random order": (
        "{parts} arasından hiçbiri rastgele bir sıradan öne çıkmıyor"
    ),
    "; {name} stands out, too": "; öne çıkan bir başkası: {name}",
    "; {names} stand out, too": "; öne çıkan başkaları: {names}",
    "; {names} and {count} more stand out, too": (
        "; öne çıkan başkaları: {names} ve {count} parça daha"
    ),
    "as often as with {first} ({interval})": "“{first}” ile aynı sıklıkta ({interval})",
    "{change} than with {first} ({interval})": (
        "“{first}” ile karşılaştırınca {change} ({interval})"
    ),
    "no map of {count} of {of} runs ({unmatched} without such words, {failed} failed)": (
        "{of} çalıştırmadan {count} tanesinin haritası yok (böyle sözcükleri olmayan: {unmatched}, "
        "başarısız: {failed})"
    ),
    "checked, {holds} of {of} maps hold up, {weak} are weak, {chance} no better than chance": (
        "sınandı: {of} haritadan {holds} tanesi sağlam, {weak} tanesi zayıf, {chance} tanesi "
        "şanstan iyi değil"
    ),
    "{low} to {high}": "{low} ile {high} arası",
    "all other lines": "diğer bütün satırlar",
    "all rows": "bütün kayıtlar",
    "percentage points": "yüzde puan",
    "effect": "etki",
    "by chance": "şans eseri",
    "rows": "kayıtlar",
    "row": "kayıt",
    "opposite": "ters yönde",
    "text": "metin",
    "variant": "varyant",
    "runs": "çalıştırmalar",
    "maps": "haritalar",
    "without such words": "böyle sözcükler yok",
    "failed": "başarısız",
    "Not checked: {why}": "Sınanmadı: {why}",
    "The first part was not taken away: {why}": "İlk parça çıkarılmadı: {why}",
    "answers": "yanıtlar",
    "points more than with the first": "ilkinden kaç puan çok",
    "stands out, 95%": "öne çıkıyor, %95",
    "Effects of the parts, beside chance": "Parçaların etkileri, şansın yanında",
}
