"""Cases that belong together, found among many: processor seconds, and what is found.

    python -m benchmarks.fraud_links [--cases 100000]

Invented cases with four traits each, half of them shared by chance, and 2,000 stories that are told a second time with
other punctuation. The peer compares all stories with all by rapidfuzz, on 1,000 of them, scaled by the square.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from rapidfuzz import fuzz, process

from twin.fraud.belonging import Traits, belonging

WORDS = (
    "客服", "刷单", "投资", "贷款", "公安", "转账", "屏幕", "验证码", "安全账户", "返利", "退款", "会议软件",
    "下载", "链接", "群", "老师", "平台", "提现", "保证金", "流水",
)  # fmt: skip
TOLD_AGAIN, PEER = 2000, 1000


def main() -> None:
    """Invent, look, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    cases = parser.parse_args().cases
    rng = np.random.default_rng(1)
    stories = [
        "，".join(rng.choice(WORDS, 14)) + f"，金额{rng.integers(1000, 99999)}元，{rng.integers(10**8, 10**9)}"
        for _ in range(cases)
    ]
    again = [(n, cases - 1 - n) for n in range(min(TOLD_AGAIN, cases // 4))]
    for one, other in again:
        stories[other] = stories[one].replace("，", "。")
    number = np.concatenate([rng.integers(0, cases * 3 // 5, 2 * cases), rng.integers(0, 10**7, 2 * cases)])
    kind = np.tile(np.arange(4), cases)
    value = np.char.add(np.char.mod("%d-", kind), np.char.mod("%d", number))
    begin = time.process_time()
    found = belonging(Traits(np.repeat(np.arange(cases), 4), kind, value), stories)
    taken = time.process_time() - begin
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    begin = time.process_time()
    process.cdist(stories[:PEER], stories[:PEER], scorer=fuzz.ratio, workers=1)
    peer = (time.process_time() - begin) * (cases / PEER) ** 2
    print(f"{cases:,} cases, {4 * cases:,} traits: {taken:.1f} CPU s, {len(found):,} pairs; told again and found: "
          f"{sum(pair in pairs for pair in again):,} of {len(again):,}")  # fmt: skip
    print(f"all stories with all by rapidfuzz (scaled): {peer:,.0f} CPU s, {peer / taken:,.0f} ×")


if __name__ == "__main__":
    main()
