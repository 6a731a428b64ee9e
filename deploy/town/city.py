"""The city that does not exist: its code, towns, postcodes, schools and ways to write them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from deploy.town.kana import DateStyle
from deploy.town.people import Address

CITY = "葦原市"
CITY_EN = "Ashihara City"
PREFECTURE = "埼玉県"
CITY_NUMBER = "11290"
"""No municipality of the prefecture bears it; with the check digit, 112909."""

_TOWNS = (
    ("本町", 5),
    ("仲町", 3),
    ("栄町", 4),
    ("旭町", 2),
    ("緑ヶ丘", 6),
    ("桜台", 4),
    ("若葉町", 3),
    ("泉町", 2),
    ("川岸", 3),
    ("下河原", 2),
    ("上河原", 2),
    ("新田", 5),
    ("大字沼上", 0),
    ("大字沼下", 0),
    ("笹目", 8),
    ("美園台", 4),
    ("東町", 2),
    ("西町", 3),
    ("南町", 2),
    ("北町", 4),
    ("宮前", 3),
    ("寺前", 2),
    ("堤外", 0),
    ("大字早瀬", 0),
    ("早瀬", 2),
    ("氷川前", 3),
    ("鍛冶谷", 2),
    ("向田", 2),
    ("柳原", 3),
    ("松原", 4),
    ("中島", 2),
    ("花の木", 3),
    ("駅前", 2),
    ("富士見", 5),
    ("曙町", 2),
    ("高砂", 3),
    ("末広", 4),
    ("大字惣右衛門", 0),
    ("水深", 2),
    ("内谷", 7),
    ("根岸台", 3),
)
_MORE = ("東", "西", "南", "北", "新", "元", "上", "下")
_BUILDINGS = (
    "コーポ", "ハイツ", "メゾン", "グランデ", "サンハイム", "パークハイム", "ライオネス",
    "第一", "レジデンス", "エスポワール", "プリムール", "シャルム", "フォレスト", "アーバン",
)  # fmt: skip
_BUILDING_TAILS = (
    "葦原",
    "けやき",
    "さくら",
    "田中",
    "Ⅱ",
    "本町",
    "壱番館",
    "A棟",
    "ひかり",
    "富士見",
)
_KANJI_DIGITS = "〇一二三四五六七八九十"
FULL_WIDTH_DIGITS = str.maketrans("0123456789-", "０１２３４５６７８９－")

SMALL_SCHOOL_WEIGHT = 0.1
NO_SEPARATOR_SHARE = 0.15
NO_SMALL_KANA_SHARE = 0.2


def check_digit(number: str) -> int:
    """Return the check digit of a five-digit municipality code (JIS X 0402)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, range(6, 1, -1), strict=True))
    return (11 - total % 11) % 10


CITY_CODE = f"{CITY_NUMBER}{check_digit(CITY_NUMBER)}"


