// Texts whose contrast with what lies behind them is under WCAG 2.2's AA (4.5, or 3 where large): [text, ratio].
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

function rgba(color) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

function over(top, bottom) {
  return [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3]));
}

function behind(element) {
  const layers = [];
  for (let each = element; each; each = each.parentElement)
    layers.unshift(rgba(getComputedStyle(each).backgroundColor));
  return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const faint = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.textContent.trim();
  if (
    !text ||
    !element.checkVisibility({ opacityProperty: true }) ||
    element.closest(".quiet, .skip, noscript, option")
  )
    continue;
  const style = getComputedStyle(element);
  const ground = behind(element);
  const ink = over(rgba(element.closest("svg") ? style.fill : style.color), ground);
  const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) faint.push([text.slice(0, 40), ratio.toFixed(2)]);
}
return faint;
