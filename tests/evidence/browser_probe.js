// Looks at the page in the frame and writes what it finds into the document as JSON.
const frame = document.getElementById("page");

function luminance(colour) {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function channels(text) {
  const found = text.match(/[\d.]+/g).map(Number);
  return { colour: found.slice(0, 3), alpha: found.length > 3 ? found[3] : 1 };
}

function behind(element, view) {
  for (let each = element; each; each = each.parentElement) {
    const { colour, alpha } = channels(view.getComputedStyle(each).backgroundColor);
    if (alpha > 0) return colour;
  }
  return [255, 255, 255];
}

function ground(element, view) {
  const bar = element.matches("svg .on") ? element.previousElementSibling : null;
  return bar ? channels(view.getComputedStyle(bar).fill).colour : behind(element, view);
}

function contrast(element, view) {
  const style = view.getComputedStyle(element);
  const svg = element.namespaceURI.endsWith("svg");
  const front = luminance(channels(svg ? style.fill : style.color).colour);
  const back = luminance(ground(element, view));
  return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
}

function hasWords(element) {
  return [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
}

function probe() {
  const view = frame.contentWindow;
  const page = frame.contentDocument;
  const pictures = [...page.querySelectorAll("svg")];
  page.querySelectorAll("details").forEach((each) => (each.open = true));
  const figures = {};
  for (const each of page.querySelectorAll("[data-path]"))
    figures[each.dataset.path] = [each.dataset.unit, each.textContent];
  const clipped = pictures.flatMap((picture) => {
    const { width, height } = picture.viewBox.baseVal;
    return [...picture.querySelectorAll("text")]
      .filter((text) => {
        const box = text.getBBox();
        return box.x < -1 || box.y < -1 || box.x + box.width > width + 1 || box.y + box.height > height + 1;
      })
      .map((text) => `${picture.getAttribute("aria-label")}: ${text.textContent}`);
  });
  const words = [...page.body.querySelectorAll("*")].filter(
    (each) => hasWords(each) && !each.closest("style, defs, title, desc") && !each.matches("svg .turn, svg .name, svg .role, svg .ink"),
  );
  const faint = words
    .map((each) => [contrast(each, view), each])
    .filter(([ratio]) => ratio < 4.5)
    .map(([ratio, each]) => `${ratio.toFixed(2)} ${each.getAttribute("class")}: ${each.textContent.trim().slice(0, 40)}`);
  return {
    width: page.documentElement.scrollWidth,
    figures,
    pictures: pictures.map((each) => each.getAttribute("aria-label")),
    flat: pictures.filter((each) => each.getBoundingClientRect().height < 20).map((each) => each.getAttribute("aria-label")),
    clipped,
    faint: [...new Set(faint)],
    background: view.getComputedStyle(page.body).backgroundColor,
    seconds: performance.now() / 1000,
  };
}

frame.addEventListener("load", () => {
  const said = document.createElement("pre");
  said.id = "probe";
  said.textContent = JSON.stringify(probe());
  document.body.append(said);
});
