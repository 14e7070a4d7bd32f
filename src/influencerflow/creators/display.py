"""Figures as people write them."""


def followers_text(followers: int | None) -> str | None:
    """`125K`, `1.2M`: three figures are enough to compare creators by. None stays None."""
    if followers is None:
        return None
    for size, suffix in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        # 999,950 would round to 1000.0K: it is 1M already.
        if followers >= size * 0.9995 and followers >= 1000:
            value = followers / size
            return f"{value:.1f}".removesuffix(".0") + suffix if value < 99.95 else f"{value:.0f}{suffix}"
    return str(followers)
