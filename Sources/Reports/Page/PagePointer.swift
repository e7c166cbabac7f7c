/// What a chart says where the pointer is: the words of the nearest mark that has some.
enum PagePointer {
  /// Without it the words appear as a browser shows titles: late, and on the mark itself alone.
  static let script = """
    <script>
    (() => {
      const tip = Object.assign(document.createElement("div"), {className: "tip", hidden: true});
      document.body.append(tip);
      for (const title of document.querySelectorAll("svg.chart title")) {
        title.parentNode.dataset.value = title.textContent;
        title.remove();
      }
      const show = event => {
        const chart = event.target.closest?.("svg.chart");
        let nearest = null, least = 24;
        for (const mark of chart?.querySelectorAll("[data-value]") ?? []) {
          const box = mark.getBoundingClientRect();
          const distance = Math.hypot(
            Math.max(box.left - event.clientX, 0, event.clientX - box.right),
            Math.max(box.top - event.clientY, 0, event.clientY - box.bottom));
          if (distance < least) [nearest, least] = [mark, distance];
        }
        tip.hidden = !nearest;
        if (!nearest) return;
        tip.textContent = nearest.dataset.value;
        tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
        tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 10) + "px";
      };
      addEventListener("pointermove", show);
      addEventListener("pointerdown", show);
      addEventListener("scroll", () => { tip.hidden = true; }, true);
    })();
    </script>
    """

  static let style = """
    .tip{position:fixed;z-index:9;max-width:min(32em,90vw);padding:.3em .6em;border-radius:4px;font-size:13px;\
    background:var(--ink);color:var(--surface);pointer-events:none}

    """
}
