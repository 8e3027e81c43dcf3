"""Invented names in the manner of the place, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    words = text.split()
    return tuple(zip(words[::2], words[1::2], strict=True))


SYLLABLES = _pairs(
    "安 an 柏 bai 春 chun 丹 dan 枫 feng 福 fu 归 gui 和 he 荷 he 鹤 he "
    "嘉 jia 锦 jin 菊 ju 兰 lan 乐 le 莲 lian 柳 liu 鹿 lu 梅 mei 明 ming "
    "南 nan 宁 ning 平 ping 桥 qiao 清 qing 秋 qiu 泉 quan 瑞 rui 善 shan 书 shu "
    "松 song 桃 tao 庭 ting 晚 wan 文 wen 祥 xiang 杏 xing 秀 xiu 雅 ya 烟 yan "
    "雁 yan 阳 yang 银 yin 永 yong 友 you 玉 yu 月 yue 云 yun 泽 ze 振 zhen "
    "中 zhong 竹 zhu 紫 zi 翠 cui 东 dong 丰 feng "
)
FAMILIES = _pairs(
    "陆 lu 沈 shen 钱 qian 顾 gu 朱 zhu 徐 xu 俞 yu 金 jin 蒋 jiang 许 xu 曹 cao 范 fan 姚 yao 唐 tang 戴 dai 冯 feng "
)
VILLAGE_ENDS = (
    ("浜村", "bang"), ("港村", "gang"), ("埭村", "dai"), ("泾村", "jing"), ("荡村", "dang"), ("圩村", "wei"),
    ("桥村", "qiao"), ("家村", "jia"), ("溪村", "xi"), ("汇村", "hui"),
)  # fmt: skip
FAMOUS = (
    ("人民大道", "Renmin Ave"), ("嘉善大道", "Jiashan Ave"), ("解放路", "Jiefang Rd"), ("中山路", "Zhongshan Rd"),
    ("施家南路", "Shijia South Rd"), ("环城路", "Huancheng Rd"), ("亭桥路", "Tingqiao Rd"), ("体育路", "Tiyu Rd"),
    ("车站路", "Chezhan Rd"), ("阳光大道", "Yangguang Ave"), ("世纪大道", "Shiji Ave"), ("谈公路", "Tangong Rd"),
)  # fmt: skip
ENDS = {
    "primary": (("大道", "Ave"),),
    "secondary": (("路", "Rd"), ("大街", "St")),
    "tertiary": (("路", "Rd"), ("街", "St")),
    "residential": (("弄", "Lane"), ("巷", "Alley"), ("支路", "Side Rd")),
    "service": (("小路", "Path"), ("里弄", "Lane")),
}


class Namer:
    """Draws names that have not been drawn before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def stem(self, family: bool = False) -> tuple[str, str]:
        """Return two characters and their sound, with a capital."""
        first = FAMILIES if family else SYLLABLES
        a = first[int(self._rng.integers(len(first)))]
        b = SYLLABLES[int(self._rng.integers(len(SYLLABLES)))]
        return a[0] + b[0], (a[1] + b[1]).capitalize()

    def street(self, road_class: str) -> tuple[str, str]:
        """Name a street after its class."""
        ends = ENDS[road_class]
        return self._fresh(lambda: self._with(ends[int(self._rng.integers(len(ends)))], " "))

    def village(self) -> tuple[str, str]:
        """Name a village after a family or a good thing, and the water it lies on."""
        return self._fresh(self._village)

    def quarter(self) -> tuple[str, str]:
        """Name a quarter of a town."""
        ends = (("社区", "Quarter"), ("新村", "New Village"), ("苑", "Gardens"), ("里", "Terrace"))
        return self._fresh(lambda: self._with(ends[int(self._rng.integers(len(ends)))], " "))

    def _village(self) -> tuple[str, str]:
        end = VILLAGE_ENDS[int(self._rng.integers(len(VILLAGE_ENDS)))]
        if self._rng.random() < 0.5:
            family = FAMILIES[int(self._rng.integers(len(FAMILIES)))]
            home = end[0] if end[0].startswith("家") else "家" + end[0]
            sound = family[1] + ("jia" if end[1] != "jia" else "") + end[1]
            return family[0] + home, sound.capitalize() + " Village"
        zh, en = self.stem()
        return zh + end[0], en + end[1] + " Village"

    def _with(self, end: tuple[str, str], between: str) -> tuple[str, str]:
        zh, en = self.stem()
        return zh + end[0], en + between + end[1]

    def _fresh(self, draw: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        for _ in range(40):
            name = draw()
            if name[0] not in self._used:
                break
        self._used.add(name[0])
        return name
