"""Names, places and sentences the generator draws from, by country.

A name outside the Latin alphabet is written ``name=romanised``: the second part makes addresses.
"""

import unicodedata
from typing import NamedTuple


class Locale(NamedTuple):
    code: str
    countries: tuple  # as code, in English, in its own language
    dial: str
    first: tuple
    last: tuple
    places: tuple  # (city, zip, state)
    streets: tuple
    suffixes: tuple
    notes: tuple


def _locale(code, countries, dial, first, last, places, streets, suffixes, notes):
    return Locale(
        code,
        tuple(countries.split("|")),
        dial,
        tuple(first.split()),
        tuple(last.split()),
        tuple(tuple(place.split(",")) for place in places.split("|")),
        tuple(streets.split("|")),
        tuple(suffixes.split("|")),
        tuple(notes.split("|")),
    )


LOCALES = (
    _locale(
        "us",
        "US|United States|USA",
        "+1",
        "Olivia Marcus Grace Theodore Naomi Caleb Harriet Wesley June Desmond Ruth Elliot",
        "Whitaker Delgado Okafor Brennan Castellano Hargrove Nguyen Prescott Lindqvist Abernathy",
        "Portland,97205,Oregon|Madison,53703,Wisconsin|Savannah,31401,Georgia|Tucson,85701,Arizona",
        "418 Maple Street|77 Harbor Avenue|1290 Kingsley Road|5 Old Mill Lane",
        "Inc.|LLC|& Co.",
        "Met at the trade show, wants a second quote before the summer.|"
        "Prefers a call in the morning.|Renewal is decided by the owner herself.",
    ),
    _locale(
        "gb",
        "GB|United Kingdom|UK",
        "+44",
        "Imogen Rupert Fiona Alistair Bronwen Callum Maeve Gareth Priya Oscar Edith Nigel",
        "Ashworth Blackwood Carrington Dunmore Ellery Fairfax Godwin Hollis O'Connor Penrose",
        "Bristol,BS1 4DJ,Avon|Leeds,LS1 5AB,West Yorkshire|York,YO1 7HH,North Yorkshire|"
        "Cardiff,CF10 1EP,South Glamorgan",
        "14 Station Road|2 The Green|83 Church Street|Unit 6, Canal Wharf",
        "Ltd|Limited|& Sons",
        "Asked for a trial machine; lives above the shop.|Pays within ten days, always.|"
        "Wants everything in one invoice.",
    ),
    _locale(
        "de",
        "DE|Germany|Deutschland",
        "+49",
        "Anke Björn Käthe Jürgen Sönke Friederike Götz Heike Lars Ute Matthias Bärbel",
        "Hagenström Köhler Weiß Brüggemann Lindner Sattler Öztürk Vogel Krämer Dörfler",
        "Hamburg,20095,Hamburg|Freiburg,79098,Baden-Württemberg|Köln,50667,Nordrhein-Westfalen|"
        "Görlitz,02826,Sachsen",
        "Große Elbstraße 12|Am Mühlbach 3a|Königsallee 88|Bäckergasse 5",
        "GmbH|GmbH & Co. KG|AG|e.K.",
        "Rückruf nach der Messe gewünscht.|Möchte die Mühle vor Weihnachten tauschen.|"
        "Entscheidet im Herbst über den Wartungsvertrag.",
    ),
    _locale(
        "fr",
        "FR|France|France",
        "+33",
        "Éloïse Théo Anaïs Benoît Camille Gaëlle Jérôme Léa Noémie Rémi Solène Yaël",
        "Lefèvre Dubois Garçon Béranger Moreau d'Aubigné Pélissier Roussel Chevalier Maréchal",
        "Lyon,69002,Rhône|Nantes,44000,Loire-Atlantique|Besançon,25000,Doubs|Nîmes,30000,Gard",
        "12 rue de la République|3 place du Marché|48 avenue Foch|7 impasse des Lilas",
        "SARL|SAS|et Fils",
        "À rappeler après les vacances d'été.|Souhaite une démonstration à l'atelier.|"
        "Très satisfait de la livraison, pense à un deuxième site.",
    ),
    _locale(
        "es",
        "ES|Spain|España",
        "+34",
        "Íñigo Lucía Álvaro Begoña Concepción Tomás Inés Rubén Nuria Joaquín Sofía Andrés",
        "Núñez Ibáñez Cortés Echeverría Gallardo Muñoz Peñalver Rodríguez Sáez Valdés",
        "Sevilla,41001,Sevilla|Bilbao,48001,Bizkaia|Valencia,46002,Valencia|León,24001,León",
        "Calle Mayor 21|Avenida de la Constitución 7|Plaza del Olivo 4|Paseo Marítimo 112",
        "S.L.|S.A.|Hermanos",
        "Llamar después de las tres.|Quiere comparar con el año pasado.|"
        "Está abriendo un segundo local en el centro.",
    ),
    _locale(
        "pl",
        "PL|Poland|Polska",
        "+48",
        "Łukasz Agnieszka Paweł Małgorzata Zbigniew Żaneta Grażyna Michał Świętosława Jacek",
        "Wójcik Dąbrowska Szczęsny Żuraw Kłos Łabędź Piątek Śliwa Gołąb Zięba",
        "Kraków,31-042,Małopolskie|Łódź,90-001,Łódzkie|Gdańsk,80-831,Pomorskie|"
        "Wrocław,50-101,Dolnośląskie",
        "ul. Świętego Ducha 14|ul. Piękna 3/7|al. Wolności 22|Rynek 9",
        "Sp. z o.o.|S.A.|Spółka",
        "Proszę dzwonić po południu.|Zainteresowany młynkiem, czeka na ofertę.|"
        "Umowę przedłuża co roku w styczniu.",
    ),
    _locale(
        "cz",
        "CZ|Czechia|Česko",
        "+420",
        "Řehoř Zdeňka Jiří Kateřina Ondřej Šárka Vojtěch Lenka Tomáš Blažena",
        "Dvořák Novotná Šimek Růžička Procházka Křížová Bartoš Němec Vlček Žižka",
        "Brno,602 00,Jihomoravský kraj|Olomouc,779 00,Olomoucký kraj|Plzeň,301 00,Plzeňský kraj",
        "Náměstí Míru 5|Dlouhá 18|Na Příkopě 31|Zelný trh 2",
        "s.r.o.|a.s.",
        "Zavolat v úterý dopoledne.|Řeší rekonstrukci kavárny.|Chce nabídku v češtině.",
    ),
    _locale(
        "se",
        "SE|Sweden|Sverige",
        "+46",
        "Åsa Göran Linnéa Håkan Märta Örjan Saga Torbjörn Elsa Nils",
        "Åkesson Bergström Sjöberg Öhman Lindqvist Hedlund Ekdahl Nyström Wallén Fälth",
        "Göteborg,411 03,Västra Götaland|Malmö,211 20,Skåne|Umeå,903 26,Västerbotten",
        "Storgatan 11|Västra Hamngatan 4|Björkvägen 27",
        "AB|Handelsbolag",
        "Vill ha besked före midsommar.|Ring helst på förmiddagen.|Har två kaféer till.",
    ),
    _locale(
        "ua",
        "UA|Ukraine|Україна",
        "+380",
        "Олена=olena Тарас=taras Ганна=hanna Богдан=bohdan Ірина=iryna Остап=ostap "
        "Соломія=solomiia Юрій=yurii",
        "Шевчук=shevchuk Коваленко=kovalenko Мельник=melnyk Ткаченко=tkachenko "
        "Бондар=bondar Лисенко=lysenko Гриценко=hrytsenko Єрмак=yermak",
        "Львів,79000,Львівська область|Київ,01001,Київ|Одеса,65000,Одеська область",
        "вул. Городоцька 15|просп. Свободи 28|вул. Дерибасівська 3",
        "ТОВ|та партнери",
        "Передзвонити у середу.|Потрібна пропозиція до кінця місяця.|Чекає на зразки.",
    ),
    _locale(
        "jp",
        "JP|Japan|日本",
        "+81",
        "陽菜=hina 健太=kenta さくら=sakura 大輔=daisuke 美咲=misaki 翔太=shota "
        "恵子=keiko 直樹=naoki",
        "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡辺=watanabe 山本=yamamoto "
        "小林=kobayashi 吉田=yoshida",
        "京都市,600-8216,京都府|札幌市,060-0001,北海道|福岡市,810-0001,福岡県",
        "中央通り 3-12|桜町 1-4-9|本町 22",
        "株式会社|有限会社",
        "来週の水曜日に電話。|見積書を日本語で希望。|新店舗は四月に開店予定。",
    ),
)

