using Microsoft.Playwright;

namespace Moesaic.Page.Tests;

/// <summary>Contrast of all that is written, as WCAG 2.2 defines it (1.4.3, level AA).</summary>
static class Contrast
{
    /// <summary>Texts with less than 4.5 to 1, with what they have.</summary>
    public static Task<string[]> Low(IPage page) => page.EvaluateAsync<string[]>("""
        () => {
          const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          // Colours of style sheets are in many spaces: what they are on a screen is what a canvas makes of them.
          const bytes = (...layers) => {
            canvas.clearRect(0, 0, 1, 1);
            for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
          };
          const luminance = (rgb) => {
            const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const dialog = document.querySelector("dialog[open]");
          const low = [];
          const texts = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const made = texts.currentNode.parentElement;
            if (texts.currentNode.data.trim() === "" || !made.checkVisibility() || made.closest(".unseen, .skip, noscript, svg, :disabled")) continue;
            const grounds = [];
            for (let one = made; one; one = one.parentElement) grounds.unshift(getComputedStyle(one).backgroundColor);
            const ink = getComputedStyle(made).color;
            const [a, b] = [luminance(bytes("#fff", ...grounds)), luminance(bytes("#fff", ...grounds, ink))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 4.5) low.push(`${made.tagName}.${made.className} "${texts.currentNode.data.trim().slice(0, 30)}" ${contrast.toFixed(2)}`);
          }
          return low;
        }
        """);
}
