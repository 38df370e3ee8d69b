"""Odd installations: each is like a good one but for fields that hold anything that JSON can say."""

from typing import Any

from hypothesis import strategies as st

_STRANGE = st.sampled_from(
    [
        *(
            "",
            " ",
            "\0",
            "\ud800",
            "a\nb",
            "85.07.30-033.28",
            "SSIN=85073003328",
            "x" * 2000,
            "\u200b",
            "C:\\",
            "/",
        ),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z", "24:00"),
        *("f" * 64, "F" * 64, "0" * 40, "-0", "9" * 60, "9" * 61, "production", "Production"),
        *(
            "CN=CBE\\=0406798006,O=Federal Government,C=BE",
            "CN=\\",
            ",,,=",
            "CBE=0406798006 99991231-235959.p12",
        ),
    ]
)
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | _STRANGE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def odd_installations(draw: st.DrawFn, good: dict[str, Any]) -> Any:
    """One entry of a report's list: a good one with some fields changed, missing or beside, or something else."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_ANYTHING)
    made = dict(good)
    for name in draw(st.lists(st.sampled_from(sorted(good)), min_size=1, max_size=4)):
        made[name] = draw(_ANYTHING)
    if draw(st.integers(0, 5)) == 0:
        made[draw(st.text(max_size=12))] = draw(_ANYTHING)
    if draw(st.integers(0, 5)) == 0:
        del made[draw(st.sampled_from(sorted(made)))]
    return made
