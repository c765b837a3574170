// The one place where the browser's UTF-16 units become the code points that the server counts.
"use strict";

const Offsets = {
  // Code points in a string: a surrogate pair is one.
  length(text) {
    let count = 0;
    for (const _ of text) count += 1;
    return count;
  },

  // Where a DOM position inside a paragraph of a document lies, in code points of the whole document; null elsewhere.
  of(node, offset) {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    const paragraph = element && element.closest(".txt");
    if (!paragraph) return null;
    const before = document.createRange();
    before.selectNodeContents(paragraph);
    before.setEnd(node, offset);
    return Number(paragraph.dataset.start) + Offsets.length(before.toString());
  },

  // A selection as {document, start, end, quote}, clipped to the text of one document; null when it marks nothing.
  selected(selection) {
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const pane = paneOf(range.startContainer) || paneOf(range.endContainer);
    if (!pane) return null;
    const touched = [...pane.querySelectorAll(".txt")].filter((text) => range.intersectsNode(text));
    if (!touched.length) return null;
    const first = Offsets.of(range.startContainer, range.startOffset);
    const last = Offsets.of(range.endContainer, range.endOffset);
    const lowest = touched[0];
    const highest = touched[touched.length - 1];
    const start = first !== null && lowest.contains(range.startContainer) ? first : Number(lowest.dataset.start);
    const end =
      last !== null && highest.contains(range.endContainer)
        ? last
        : Number(highest.dataset.start) + Offsets.length(highest.textContent);
    if (end <= start) return null;
    // Words that run over several paragraphs are read by the server, which knows what stands between them.
    return { document: pane.dataset.document, start, end, quote: touched.length === 1 ? range.toString() : "" };
  },
};

function paneOf(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  return element ? element.closest(".pane") : null;
}
