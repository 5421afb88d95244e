// Hues that go round by the golden angle, as in the tool's other outputs: the next number is always far from those just before.
const goldenAngle = 137.508;
const red = 25;

/** The hue of an expert, in degrees of OKLCH; lightness and chroma are the style sheet's, so that letters are readable on all of them. */
export const hue = (expert) => (red + expert * goldenAngle) % 360;

/** Gives an element an expert's colour by the name of a property of style sheets. */
export const paint = (made, expert, name = "--hue") => made.style.setProperty(name, hue(expert).toFixed(1));
