"""The use of a building, from the words that maps, registers and CityGML code lists have for it."""

from __future__ import annotations

from types import MappingProxyType

from twin.city.tables import BUILDING_USES

_WORDS = {
    "residential": (
        "apartments house detached semidetached_house terrace dormitory bungalow cabin static_caravan hut houseboat "
        "allotment_house villa wohngebaeude woonfunctie habitation 住宅 居住 公寓 民居 宿舍 1000 1001 1010"
    ),
    "commercial": (
        "retail shop supermarket kiosk hotel mall commercial winkelfunctie logiesfunctie restaurant 商业 商铺 酒店 "
        "市场 超市 1151 1160 1161"
    ),
    "office": "offices kantoorfunctie bank 办公 写字楼 1120 1170",
    "industrial": (
        "warehouse factory manufacture works hangar storage_tank silo digester industriefunctie depot "
        "工业 厂房 仓库 工厂 1220 2000"
    ),
    "public": (
        "civic government church cathedral chapel mosque temple synagogue shrine museum train_station "
        "transportation station townhall fire_station police sports_hall stadium pavilion grandstand castle monument "
        "bijeenkomstfunctie sportfunctie library theatre 公共 政府 公安 寺庙 体育 文化 车站"
    ),
    "school": "school kindergarten university college education onderwijsfunctie 学校 教育 幼儿园 中学 小学 1030",
    "hospital": "hospital clinic health gezondheidszorgfunctie 医院 医疗 卫生 1040",
    "farm": "farm barn stable cowshed sty greenhouse farm_auxiliary conservatory agricultural 农业 农舍 温室 2700",
}
_USE_OF = MappingProxyType(
    {word: use for use, words in _WORDS.items() for word in words.split()} | {use: use for use in BUILDING_USES}
)
_CHINESE = tuple((word, use) for word, use in _USE_OF.items() if not word.isascii())


def building_use(*words: object) -> str:
    """Return the use the first understood word stands for; ``other`` if none does."""
    for word in words:
        text = str(word).strip().lower() if word is not None else ""
        found = _USE_OF.get(text) or next((use for part, use in _CHINESE if part in text), None)
        if found:
            return found
    return "other"