@dataclass(frozen=True, slots=True)
class Town:
    """One town name of the city."""

    name: str
    chomes: int
    postcode: str
    school: int
    """The primary school of the district."""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One municipal school and the habits of its office."""

    index: int
    name: str
    code: str
    primary: bool
    feeds: int
    """The lower secondary school that its pupils go on to; itself, if it is one."""
    adversity: float
    date_style: DateStyle
    separator: str
    small_kana: bool
    address_style: int
    records_nurse: bool = True


@dataclass(frozen=True, slots=True)
class City:
    """Towns and schools."""

    towns: tuple[Town, ...]
    schools: tuple[School, ...]
    primary_weights: tuple[float, ...]

    @property
    def primaries(self) -> int:
        """The number of primary schools; they come first."""
        return len(self.primary_weights)


def build_city(pupils: int, rng: random.Random) -> City:
    """Return a city for *pupils* municipal pupils: 12 and 6 schools for about 11,700."""
    primaries = max(2, round(pupils * 12 / 11690))
    seniors = max(1, round(primaries / 2))
    names = _town_names(max(len(_TOWNS), primaries * 3))
    towns = tuple(
        Town(name, chomes, f"348-{100 + position:04d}", position % primaries)
        for position, (name, chomes) in enumerate(names)
    )
    schools = [
        _school(index, index < primaries, primaries, seniors, names, rng)
        for index in range(primaries + seniors)
    ]
    weights = tuple(rng.uniform(0.85, 1.15) for _ in range(primaries - 1))
    return City(towns, tuple(schools), (*weights, SMALL_SCHOOL_WEIGHT))


def _town_names(count: int) -> list[tuple[str, int]]:
    names = list(_TOWNS)
    for prefix in _MORE:
        names.extend((prefix + name, chomes) for name, chomes in _TOWNS if "大字" not in name)
    return [names[at % len(names)] for at in range(count)]


def _school(
    index: int, primary: bool, primaries: int, seniors: int, names: list[tuple[str, int]],
    rng: random.Random,
) -> School:  # fmt: skip
    at = index if primary else index - primaries
    base = names[at][0].removeprefix("大字") if primary else f"葦原{_ordinal(at + 1)}"
    kind = "小学校" if primary else "中学校"
    style = rng.choice(
        (DateStyle.ERA_DOT, DateStyle.ERA_PADDED, DateStyle.ERA_SLASH, DateStyle.ERA_KANJI)
    )
    if primary:
        base = base.removesuffix("町") if rng.random() < 1 / 2 and len(base) > 2 else base  # noqa: PLR2004 - keeps 本町
    return School(
        index=index,
        name=f"{CITY}立{base}{kind}",
        code=f"B1{CITY_NUMBER[:2]}2{900 + index:05d}{index % 10}",
        primary=primary,
        feeds=primaries + (at * seniors) // primaries if primary else index,
        adversity=rng.gauss(0, 0.35),
        date_style=style,
        separator="" if rng.random() < NO_SEPARATOR_SHARE else rng.choice(("　", "　", " ")),
        small_kana=rng.random() >= NO_SMALL_KANA_SHARE,
        address_style=rng.randrange(4),
    )


def _ordinal(number: int) -> str:
    return "第" + kanji_number(number)


def kanji_number(number: int) -> str:
    """Return a number below 100 in characters (十二)."""
    tens, ones = divmod(number, 10)
    head = ("" if tens < 2 else _KANJI_DIGITS[tens]) + ("十" if tens else "")  # noqa: PLR2004 - 十, not 一十
    return head + (_KANJI_DIGITS[ones] if ones else "")


def draw_address(city: City, school: int, rng: random.Random) -> Address:
    """Return an address in the district of primary *school*."""
    steps = (len(city.towns) - 1 - school) // city.primaries + 1
    town = school + city.primaries * rng.randrange(steps)
    chomes = city.towns[town].chomes
    flat = rng.random() < 0.55 if chomes else rng.random() < 0.15  # noqa: PLR2004 - shares of flats
    building = rng.choice(_BUILDINGS) + rng.choice(_BUILDING_TAILS) if flat else ""
    room = f"{rng.randint(1, 9)}{rng.randint(1, 12):02d}" if flat else ""
    if not chomes:
        return Address(
            town, 0, rng.randint(2, 2400), rng.choice((0, 0, rng.randint(1, 12))), building, room
        )
    return Address(
        town, rng.randint(1, chomes), rng.randint(1, 40), rng.randint(1, 30), building, room
    )


def block(city: City, address: Address, style: int) -> str:  # noqa: PLR0911 - one a notation
    """Return town and block in one of the notations: 0 registry, 1-3 hyphens, 4-5 offices."""
    town = city.towns[address.town].name
    if not address.chome:
        tail = f"番地{address.go}" if address.go else "番地"
        plain = f"-{address.go}" if address.go else ""
        text = f"{town}{address.ban}{plain if style in {1, 2, 3} else tail}"
        return text.translate(FULL_WIDTH_DIGITS) if style in {0, 2} else text
    parts = (address.chome, address.ban, address.go)
    match style:
        case 0:
            rest = f"{address.ban}番{address.go}号".translate(FULL_WIDTH_DIGITS)
            return f"{town}{kanji_number(address.chome)}丁目{rest}"
        case 1:
            return f"{town}{'-'.join(map(str, parts))}"
        case 2:
            return f"{town}{'-'.join(map(str, parts))}".translate(FULL_WIDTH_DIGITS)
        case 3:
            return f"{town}{address.chome}丁目{address.ban}-{address.go}"
        case 4:
            return f"{town}{address.chome}丁目{address.ban}番{address.go}号"
        case _:
            return f"{town}{kanji_number(address.chome)}丁目{address.ban}番地の{address.go}"


def flat(address: Address, style: int) -> str:
    """Return building and room (方書): 0 with 号室, 1 bare, 2 the room alone."""
    if not address.building:
        return ""
    if style == 0:
        return f"{address.building}{address.room}号室".translate(FULL_WIDTH_DIGITS)
    return f"{address.building}{address.room}" if style == 1 else address.room
