"""What can be done to a message so that it is another one."""

import copy

from hypothesis import strategies as st
from lxml import etree

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_HARMS = ["text", "attribute", "drop", "swap", "graft", "rename", "double"]


def harm(message: etree._Element, data: st.DataObject, values: st.SearchStrategy[str]) -> None:
    """Break a message once, somewhere: a value, an attribute, an element gone, doubled, moved or renamed."""
    elements = list(message.iter())
    victim = elements[data.draw(st.integers(0, len(elements) - 1))]
    parent = victim.getparent()
    kind = data.draw(st.sampled_from(_HARMS))
    if kind == "text":
        victim.text = data.draw(values)
    elif kind == "attribute":
        names = [*victim.attrib, "Id", "Type", "Lang", LANGUAGE, "{urn:example:x}y"]
        victim.set(data.draw(st.sampled_from(names)), data.draw(values))
    elif kind == "rename":
        namespace = etree.QName(data.draw(st.sampled_from(elements))).namespace
        local = etree.QName(data.draw(st.sampled_from(elements))).localname
        victim.tag = f"{{{namespace}}}{local}" if namespace else local
    elif parent is not None and kind == "drop":
        parent.remove(victim)
    elif parent is not None and kind == "swap":
        parent.insert(0, victim)
    elif parent is not None and kind == "double":
        parent.insert(parent.index(victim), copy.deepcopy(victim))
    elif kind == "graft":
        victim.append(copy.deepcopy(data.draw(st.sampled_from(elements))))