COMPANY_WORDS = (
    "Morgenrot Kupferkessel Harbour Lantern Copperfield Northwind Bellflower Olivier Meridian "
    "Silberdistel Tramontana Quince Saltmarsh Juniper Palomar Wintergarten Kestrel Mirabelle "
    "Granary Foxglove Terrazzo Belvedere Marzipan Heron Cinnabar Old-Town Bluebird Zephyr "
    "Rosemary Larkspur Windmill Aurora Cobalt Driftwood Evergreen Fjord Gazelle Hazel Ivory"
).split()
TRADES = (
    "Coffee Roasters|Bakery|Hotels|Bistro|Catering|Foods|Kitchens|Deli|Brewery|Chocolates|"
    "Tea House|Restaurants"
).split("|")
INDUSTRIES = "Food & Beverage|Hospitality|Retail|Construction|Education|Logistics".split("|")
JOBS = (
    "Owner|Head of Purchasing|Bar Manager|Chief Financial Officer|Einkäuferin|Chef de cuisine|"
    "Directora de compras|Operations Manager|Barista Trainer|Geschäftsführer"
).split("|")
DEPARTMENTS = "Purchasing|Operations|Finance|Kitchen|Marketing".split("|")
PRODUCTS = (
    "Espresso bar fit-out|Two-group machine|Grinder upgrade|Roaster 15 kg|Service contract|"
    "Barista training|Spare parts package|Water filters|Bean subscription|Showroom rental"
).split("|")
INTERESTS = "Grinders|Machines|Roasters|Training|Service, on site|Spare parts".split("|")
SEGMENTS = "Small business|Mid-market|Enterprise|Öffentlich|n/a".split("|")
TIERS = "Gold|Silver|Bronze".split("|")
SOURCES = "Trade Show|Referral|Website|Cold Call|LinkedIn|Newsletter".split("|")
LOST_REASONS = "Price|Chose a competitor|No budget|Project postponed".split("|")
TAGS = (
    "VIP|Key Account|Newsletter|Café & Bar|Messe 2024|Prospect|Réseau|Do not call|Ex-Kunde"
).split("|")
COMPETITORS = "Crema Nova|Bohnenwerk|Fuoco Lento".split("|")
SENTENCES = (
    "Went through the offer line by line.|Asked about delivery before the opening.|"
    "Sent the data sheet and two references.|Wants the training in two groups.|"
    "Will ask the landlord about the water supply.|Happy with the samples, decision next week.|"
    "Left a message with the assistant.|The new bar opens in spring.|"
    "Confirmed the date of delivery.|Sent the revised quote.|Asks for a volume discount."
).split("|")
LOCATIONS = "Showroom Hamburg|Köln, Messe Halle 7|Online|Café Morgenrot".split("|")


def native(word):
    """A name as written.

    >>> native("佐藤=sato"), native("Köhler")
    ('佐藤', 'Köhler')
    """
    return word.partition("=")[0]


def romanised(word):
    """A name as it stands in an address.

    >>> romanised("佐藤=sato"), romanised("Łabędź"), romanised("d'Aubigné")
    ('sato', 'labedz', 'daubigne')
    """
    text = word.partition("=")[2] or word
    for letter, plain in (("ß", "ss"), ("ł", "l"), ("Ł", "L"), ("ø", "o"), ("æ", "ae")):
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter == "-")
