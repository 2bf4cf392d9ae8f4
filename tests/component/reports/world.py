"""Layouts in Russian, Arabic and Japanese: other letters, other digits, other words for noon."""

from __future__ import annotations

from tests.component.reports import write
from tests.component.reports.case import Case, Figures, table, text

RUSSIAN = """
Дата;Сотрудник;Клиент;Проект;Часы;Ставка;Сумма
02.03.2026;Иван Пример;Маяк;Лампа;2,5;600,00 ₽;1 500,00 ₽
15.03.2026;Иван Пример;Маяк;Лампа;0,25;600,00 ₽;150,00 ₽
Итого;;;;2,75;;1 650,00 ₽
"""

RUSSIAN_WORDS = """
Дата;Сотрудник;Проект;Начало;Окончание;Длительность
2 марта 2026;Иван Пример;Лампа;09:00;10:30;1:30
15 мая 2026;Иван Пример;Лампа;09:00;09:45;0:45
"""

ARABIC = """
التاريخ,الموظف,العميل,المشروع,وقت البدء,وقت الانتهاء,المدة
٠٢/٠٣/٢٠٢٦,سلمى مثال,المنارة,المصباح,٩:٠٠ ص,١١:٣٠ ص,٢:٣٠
٢٩/٠٣/٢٠٢٦,سلمى مثال,المنارة,المصباح,١:٠٠ م,٣:١٥ م,٢:١٥
"""

ARABIC_MARKED = """
\u200fالتاريخ;\u200fالموظف;\u200fالفئة;\u200fالمبلغ;\u200fالعملة
\u200f02/03/2026;سلمى مثال;طعام;12.50;AED
\u200f29/03/2026;سلمى مثال;وقود;100.00;AED
"""

JAPANESE = """
日付,氏名,顧客,案件,開始,終了,休憩,時間,備考
2026/03/02,見本 花子,灯台,ランプ,9:00,17:30,1:00,7:30,晴れ
2026/03/20,見本 花子,灯台,ランプ,13:00,14:15,0:00,1:15,
合計,,,,,,,8:45,
"""

JAPANESE_COSTS = """
日付,氏名,カテゴリ,金額,備考
2026年3月2日,見本 花子,交通費,"1,200円",電車
2026年3月21日,見本 花子,備品,"1,234,500円",
"""

JAPANESE_CLOCK = """
日付 | 氏名 | 案件 | 開始時刻 | 終了時刻 | 作業時間（分）
2026年3月2日 | 見本 花子 | ランプ | 午前9:00 | 午後0:30 | 210
2026年3月3日 | 見本 花子 | ランプ | 午後1:00 | 午後1:20 | 20
"""

WIDE = """
日付,氏名,案件,時間数
２０２６－０３－０２,見本 花子,ランプ,１．５０
２０２６－０３－０３,見本 花子,ランプ,２．２５
"""

CASES = [
    Case(
        name="roubles by their sign",
        kind="csv",
        language="ru",
        rows="time",
        unusual="UTF-8, blanks between thousands, a total row",
        data=text(RUSSIAN),
        figures=Figures(
            entries=2,
            seconds=9_900,
            first="2026-03-02",
            last="2026-03-15",
            people=("Иван Пример",),
            money={"RUB": "1650.00"},
        ),
    ),
    Case(
        name="names of months in the genitive",
        kind="csv",
        language="ru",
        rows="time",
        unusual="cp1251, settled by the words",
        data=text(RUSSIAN_WORDS, encoding="cp1251"),
        figures=Figures(entries=2, seconds=8_100, first="2026-03-02", last="2026-05-15", people=("Иван Пример",)),
    ),
    Case(
        name="Arabic digits",
        kind="csv",
        language="ar",
        rows="time",
        unusual="Arabic-Indic digits, ص and م for noon",
        data=text(ARABIC),
        figures=Figures(entries=2, seconds=17_100, first="2026-03-02", last="2026-03-29", people=("سلمى مثال",)),
    ),
    Case(
        name="right-to-left marks",
        kind="csv",
        language="ar",
        rows="expense",
        unusual="U+200F before dates and headers, cp1256",
        data=text(ARABIC_MARKED, encoding="cp1256"),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-29",
            people=("سلمى مثال",),
            money={"AED": "112.50"},
        ),
    ),
    Case(
        name="breaks and a total",
        kind="csv",
        language="ja",
        rows="time",
        unusual="Shift JIS, 時間 as h:mm, the break beside it",
        data=text(JAPANESE, encoding="shift_jis"),
        figures=Figures(entries=2, seconds=31_500, first="2026-03-02", last="2026-03-20", people=("見本 花子",)),
    ),
    Case(
        name="amounts in yen",
        kind="csv",
        language="ja",
        rows="expense",
        unusual="年月日, 円 behind the amount, the mark between thousands settled where it stands twice",
        data=text(JAPANESE_COSTS),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-21",
            people=("見本 花子",),
            money={"JPY": "1235700"},
        ),
    ),
    Case(
        name="noon in front",
        kind="html",
        language="ja",
        rows="time",
        unusual="午前 and 午後, minutes by the header",
        data=write.page(table(JAPANESE_CLOCK), encoding="utf-8"),
        figures=Figures(entries=2, seconds=13_800, first="2026-03-02", last="2026-03-03", people=("見本 花子",)),
    ),
    Case(
        name="full-width digits",
        kind="csv",
        language="ja",
        rows="time",
        unusual="digits, points and dashes of full width",
        data=text(WIDE),
        figures=Figures(entries=2, seconds=13_500, first="2026-03-02", last="2026-03-03", people=("見本 花子",)),
    ),
]
